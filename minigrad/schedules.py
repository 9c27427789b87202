"""Learning-rate schedules: functions from the number of a step to the rate of that step.

Reading order: ... check -> nn -> **schedules** -> optim -> program -> ...
"""

import math
from collections.abc import Callable
from inspect import signature
from typing import Any

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """The same learning rate at every step."""
    check_rate(lr)
    return lambda step: lr


def step_decay(lr: float, every: int = 1000, factor: float = 0.5) -> Schedule:
    """lr·factor^⌊step/every⌋.

    >>> [step_decay(1.0, every=10)(step) for step in (0, 9, 10, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """
    check_rate(lr)
    check_count("every", every)
    return lambda step: lr * factor ** (step // every)


def cosine(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """Half a cosine from lr at step 0 to `final` at `steps` and after (Loshchilov & Hutter 2017, arXiv:1608.03983).

    >>> [round(cosine(1.0, steps=10)(step), 3) for step in (0, 5, 10, 20)]
    [1.0, 0.5, 0.0, 0.0]
    """
    check_rate(lr)
    check_count("steps", steps)
    return lambda step: final + 0.5 * (lr - final) * (1 + math.cos(math.pi * min(step / steps, 1.0)))


def warmup(schedule: Schedule, steps: int) -> Schedule:
    """A schedule scaled by (step + 1)/steps during the first `steps` steps.

    >>> [warmup(constant(1.0), steps=4)(step) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    check_count("steps", steps)
    return lambda step: schedule(step) * min((step + 1) / steps, 1.0)


SCHEDULES: dict[str, Callable[..., Schedule]] = {"constant": constant, "step": step_decay, "cosine": cosine}


def make_schedule(name: str, lr: float, steps: int, warmup_steps: int = 0, **chosen: float) -> Schedule:
    """The schedule of that name from `lr`; a cosine ends at `steps`.

    Raises:
        ValueError: an unknown name or option, or a value out of its range.
    """
    check_options("schedule", SCHEDULES, name, chosen)
    if name == "cosine":
        chosen["steps"] = max(steps, 1)
    schedule = SCHEDULES[name](lr, **chosen)
    return warmup(schedule, warmup_steps) if warmup_steps else schedule


def check_options(kind: str, table: dict[str, Callable[..., Any]], name: str, chosen: dict[str, float]) -> None:
    """`ValueError` for a name that the table has not, or options that what it names does not take."""
    if name not in table:
        raise ValueError(f"there is no {kind} {name!r}; there are {', '.join(table)}")
    known = [option for option in signature(table[name]).parameters if option not in ("lr", "steps")]
    for option in chosen:
        if option not in known:
            raise ValueError(f"{kind} {name!r} has no option {option!r}; it has {', '.join(known) or 'none'}")


def check_rate(lr: float) -> None:
    """`ValueError` for a learning rate that is not above 0, or not finite."""
    if not 0 < lr < math.inf:
        raise ValueError(f"the learning rate is {lr}; it must be above 0, and finite")


def check_count(name: str, value: int) -> None:
    """`ValueError` for a number of steps below 1."""
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 1")
