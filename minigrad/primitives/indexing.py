"""Primitives that look elements up by number, and those that make the numbers.

gather and scatter_add are each other's transpose. Both wrap a negative index once and then clamp it to the axis: a
meaning for every index, because a compiled program cannot raise. The functions under `minigrad` check first.

Reading order: tensor -> primitives (..., elementwise, reductions, **indexing**, own) -> ops -> ...
"""

from __future__ import annotations

import numpy as np

from minigrad.abstract import Dtype
from minigrad.dims import Shape, Size
from minigrad.primitives import kernels
from minigrad.primitives.table import require_axes, require_kind, row
from minigrad.tensor import Array, Tensor, Value


def _in_range(index: Array, size: int) -> Array:
    wide = index.astype(np.int64)  # a uint8 could not hold the size of a long axis
    return np.clip(np.where(wide < 0, wide + size, wide), 0, max(size - 1, 0))


def _gather(x: Array, index: Array, axis: int) -> Array:
    return np.take(x, _in_range(index, x.shape[axis]), axis)


def _gather_shape(x: Value, index: Value, axis: int) -> tuple[Shape, Dtype]:
    require_axes("gather", (axis,), x.ndim)
    require_kind("gather", index, "iu")
    if x.shape[axis] == 0:
        raise ValueError(f"cannot gather from an empty axis: shape {x.shape}, axis {axis}")
    return x.shape[:axis] + index.shape + x.shape[axis + 1 :], x.dtype


def _scatter_add(x: Array, index: Array, axis: int, size: int) -> Array:
    """Added in the order of the index, so that equal indices always give the same sum."""
    lead, tail = x.shape[:axis], x.shape[axis + index.ndim :]
    out = np.zeros((*lead, size, *tail), x.dtype)
    np.add.at(np.moveaxis(out, axis, 0), _in_range(index, size).ravel(), _axis_first(x, axis, index))
    return out


def _axis_first(x: Array, axis: int, index: Array) -> Array:
    """The axes that `index` spans, merged into one and moved to the front."""
    return np.moveaxis(x.reshape((*x.shape[:axis], index.size, *x.shape[axis + index.ndim :])), axis, 0)


def _scatter_add_shape(x: Value, index: Value, axis: int, size: Size) -> tuple[Shape, Dtype]:
    require_kind("scatter_add", x, "fiu")
    require_kind("scatter_add", index, "iu")
    if not 0 <= axis <= x.ndim - index.ndim or x.shape[axis : axis + index.ndim] != index.shape:
        raise ValueError(f"scatter_add at axis {axis} needs updates {x.shape} that hold the index shape {index.shape}")
    return (*x.shape[:axis], size, *x.shape[axis + index.ndim :]), x.dtype


def _one_hot_shape(index: Value, size: Size, dtype: Dtype) -> tuple[Shape, Dtype]:
    require_kind("one_hot", index, "iu")
    return (*index.shape, size), np.dtype(dtype)


def _scatter_rule(g: Tensor, z: Tensor, x: Tensor, index: Tensor, axis: int) -> Tensor:
    return scatter_add(g, index, axis=axis, size=x.shape[axis])


def _gather_rule(g: Tensor, z: Tensor, x: Tensor, index: Tensor, axis: int, size: Size) -> Tensor:
    return gather(g, index, axis=axis)


gather = row("gather", _gather, _gather_shape, _scatter_rule, None)
scatter_add = row("scatter_add", _scatter_add, _scatter_add_shape, _gather_rule, None)
one_hot = row("one_hot", kernels.one_hot, _one_hot_shape, None)
iota = row("iota", lambda size, dtype: np.arange(size, dtype=dtype), lambda size, dtype: ((size,), np.dtype(dtype)))
size = row("size", lambda dim, dtype: np.asarray(dim, dtype), lambda dim, dtype: ((), np.dtype(dtype)))
