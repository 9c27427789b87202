"""Primitives that move elements without computing: each stands beside its transpose.

reshape, transpose and flip are undone by one of their own kind; slice's transpose is a pad with zeros, and
concatenate's is a slice per input.

Reading order: tensor -> primitives (table, kernels, **structure**, broadcasting, elementwise, ...) -> ops -> ...
"""

from __future__ import annotations

import numpy as np

from minigrad.abstract import Dtype
from minigrad.dims import Dim, Shape, Size, size_of
from minigrad.primitive import Primitive, Rule
from minigrad.primitives.table import require_axes, row
from minigrad.tensor import Array, Tensor, Value

Lengths = tuple[int, ...]


def _reshape_shape(x: Value, shape: Shape) -> tuple[Shape, Dtype]:
    if size_of(x.shape) != size_of(shape) or any(isinstance(n, int) and n < 0 for n in shape):
        raise ValueError(
            f"cannot reshape {x.shape}, {size_of(x.shape)} elements, to {shape}, {size_of(shape)} elements"
        )
    return shape, x.dtype


def _transpose_shape(x: Value, axes: Lengths) -> tuple[Shape, Dtype]:
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError(f"transpose of a shape {x.shape} needs a permutation of 0..{x.ndim - 1}, not {axes}")
    return tuple(x.shape[axis] for axis in axes), x.dtype


def _flip_shape(x: Value, axes: Lengths) -> tuple[Shape, Dtype]:
    require_axes("flip", axes, x.ndim)
    return x.shape, x.dtype


def slice_length(start: int, stop: Size, step: int) -> Size:
    """How many elements `start:stop:step` takes, with `stop` within the axis; symbolic only for steps of 1."""
    if isinstance(stop, Dim):
        if step != 1:
            raise ValueError(f"a slice of a symbolic axis needs step 1, and this one has {start}:{stop}:{step}")
        return stop - start
    return max(0, -(-(stop - start) // step))


def _slice(x: Array, start: Lengths, stop: Lengths, step: Lengths) -> Array:
    return x[tuple(map(slice, start, stop, step))]


def _slice_shape(x: Value, start: Lengths, stop: Shape, step: Lengths) -> tuple[Shape, Dtype]:
    if not len(start) == len(stop) == len(step) == x.ndim:
        raise ValueError(f"slice of a shape {x.shape} needs a start, stop and step per axis: {start}, {stop}, {step}")
    for axis, length in enumerate(x.shape):
        beyond = stop[axis] - length
        if start[axis] < 0 or step[axis] < 1 or (isinstance(beyond, int) and beyond > 0):
            raise ValueError(f"slice {start[axis]}:{stop[axis]}:{step[axis]} leaves axis {axis} of the shape {x.shape}")
    return tuple(slice_length(a, b, k) for a, b, k in zip(start, stop, step, strict=True)), x.dtype


def _pad_back(g: Tensor, z: Tensor, x: Tensor, start: Lengths, stop: Shape, step: Lengths) -> Tensor:
    """Put the cotangent back where the elements were taken, zeros between and around."""
    high = []
    for length, taken, first, k in zip(x.shape, z.shape, start, step, strict=True):
        high.append(length - first if taken == 0 else length - (first + (taken - 1) * k + 1))
    return pad(g, low=start, high=tuple(high), interior=tuple(k - 1 for k in step))


def _padded(length: Size, low: Size, high: Size, interior: int) -> Size:
    return low + high + (length + (length - 1) * interior if length != 0 else 0)


def _pad(x: Array, low: Lengths, high: Lengths, interior: Lengths) -> Array:
    out = np.zeros(tuple(map(_padded, x.shape, low, high, interior)), x.dtype)
    out[tuple(slice(a, n - b, k + 1) for n, a, b, k in zip(out.shape, low, high, interior, strict=True))] = x
    return out


def _pad_shape(x: Value, low: Shape, high: Shape, interior: Lengths) -> tuple[Shape, Dtype]:
    if not len(low) == len(high) == len(interior) == x.ndim or any(
        isinstance(width, int) and width < 0 for width in (*low, *high, *interior)
    ):
        raise ValueError(f"pad of a shape {x.shape} needs widths >= 0 per axis, got {low}, {high}, {interior}")
    return tuple(map(_padded, x.shape, low, high, interior)), x.dtype


def _unpad(g: Tensor, z: Tensor, x: Tensor, low: Shape, high: Shape, interior: Lengths) -> Tensor:
    if any(isinstance(width, Dim) for width in low):
        raise NotImplementedError(f"the gradient of pad needs fixed widths in front, and got {low}; pad at the end")
    stop = tuple(a if n == 0 else a + (n - 1) * (k + 1) + 1 for n, a, k in zip(x.shape, low, interior, strict=True))
    return slice_(g, start=low, stop=stop, step=tuple(k + 1 for k in interior))


def _concatenate_shape(*xs: Value, axis: int) -> tuple[Shape, Dtype]:
    if not xs:
        raise ValueError("concatenate needs at least one Tensor")
    first = xs[0]
    require_axes("concatenate", (axis,), first.ndim)
    length: Size = 0
    for x in xs:
        if (
            x.ndim != first.ndim
            or x.dtype != first.dtype
            or any(a != b for i, (a, b) in enumerate(zip(x.shape, first.shape, strict=True)) if i != axis)
        ):
            raise ValueError(
                f"concatenate along axis {axis} needs equal dtypes and other axes: "
                f"{first.dtype}{list(first.shape)} and {x.dtype}{list(x.shape)}"
            )
        length = length + x.shape[axis]
    return (*first.shape[:axis], length, *first.shape[axis + 1 :]), first.dtype


def _concatenate_rule(position: int) -> Rule:
    def rule(g: Tensor, z: Tensor, *xs: Tensor, axis: int) -> Tensor:
        before: Size = 0
        for x in xs[:position]:
            before = before + x.shape[axis]
        return cut(g, axis, before, xs[position].shape[axis])

    return rule


def cut(x: Tensor, axis: int, start: Size, length: Size) -> Tensor:
    """`length` elements of one axis from `start`; from a symbolic start it cuts the end off the reversed axis."""
    n = x.shape[axis]
    if isinstance(start, Dim):
        rest = n - start - length
        if isinstance(rest, Dim):
            raise NotImplementedError(f"cannot cut {length} elements from {start} out of an axis of {n}")
        return flip(cut(flip(x, axes=(axis,)), axis, rest, length), axes=(axis,))
    starts, stops = [0] * x.ndim, list(x.shape)
    starts[axis], stops[axis] = start, start + length
    return slice_(x, start=tuple(starts), stop=tuple(stops), step=(1,) * x.ndim)


reshape: Primitive = row(
    "reshape",
    lambda x, shape: x.reshape(shape),
    _reshape_shape,
    lambda g, z, x, shape: reshape(g, shape=x.shape),
)
transpose: Primitive = row(
    "transpose",
    lambda x, axes: x.transpose(axes),
    _transpose_shape,
    lambda g, z, x, axes: transpose(g, axes=tuple(axes.index(i) for i in range(len(axes)))),
)
flip: Primitive = row("flip", lambda x, axes: np.flip(x, axes), _flip_shape, lambda g, z, x, axes: flip(g, axes=axes))
slice_ = row("slice", _slice, _slice_shape, _pad_back)
pad = row("pad", _pad, _pad_shape, _unpad)
concatenate = row(
    "concatenate",
    lambda *xs, axis: np.concatenate(xs, axis),
    _concatenate_shape,
    variadic=_concatenate_rule,
)
