"""One module for all sizes: what a step costs per point and hidden unit as both grow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import in_page
from benchmarks.problems import Problem, bindings, flops, problem, step_program
from benchmarks.races import Race, Target, entry
from benchmarks.timing import Times, ratio

TITLE = "Cost over the number of points and hidden units"
SIZES = ((100, 32), (300, 100), (300, 101), (1000, 100), (1000, 256), (3000, 256))
FIRST, LAST = (300, 100), (3000, 256)


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Chromium."""
    contestants = []
    for n, h in SIZES:
        p = problem(2, h, 3, n=n)
        work = flops(step_program(p), bindings(p))
        contestants.append(entry(label(n, h), silent_step, p, flops=work))
    yield Race("Training step, 2-h-3 ReLU, n points", "chromium", contestants, [growth()])


def silent_step(p: Problem) -> dict[str, Any]:
    """The step, its loss unseen: problems of different sizes have different losses."""
    return {**in_page.step(p), "silent": True}


def label(n: int, h: int) -> str:
    return f"n = {n}, h = {h}"


def growth() -> Target:
    """Time per point and unit at the largest size over that at the spiral's."""
    small, large = label(*FIRST), label(*LAST)

    def value(times: Times) -> float:
        return ratio(times, large, small) * (FIRST[0] * FIRST[1]) / (LAST[0] * LAST[1])

    return Target(f"time ÷ (n·h): {large} ÷ {small}", value, "≤", 1.3, needs=(small, large))
