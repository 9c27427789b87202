"""Moving elements about, the NumPy way: reshape, transpose, join, split, repeat.

Reading order: primitives -> ops (..., arithmetic, reduce, **shaping**, index, loss, ...) -> tree -> ...
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.dims import Dim, Shape, divide, size_of
from minigrad.ops.convert import (
    axes_of,
    axis_of,
    broadcast_to,
    common_shape,
    dtype_of,
    promote,
    shape_of,
    to_tensor,
)
from minigrad.primitives import indexing, structure
from minigrad.primitives.broadcasting import broadcast, fill
from minigrad.tensor import Tensor, as_tensor

__all__ = [
    "arange", "broadcast_arrays", "concatenate", "expand_dims", "eye", "flip", "full", "moveaxis", "ones",
    "ones_like", "pad", "ravel", "reshape", "size", "split", "squeeze", "stack", "swapaxes", "tile", "transpose",
    "tril", "triu", "zeros", "zeros_like",
]  # fmt: skip


def reshape(x: Any, *shape: Any) -> Tensor:
    """The same elements in another shape; one length may be -1.

    With symbolic axes the element counts have to be equal as polynomials: inserting or removing 1s, merging axes,
    and splitting by an exact factor.
    """
    x = to_tensor(x)
    wanted = shape_of(shape[0] if len(shape) == 1 else shape)
    known = tuple(length for length in wanted if length != -1)
    if len(wanted) - len(known) > 1:
        raise ValueError(f"reshape to {wanted}: at most one length can be -1")
    if len(known) < len(wanted):
        try:
            rest = divide(size_of(x.shape), size_of(known))
        except ValueError as error:
            raise ValueError(f"cannot reshape {x.shape} to {wanted}: {error}") from None
        wanted = tuple(rest if length == -1 else length for length in wanted)
    return x if x.shape == wanted else structure.reshape(x, shape=wanted)


def ravel(x: Any) -> Tensor:
    """All elements along one axis."""
    return reshape(x, -1)


def transpose(x: Any, *axes: Any) -> Tensor:
    """The axes in another order, reversed when no order is given."""
    x = to_tensor(x)
    given: Any = axes[0] if len(axes) == 1 and isinstance(axes[0], Sequence | None) else axes
    order = tuple(axis_of(a, x.ndim) for a in given) if given else tuple(reversed(range(x.ndim)))
    return structure.transpose(x, axes=order)


def swapaxes(x: Any, a: int, b: int) -> Tensor:
    """Axes `a` and `b` exchanged."""
    x = to_tensor(x)
    order = list(range(x.ndim))
    a, b = axis_of(a, x.ndim), axis_of(b, x.ndim)
    order[a], order[b] = b, a
    return structure.transpose(x, axes=tuple(order))


def moveaxis(x: Any, source: int, destination: int) -> Tensor:
    """One axis moved to another place, the others in their order."""
    x = to_tensor(x)
    source, destination = axis_of(source, x.ndim), axis_of(destination, x.ndim)
    order = [axis for axis in range(x.ndim) if axis != source]
    order.insert(destination, source)
    return structure.transpose(x, axes=tuple(order))


def expand_dims(x: Any, axis: Any) -> Tensor:
    """New axes of length 1 at the places `axis` of the result."""
    x = to_tensor(x)
    ndim = x.ndim + (len(axis) if isinstance(axis, Sequence) else 1)
    places = axes_of(axis, ndim)
    lengths = iter(x.shape)
    return structure.reshape(x, shape=tuple(1 if i in places else next(lengths) for i in range(ndim)))


def squeeze(x: Any, axis: Any = None) -> Tensor:
    """Axes of length 1 removed: those named, or all; `ValueError` when a named one is longer."""
    x = to_tensor(x)
    ones = [i for i, length in enumerate(x.shape) if not isinstance(length, Dim) and length == 1]
    places = tuple(ones) if axis is None else axes_of(axis, x.ndim)
    if not set(places) <= set(ones):
        raise ValueError(f"squeeze can only remove axes of length 1, and the shape is {x.shape}, axis {axis}")
    return structure.reshape(x, shape=tuple(n for i, n in enumerate(x.shape) if i not in places))


def flip(x: Any, axis: Any = None) -> Tensor:
    """The elements in reverse order along `axis`, along all for None."""
    x = to_tensor(x)
    return structure.flip(x, axes=axes_of(axis, x.ndim))


def concatenate(xs: Sequence[Any], axis: int = 0) -> Tensor:
    """Several Tensors joined along an axis they already have; their other axes are equal."""
    tensors = promote(*xs)
    if not tensors:
        raise ValueError("concatenate needs at least one Tensor")
    return structure.concatenate(*tensors, axis=axis_of(axis, tensors[0].ndim))


def stack(xs: Sequence[Any], axis: int = 0) -> Tensor:
    """Several Tensors of one shape joined along a new axis."""
    tensors = promote(*xs)
    if not tensors:
        raise ValueError("stack needs at least one Tensor")
    if any(x.shape != tensors[0].shape for x in tensors):
        raise ValueError(f"stack needs equal shapes, and got {', '.join(str(x.shape) for x in tensors)}")
    place = axis_of(axis, tensors[0].ndim + 1)
    return structure.concatenate(*(expand_dims(x, place) for x in tensors), axis=place)


def split(x: Any, sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """The parts of x along an axis: so many equal ones, or cut before the given positions."""
    x = to_tensor(x)
    place = axis_of(axis, x.ndim)
    length = x.shape[place]
    if not isinstance(sections, Sequence):
        sections = operator.index(sections)
        part = divide(length, sections)
        cuts: list[Any] = [part * i for i in range(1, sections)]
    else:
        cuts = list(sections)
    starts, stops = [0, *cuts], [*cuts, length]
    return [structure.cut(x, place, start, stop - start) for start, stop in zip(starts, stops, strict=True)]


def pad(x: Any, widths: Any, value: float = 0) -> Tensor:
    """x with `value` around it: widths as an integer for all sides, or a (before, after) pair per axis."""
    x = to_tensor(x)
    pairs = (
        [tuple(pair) for pair in widths] if isinstance(widths, Sequence) else [(operator.index(widths),) * 2] * x.ndim
    )
    low, high = tuple(a for a, _ in pairs), tuple(b for _, b in pairs)
    if value == 0:
        return structure.pad(x, low=low, high=high, interior=(0,) * x.ndim)
    return structure.pad(x - value, low=low, high=high, interior=(0,) * x.ndim) + value


def tile(x: Any, repeats: Any) -> Tensor:
    """x repeated so many times along each axis."""
    x = to_tensor(x)
    counts = shape_of(repeats)
    ndim = max(len(counts), x.ndim)
    shape: Shape = (1,) * (ndim - x.ndim) + x.shape
    counts = (1,) * (ndim - len(counts)) + counts
    between = tuple(length for pair in zip(counts, shape, strict=True) for length in pair)
    spread = structure.reshape(x, shape=tuple(n for length in shape for n in (1, length)))
    return structure.reshape(
        broadcast(spread, shape=between), shape=tuple(a * b for a, b in zip(counts, shape, strict=True))
    )


def broadcast_arrays(*xs: Any) -> list[Tensor]:
    """The arguments repeated to their common shape."""
    tensors = [to_tensor(x) for x in xs]
    shape = common_shape(*(x.shape for x in tensors))
    return [broadcast_to(x, shape) for x in tensors]


def full(shape: Any, value: Any, dtype: Any = None) -> Tensor:
    """A Tensor of one value; the shape may have symbolic axes."""
    number = as_tensor(np.asarray(value, dtype))
    wanted = shape_of(shape)
    return broadcast(number, shape=wanted) if wanted else number


def zeros(shape: Any, dtype: Any = np.float64) -> Tensor:
    """A Tensor of zeros."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = np.float64) -> Tensor:
    """A Tensor of ones."""
    return full(shape, 1, dtype)


def zeros_like(x: Any) -> Tensor:
    """Zeros of the shape and dtype of x."""
    filled: Tensor = fill(to_tensor(x), 0)
    return filled


def ones_like(x: Any) -> Tensor:
    """Ones of the shape and dtype of x."""
    filled: Tensor = fill(to_tensor(x), 1)
    return filled


def arange(stop: Any, dtype: Any = np.int64) -> Tensor:
    """0, 1, ..., stop - 1; `stop` may be symbolic."""
    length = stop if isinstance(stop, Dim) else operator.index(stop)
    return indexing.iota(size=length, dtype=dtype_of(dtype))


def size(dim: Any, dtype: Any = np.float64) -> Tensor:
    """The length that a dimension stands for, as a scalar Tensor of this dtype."""
    return indexing.size(dim=dim, dtype=dtype_of(dtype))


def eye(n: Any, dtype: Any = np.float64) -> Tensor:
    """The identity matrix of n rows."""
    return indexing.one_hot(arange(n), size=n, dtype=np.dtype(dtype))


def tril(x: Any, k: int = 0) -> Tensor:
    """The last two axes with what lies above the k-th diagonal set to 0."""
    return _triangle(x, k, lower=True)


def triu(x: Any, k: int = 0) -> Tensor:
    """The last two axes with what lies below the k-th diagonal set to 0."""
    return _triangle(x, k, lower=False)


def _triangle(x: Any, k: int, lower: bool) -> Tensor:
    from minigrad.ops.arithmetic import where

    x = to_tensor(x)
    below = expand_dims(arange(x.shape[-2]), 1) + k - expand_dims(arange(x.shape[-1]), 0)
    return where(below >= 0 if lower else below <= 0, x, 0)
