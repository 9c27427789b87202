"""minigrad's entries in Python: eager, replayed by NumPy, and compiled, run by wasmtime.

Reading order: … → `problems` → `rivals/` → **ours**, `in_page` → `tables/` → …
"""

from typing import Any

import numpy as np

from benchmarks.problems import PALETTE, SIDE, Problem, painting_program, sampled_mean, step_arguments, step_program
from benchmarks.timing import Run
from minigrad import passes, record, train
from wasm_export import compile


def eager(p: Problem) -> Run:
    """Gradient and update computed as they are called, with rates that are Python's numbers, as one writes them."""
    return _step_by_step(p, train.make_step(p.optimiser, p.activation), number=float)


def replayed(p: Problem) -> Run:
    """The recorded step, run by NumPy."""
    step = train.make_step(p.optimiser, p.activation)
    return _step_by_step(p, passes.simplify(record(step, *step_arguments(p))))


def _step_by_step(p: Problem, step: Any, number: Any = np.float32) -> Run:
    params, state, points, labels, *_ = step_arguments(p)
    lr, reg = number(p.lr), number(p.reg)

    def run(k: int) -> float:
        nonlocal params, state
        for _ in range(k):
            result = step(params, state, points, labels, lr, reg)
            params, state = result["params"], result["state"]
        return float(result["loss"])

    return run


def compiled(p: Problem, at_once: bool) -> Run:
    """The compiled step in wasmtime: k steps in one call, or a call for each."""
    bound = compile(step_program(p)).bind(*step_arguments(p))

    def run(k: int) -> float:
        for _ in range(1 if at_once else k):
            bound.run(k if at_once else 1)
        return float(bound.outputs["loss"])

    return run


def painting(p: Problem) -> Run:
    """The compiled painting in wasmtime; gives a mean of its bytes."""
    bound = compile(painting_program()).bind(p.params, PALETTE, dims={"side": SIDE})
    (pixels,) = bound.outputs.values()

    def run(k: int) -> float:
        bound.run(k)
        return sampled_mean(pixels)

    return run
