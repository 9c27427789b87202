"""A race: one piece of work, those who do it in one place, and what is to be reached.

A contestant in Python is a function that does the work k times. One in a browser is a description that `page/` makes
such a function of. One that cannot run here stays in the table with the reason.

Reading order: `timing` → **races** → `apart` → `problems` → …
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.timing import Run, Times, ratio

OURS = "minigrad"
PEAK = "multiply and add alone"


class Unavailable(Exception):
    """A rival that is not installed here; says what would help."""


@dataclass(frozen=True)
class Contestant:
    """One who does the work.

    Attributes:
        name: whose it is.
        run: does it in this process.
        page: or what a browser needs to know to do it, as JSON.
        flops: floating-point operations in one piece of work, where they are to be shown.
        absent: or why it is not done at all.
    """

    name: str
    run: Run | None = None
    page: dict[str, Any] | None = None
    flops: float | None = None
    absent: str | None = None


def entry(name: str, make: Callable[..., Any], *args: Any, flops: float | None = None) -> Contestant:
    """The contestant that `make` makes, a function for Python or a description for a page; absent if it cannot."""
    try:
        made = make(*args)
    except Unavailable as reason:
        return Contestant(name, absent=str(reason))
    return Contestant(name, page=made, flops=flops) if isinstance(made, dict) else Contestant(name, made, flops=flops)


@dataclass(frozen=True)
class Target:
    """Something to reach: a number made of the times, and its bound from above ("≤") or below ("≥").

    `needs` names the contestants without whom it is not measured; in a duel they are ours and the rival.
    """

    what: str
    value: Callable[[Times], float]
    sense: str
    bound: float
    unit: str = "×"
    needs: tuple[str, ...] = ()
    duel: bool = False

    def met(self, value: float) -> bool:
        """Whether the number is within its bound."""
        return value <= self.bound if self.sense == "≤" else value >= self.bound


@dataclass(frozen=True)
class Race:
    """A piece of work in a place ("python", "chromium", "firefox"), with the unit that its times are shown in."""

    title: str
    place: str
    contestants: Sequence[Contestant]
    targets: Sequence[Target] = ()
    unit: str = "µs"
    notes: Sequence[str] = field(default_factory=tuple)


def known(what: str, value: float, sense: str, bound: float, unit: str) -> Target:
    """A target whose value is there already."""
    return Target(what, lambda times: value, sense, bound, unit)


def at_most(bound: float, rival: str, ours: str = OURS) -> Target:
    """Ours takes at most so many times the rival's time."""
    what = f"{ours}: time ÷ {rival}"
    return Target(what, lambda times: ratio(times, ours, rival), "≤", bound, needs=(ours, rival), duel=True)


def times_faster(bound: float, rival: str, ours: str = OURS) -> Target:
    """Ours is at least so many times faster than the rival."""
    what = f"{ours}: faster than {rival}"
    return Target(what, lambda times: ratio(times, rival, ours), "≥", bound, needs=(ours, rival), duel=True)


def share_of_peak(bound: float, flops: float, peak_flops: float, ours: str = OURS) -> Target:
    """Ours does its multiply-adds at no less than this share of the rate at which nothing else is done."""

    def share(times: Times) -> float:
        return ratio(times, PEAK, ours) * flops / peak_flops

    return Target(f"{ours}: share of the SIMD peak", share, "≥", bound, unit="", needs=(ours, PEAK))
