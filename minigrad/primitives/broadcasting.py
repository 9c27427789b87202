"""broadcast and sum, each the other's transpose: to repeat along an axis forward is to add along it backward.

Every broadcast in the library is this row, inserted on purpose, so un-broadcasting exists once: as its VJP.

Reading order: tensor -> primitives (..., structure, **broadcasting**, elementwise, ...) -> ops -> ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.abstract import Dtype
from minigrad.dims import Shape
from minigrad.primitives import kernels
from minigrad.primitives.structure import reshape
from minigrad.primitives.table import keep_axes, require_axes, require_kind, row, without_axes
from minigrad.tensor import Array, Tensor, Value, as_tensor

Axes = tuple[int, ...]


def broadcast_array(x: Array, shape: tuple[int, ...]) -> Array:
    """`x` repeated to `shape`, as a view with strides of 0; `ValueError` when an axis does not fit."""
    if not x.flags.c_contiguous or 0 in shape:
        return np.broadcast_to(x, shape)
    lead = len(shape) - x.ndim
    strides = [0] * lead
    for have, want, step in zip(x.shape, shape[lead:], x.strides, strict=True):
        if have != want and have != 1:
            raise ValueError(f"cannot broadcast {x.shape} to {shape}")
        strides.append(step if have == want else 0)
    return np.ndarray(shape, x.dtype, x, 0, strides)  # np.broadcast_to gives the same at ten times the cost


def _broadcast_shape(x: Value, shape: Shape) -> tuple[Shape, Dtype]:
    lead = len(shape) - x.ndim
    if lead < 0 or not all(
        have == want or (type(have) is int and have == 1) for have, want in zip(x.shape, shape[lead:], strict=True)
    ):
        raise ValueError(f"cannot broadcast {x.shape} to {shape}: each axis has to be equal or of length 1")
    return shape, x.dtype


def _unbroadcast(g: Tensor, z: Tensor, x: Tensor, shape: Shape) -> Tensor:
    """Add up over everything that was repeated."""
    lead = len(shape) - x.ndim
    stretched = (axis for axis in range(lead, len(shape)) if x.shape[axis - lead] != shape[axis])
    total = sum_(g, axes=(*range(lead), *stretched))
    return total if total.shape == x.shape else reshape(total, shape=x.shape)


def _sum_shape(x: Value, axes: Axes) -> tuple[Shape, Dtype]:
    require_kind("sum", x, "fiu")
    require_axes("sum", axes, x.ndim)
    return without_axes(x.shape, axes), x.dtype


def unreduce(z: Tensor, x: Tensor, axes: Axes) -> Tensor:
    """A reduction's result, repeated along the reduced axes to the shape of `x`."""
    if axes == tuple(range(len(axes))):  # axes in front come back by themselves
        return broadcast(z, shape=x.shape)
    return broadcast(reshape(z, shape=keep_axes(x.shape, axes)), shape=x.shape)


def fill(like: Tensor, number: Any) -> Tensor:
    """A constant of the shape and dtype of `like`."""
    value = like.value
    one = np.array(number, value.dtype)
    if type(value) is np.ndarray:
        return as_tensor(broadcast_array(one, value.shape))
    return broadcast(as_tensor(one), shape=value.shape)


broadcast = row("broadcast", broadcast_array, _broadcast_shape, _unbroadcast)
sum_ = row("sum", kernels.sum_over, _sum_shape, lambda g, z, x, axes: unreduce(g, x, axes))
