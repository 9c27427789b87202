"""broadcast and sum, each the other's transpose: to repeat along an axis forward is to add along it backward.

Every broadcast in the library is this row, inserted on purpose, so un-broadcasting exists once: as its VJP.

Reading order: tensor -> primitives (..., structure, **broadcasting**, elementwise, ...) -> ops -> ...
"""

from __future__ import annotations

from functools import lru_cache
from math import copysign
from typing import Any

import numpy as np

from minigrad.abstract import Abstract, Dtype
from minigrad.dims import Shape
from minigrad.primitives import kernels
from minigrad.primitives.structure import reshape
from minigrad.primitives.table import keep_axes, require_axes, require_kind, row, without_axes
from minigrad.tensor import Array, Tensor, Value, as_tensor, wrap

Axes = tuple[int, ...]


def broadcast_array(x: Array, shape: tuple[int, ...]) -> Array:
    """`x` repeated to `shape`, as a view with strides of 0; `ValueError` when an axis does not fit."""
    if not x.flags.c_contiguous or 0 in shape:
        return np.broadcast_to(x, shape)
    # np.broadcast_to gives the same at ten times the cost
    return np.ndarray(shape, x.dtype, x, 0, _repeating(x.shape, x.strides, shape))


@lru_cache(maxsize=1024)
def _repeating(have: tuple[int, ...], strides: tuple[int, ...], want: tuple[int, ...]) -> tuple[int, ...]:
    """The strides that read a shape as a larger one: 0 along every axis that is repeated."""
    lead = len(want) - len(have)
    for old, new in zip(have, want[lead:], strict=True):
        if old not in (new, 1) or new < 0:
            raise ValueError(f"cannot broadcast {have} to {want}")
    return (0,) * lead + tuple(step if old == new else 0 for old, new, step in zip(have, want[lead:], strides))


def _broadcast_shape(x: Value, shape: Shape) -> tuple[Shape, Dtype]:
    lead = len(shape) - x.ndim
    if lead < 0 or not all(
        have == want or (type(have) is int and have == 1) for have, want in zip(x.shape, shape[lead:], strict=True)
    ):
        raise ValueError(f"cannot broadcast {x.shape} to {shape}: each axis has to be equal or of length 1")
    return shape, x.dtype


def _unbroadcast(g: Tensor, z: Tensor, x: Tensor, shape: Shape) -> Tensor:
    """Add up over everything that was repeated."""
    total = sum_(g, axes=_repeated(x.shape, shape))
    return total if total.shape == x.shape else reshape(total, shape=x.shape)


@lru_cache(maxsize=1024)
def _repeated(have: Shape, want: Shape) -> Axes:
    """The axes along which a shape is repeated to become a larger one."""
    lead = len(want) - len(have)
    return (*range(lead), *(axis for axis in range(lead, len(want)) if have[axis - lead] != want[axis]))


def _sum_shape(x: Value, axes: Axes) -> tuple[Shape, Dtype]:
    require_kind("sum", x, "fiu")
    require_axes("sum", axes, x.ndim)
    return without_axes(x.shape, axes), x.dtype


def unreduce(z: Tensor, x: Tensor, axes: Axes) -> Tensor:
    """A reduction's result, repeated along the reduced axes to the shape of `x`."""
    if axes == tuple(range(len(axes))):  # axes in front come back by themselves
        return broadcast(z, shape=x.shape)
    return broadcast(reshape(z, shape=keep_axes(x.shape, axes)), shape=x.shape)


def fill(like: Any, number: Any) -> Any:
    """A constant of the shape and dtype of `like`, an array if that is one."""
    value = like.value if type(like) is Tensor else like
    if type(value) is Abstract:
        return broadcast(as_tensor(np.array(number, value.dtype)), shape=value.shape)
    make = _filled if number == number else _filled.__wrapped__  # no NaN is found again
    filled = make(number, copysign(1, number), value.dtype, value.shape)
    return filled if value is like else wrap(filled)


@lru_cache(maxsize=1024)
def _filled(number: Any, sign: float, dtype: Dtype, shape: tuple[int, ...]) -> Array:
    """One number, seen from everywhere. The sign tells apart 0.0 and -0.0, which are equal keys."""
    one = np.array(number, dtype)
    one.flags.writeable = False  # many see it
    return broadcast_array(one, shape)


broadcast = row("broadcast", broadcast_array, _broadcast_shape, _unbroadcast)
sum_ = row("sum", kernels.sum_over, _sum_shape, lambda g, z, x, axes: unreduce(g, x, axes))
