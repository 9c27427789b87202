"""Entries for a browser: descriptions, as JSON with bytes, of which `page/contestants.js` makes functions.

Reading order: … → `problems` → `rivals/` → `ours`, **in_page** → `tables/` → …
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks import peak, tfjs
from benchmarks.problems import (
    PALETTE,
    SIDE,
    Problem,
    bindings,
    matmul_program,
    painting_program,
    step_arguments,
    step_program,
)
from minigrad import tree
from minigrad.program import Program
from wasm_export import compile


def module(program: Program, arguments: tuple[Any, ...], sizes: Mapping[str, int], result: str) -> dict[str, Any]:
    """A compiled Program with its arguments; a mean of the output `result` shows that it was run."""
    leaves, _ = tree.flatten(list(arguments))
    arrays = {v.name: np.asarray(x, v.dtype) for v, x in zip(program.inputs, leaves, strict=True)}
    compiled = compile({"main": program})
    return {"kind": "module", "wasm": compiled.wasm, "bindings": dict(sizes), "arrays": arrays, "result": result}


def step(p: Problem) -> dict[str, Any]:
    """The compiled training step."""
    return module(step_program(p), step_arguments(p), bindings(p), "loss")


def painting(p: Problem) -> dict[str, Any]:
    """The compiled painting of the decision map."""
    program = painting_program()
    return module(program, (p.params, PALETTE), {"side": SIDE, "h": p.widths[1]}, *program.output_names)


def matmul(size: int) -> dict[str, Any]:
    """The compiled product of two square matrices."""
    program = matmul_program()
    return module(program, operands(size), dict.fromkeys("nkm", size), *program.output_names)


def operands(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Two square matrices of random numbers from 0 to 1."""
    rng = np.random.default_rng(0)
    return rng.random((size, size), np.float32), rng.random((size, size), np.float32)


def peak_loop() -> dict[str, Any]:
    """Multiplications and additions alone."""
    return {"kind": "exports", "wasm": peak.wasm(), "arrays": {}, "call": "peak", "each": peak.EACH, "silent": True}


def tfjs_step(p: Problem) -> dict[str, Any]:
    """The training step in TensorFlow.js."""
    tfjs.folder()
    layers = [{"W": layer["W"], "b": layer["b"], "shape": list(layer["W"].shape)} for layer in p.params]
    rule = {"activation": p.activation, "optimizer": p.optimizer, "lr": p.lr, "reg": p.reg}
    return {"kind": "tfjs_step", "layers": layers, "points": p.points, "labels": p.labels.astype(np.int32), **rule}


def tfjs_matmul(size: int) -> dict[str, Any]:
    """The product of two square matrices in TensorFlow.js."""
    tfjs.folder()
    x, y = operands(size)
    return {"kind": "tfjs_matmul", "size": size, "x": x, "y": y}
