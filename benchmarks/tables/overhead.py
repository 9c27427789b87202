"""What Python costs: the time of a recorded operation beyond that of NumPy's own call, on arrays of four numbers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.races import Race, Target, entry
from benchmarks.timing import Run, Times

TITLE = "Python's overhead per recorded operation"
X, M = np.array([0.5, 0.25, 0.125, 0.75]), np.full((2, 2), 0.5)
CHAIN = 32
"""Operations in a row before the graph is dropped, about as many as a training step has."""

OPERATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], np.ndarray]] = {
    "x + x": (lambda x: x + x, lambda x: x + x, X),
    "x * x": (lambda x: x * x, lambda x: x * x, X),
    "exp": (mg.exp, np.exp, X),
    "maximum(x, 0)": (mg.relu, lambda x: np.maximum(x, 0), X),
    "sum": (mg.sum, lambda x: np.sum(x), X),
    "x @ x": (lambda x: x @ x, lambda x: x @ x, M),
}


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Python: each operation recorded, and the same call on arrays."""
    for name, (ours, theirs, argument) in OPERATIONS.items():
        contestants = [
            entry("minigrad, recorded", chain, ours, mg.Tensor(argument, requires_grad=True)),
            entry("NumPy", chain, theirs, argument),
        ]
        yield Race(f"{TITLE}: {name}", "python", contestants, [Target("overhead", overhead, "≤", 1.0, "µs")])


def chain(operation: Callable[[Any], Any], argument: Any) -> Run:
    """The operation on the same argument, results kept as a graph would keep them; k counts operations."""

    def run(k: int) -> None:
        for start in range(0, k, CHAIN):
            kept = [operation(argument) for _ in range(min(CHAIN, k - start))]
        del kept

    return run


def overhead(times: Times) -> float:
    """Microseconds that an operation takes longer than NumPy's."""
    return 1e6 * median(a - b for a, b in zip(*times.values(), strict=True))
