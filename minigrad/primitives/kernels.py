"""NumPy implementations where the obvious call is several times slower than the machine, and what they share.

Each computes what the plain expression beside it says. `out`, when given, is the memory that the result is written
to, which may be an operand's of the same shape and dtype; when not, a large result goes to memory used before. The
times are those of a [300, 100] float32 array.

Reading order: tensor -> primitives (table, **kernels**, structure, broadcasting, ...) -> ops -> ...
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from minigrad.memory import LARGE, take, take_like
from minigrad.tensor import Array

SHORT = 8  # NumPy reduces an axis this short element by element; taking its columns together is faster
MOST_KEPT = 1 << 16  # elements of a constant; a larger one does not stay in the cache, and should not stay in memory
WIDE = 4096  # elements in a row
FEW = 64  # elements; so small a matrix has hardly a large product
BRANCHY = 2048  # elements; from here on a branch for each costs more than a few more passes
_matmul: Any = np.matmul
_sum: Any = np.add.reduce
_max: Any = np.maximum.reduce  # (array, axes, dtype, out): by position they are called faster
_BITS: dict[Any, Any] = {np.dtype("float64"): np.dtype("int64"), np.dtype("float32"): np.dtype("int32")}


def relu(x: Array, out: Array | None = None) -> Any:
    """`np.maximum(x, 0)`, which is vectorised only when both operands advance: zeros of its shape help (23 -> 5 µs)."""
    out = take_like(x) if out is None else out
    return np.maximum(x, _full(x.shape, 0, x.dtype) if x.size <= MOST_KEPT else x.dtype.type(0), out=out)


@lru_cache(maxsize=32)
def _full(shape: int | tuple[int, ...], number: int, dtype: Any) -> Array:
    full = np.full(shape, number, dtype)
    full.flags.writeable = False
    return full


def where(condition: Array, x: Array, y: Array, out: Array | None = None) -> Any:
    """`np.where(condition, x, y)`; if y is 0 throughout, the bits of x times 1 or 0, without a branch (78 -> 10 µs)."""
    bits = _BITS.get(x.dtype)
    if bits is None or x.size < BRANCHY or x.shape != y.shape or any(y.strides) or y[(0,) * y.ndim].view(bits) != 0:
        chosen = np.where(condition, x, y)
        if out is None:
            return chosen
        out[...] = chosen
        return out
    out = take_like(x) if out is None else out
    return np.multiply(x.view(bits), condition, out=None if out is None else out.view(bits)).view(x.dtype)


def matmul(x: Array, y: Array, out: Array | None = None) -> Any:
    """`np.matmul(x, y)`, a large product of two matrices in memory used before."""
    if out is None and x.size >= FEW and x.ndim == 2 and len(x) * y.shape[-1] >= LARGE:
        out = take((len(x), y.shape[-1]), x.dtype)
    return _matmul(x, y, out)


def one_hot(index: Array, size: int, dtype: Any, out: Array | None = None) -> Any:
    """`index[..., None] == np.arange(size)` in this dtype; of a short axis, the rows of a table (10 -> 5 µs)."""
    if size > SHORT:
        return np.equal(index[..., None], np.arange(size), out).astype(dtype, copy=False)
    place = np.minimum(index.view(f"u{index.itemsize}"), size)  # what is negative is very large without its sign
    return _hot_rows(size, dtype).take(place.view(index.dtype), 0, out, "clip")


@lru_cache(maxsize=16)
def _hot_rows(size: int, dtype: Any) -> Array:
    """The identity, and a row of zeros for what is out of range."""
    rows = np.eye(size + 1, size, dtype=dtype)
    rows.flags.writeable = False
    return rows


def places(index: Array, size: int) -> Array:
    """Where x[..., index] lies in `x.ravel()`, the last axis of x being `size` long."""
    return index + (_row_starts if index.size <= MOST_KEPT else _row_starts.__wrapped__)(index.shape, size)


@lru_cache(maxsize=16)
def _row_starts(shape: tuple[int, ...], size: int) -> Array:
    starts = np.arange(0, prod(shape) * size, size).reshape(shape)
    starts.flags.writeable = False
    return starts


def max_over(x: Array, axes: tuple[int, ...], out: Array | None = None) -> Any:
    """`np.maximum.reduce(x, axis=axes)`, column by column over a short last axis (16 -> 4 µs)."""
    return _by_columns(np.maximum, x, out) if _short(x, axes) else _max(x, axes, None, out)


def sum_over(x: Array, axes: tuple[int, ...], out: Array | None = None) -> Any:
    """`np.add.reduce(x, axis=axes)`, column by column over a short last axis (9 -> 4 µs), rows by BLAS (11 -> 4 µs).

    BLAS adds the terms in another order, and takes a sum of nothing but -0 for 0. Wide rows NumPy adds as fast.
    """
    if axes == (0,) and x.ndim == 2 and x.shape[1] <= WIDE and x.dtype.kind == "f" and x.flags.c_contiguous:
        ones = _full(len(x), 1, x.dtype) if len(x) <= MOST_KEPT else np.ones(len(x), x.dtype)
        return np.matmul(ones, x, out=out)
    return _by_columns(np.add, x, out) if _short(x, axes) else _sum(x, axes, x.dtype, out)


def _short(x: Array, axes: tuple[int, ...]) -> bool:
    return len(axes) == 1 < x.ndim and axes[0] == x.ndim - 1 and 2 <= x.shape[-1] <= SHORT


def _by_columns(combine: Any, x: Array, out: Array | None) -> Any:
    result = combine(x[..., 0], x[..., 1], out=out)
    for column in range(2, x.shape[-1]):
        result = combine(result, x[..., column], out=result)
    return result
