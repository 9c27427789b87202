"""minigrad's entries in Python: eager, replayed by NumPy, and compiled, run by wasmtime.

Reading order: … → `problems` → `rivals/` → **ours**, `in_page` → `tables/` → …
"""

from typing import Any

from benchmarks.problems import PALETTE, SIDE, Problem, painting_program, sampled_mean, step_arguments, step_program
from benchmarks.timing import Run
from minigrad import passes, record, train
from wasm_export import compile


def eager(p: Problem) -> Run:
    """Gradient and update computed as they are called, nothing recorded beforehand."""
    step = train.make_step(p.optimiser, p.activation)

    def with_numbers(params: Any, state: Any, points: Any, labels: Any, lr: Any, reg: Any) -> Any:
        return step(params, state, points, labels, p.lr, p.reg)  # Python's numbers, as one writes them

    return _step_by_step(p, with_numbers)


def replayed(p: Problem) -> Run:
    """The recorded step, run by NumPy."""
    step = train.make_step(p.optimiser, p.activation)
    return _step_by_step(p, passes.simplify(record(step, *step_arguments(p))))


def _step_by_step(p: Problem, step: Any) -> Run:
    params, state, points, labels, lr, reg = step_arguments(p)

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
