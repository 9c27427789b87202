"""Timing: contestants take turns, round after round, and are compared within a round.

A machine's speed drifts, by a neighbour's load or by heat, but two batches a moment apart meet the same machine. So
the ratio of two contestants is the median of their ratios round by round, never a ratio of two separate measurements.
A batch lasts long enough (tens of milliseconds) for any clock. `page/timing.js` is the same in a browser.

Reading order: **timing** → `races` → …
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Run = Callable[[int], float | None]
"""Does the work so many times; returns a number that shows that it did, such as the last loss, or None."""

Times = Mapping[str, Sequence[float]]
"""By contestant: seconds for one piece of work, in each round."""

CHECKED = 20
AGREEMENT = 1e-4


class Disagreement(Exception):
    """Contestants that do not compute the same thing."""


def alternate(runs: Mapping[str, Run], rounds: int, seconds: float) -> dict[str, list[float]]:
    """The times of all contestants in `rounds` rounds of batches of about `seconds`.

    Raises:
        Disagreement: when, all from the same start, they arrive at different numbers, or later at none.
    """
    check_agreement({name: run(CHECKED) for name, run in runs.items()})
    counts = {name: batch_size(run, seconds) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    for _ in range(rounds):
        for name in order:
            times[name].append(seconds_of(runs[name], counts[name]) / counts[name])
        order = order[1:] + order[:1]  # nobody always follows the same neighbour
    check_finite({name: run(1) for name, run in runs.items()})
    return times


def batch_size(run: Run, seconds: float) -> int:
    """How often the work is done in `seconds`; found by doubling, which also warms everything up."""
    count = 1
    while seconds_of(run, count) < seconds:
        count *= 2
    return max(1, round(count * seconds / seconds_of(run, count)))


def seconds_of(run: Run, count: int) -> float:
    """How long the work takes when it is done `count` times."""
    start = time.perf_counter()
    run(count)
    return time.perf_counter() - start


def check_agreement(values: Mapping[str, float | None]) -> None:
    """Raises `Disagreement` unless the numbers that are given agree to one in ten thousand."""
    known = {name: value for name, value in values.items() if value is not None}
    for name, value in known.items():
        first, expected = next(iter(known.items()))
        if not math.isclose(value, expected, rel_tol=AGREEMENT):
            raise Disagreement(f"{name} computes {value}, {first} computes {expected}")


def check_finite(values: Mapping[str, float | None]) -> None:
    """Raises `Disagreement` where the work has gone astray in the meantime."""
    for name, value in values.items():
        if value is not None and not math.isfinite(value):
            raise Disagreement(f"{name} ends at {value}")


def ratio(times: Times, upper: str, lower: str) -> float:
    """How many times as long `upper` takes as `lower`: the median over the rounds."""
    return median(a / b for a, b in zip(times[upper], times[lower], strict=True))
