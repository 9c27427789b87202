"""What it takes to get a module: recording the step, compiling it, and the bytes that come out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.problems import SPIRAL, step_program
from benchmarks.races import Race, Target, entry
from benchmarks.timing import Run, Times
from wasm_export import compile

TITLE = "Recording and compiling the 2-100-3 step"
RECORD, COMPILE = "record and simplify", "compile to bytes"


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Python. The size is that of a module with this one function, manifest included."""
    program = step_program(SPIRAL)
    size = len(compile(program).wasm) / 1000
    yield Race(
        TITLE,
        "python",
        [
            entry(RECORD, repeated, lambda: step_program(SPIRAL)),
            entry(COMPILE, repeated, lambda: compile(program)),
        ],
        [
            Target("recording and compiling", total, "≤", 1.0, "s", (RECORD, COMPILE)),
            Target("size of the module", lambda times: size, "≤", 8.0, "KB"),
        ],
        "ms",
    )


def repeated(work: Callable[[], Any]) -> Run:
    """The work, k times."""

    def run(k: int) -> None:
        for _ in range(k):
            work()

    return run


def total(times: Times) -> float:
    return median(a + b for a, b in zip(times[RECORD], times[COMPILE], strict=True))
