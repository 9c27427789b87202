"""The hand-tuned yardstick, `spiral_simd.wasm`: 2-100-3 and 300 points, fused and specialised by a person.

It is no part of this repository: `--reference PATH` says where it lies, or `$MINIGRAD_REFERENCE`. Where it is missing,
the tables say so. Its exports are offsets of arrays (`x`, `y`, `w1`, `b1`, `w2`, `b2`, `pixels`), `steps(k)` and
`paint()`; learning rate and regularisation are fixed.
"""

import ctypes
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problems import SIDE, Problem, sampled_mean
from benchmarks.races import Unavailable
from benchmarks.timing import Run

BESIDE = Path(__file__).parents[2] / "shared/reference/spiral_simd.wasm"
NAME = "hand-tuned SIMD"


def find(given: str | None) -> Path | None:
    """Where the module lies: as given, as the environment says, or beside this checkout."""
    path = Path(given or os.environ.get("MINIGRAD_REFERENCE") or BESIDE)
    return path if path.is_file() else None


def read(path: Path | None) -> bytes:
    """The module's bytes.

    Raises:
        Unavailable: it is not here.
    """
    if path is None:
        raise Unavailable("not here (--reference PATH/spiral_simd.wasm)")
    return path.read_bytes()


def arrays(p: Problem) -> dict[str, np.ndarray]:
    """What it starts from, by the exports that give the offsets."""
    first, last = p.params
    weights = {"w1": first["W"], "b1": first["b"], "w2": last["W"], "b2": last["b"]}
    return {"x": p.points, "y": p.labels.astype(np.int32), **weights}


def steps(p: Problem, path: Path | None) -> Run:
    """Its training step in wasmtime, k steps in one call."""
    call = _Opened(p, path)
    return lambda k: call("steps", k)


def painting(p: Problem, path: Path | None) -> Run:
    """Its painting in wasmtime; gives a mean of its bytes."""
    call = _Opened(p, path)

    def run(k: int) -> float:
        for _ in range(k):
            call("paint")
        return sampled_mean(call.view("pixels", SIDE * SIDE * 4, np.uint8))

    return run


def page(p: Problem, path: Path | None, work: str) -> dict[str, Any]:
    """The same for a browser: `work` is "steps", called with k, or "paint", called k times."""
    result = {"bytes": "pixels", "count": SIDE * SIDE * 4} if work == "paint" else {}
    return {"kind": "exports", "wasm": read(path), "arrays": arrays(p), "call": work, "loop": work == "paint", **result}


class _Opened:
    """The module in wasmtime with its arrays filled."""

    def __init__(self, p: Problem, path: Path | None) -> None:
        import wasmtime

        code = read(path)
        self.store = wasmtime.Store()
        module = wasmtime.Module(self.store.engine, code)
        self.exports: Any = wasmtime.Instance(self.store, module, []).exports(self.store)
        for name, array in arrays(p).items():
            self.view(name, array.size, array.dtype)[...] = array.ravel()

    def __call__(self, name: str, *args: int) -> Any:
        return self.exports[name](self.store, *args)

    def view(self, name: str, size: int, dtype: Any) -> np.ndarray:
        start = ctypes.addressof(self.exports["memory"].data_ptr(self.store).contents) + self(name)
        raw: Any = (ctypes.c_uint8 * (size * np.dtype(dtype).itemsize)).from_address(start)
        return np.frombuffer(raw, dtype)
