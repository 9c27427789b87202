"""Indexing with everything NumPy allows for reading: integers, slices, None, `...`, integer and boolean arrays.

A basic index becomes slice, flip and reshape; integer arrays become one gather along their axes merged into one.

Reading order: primitives -> ops (..., reduce, shaping, **index**, loss, operators) -> tree -> ...
"""

from __future__ import annotations

import operator
from types import EllipsisType
from typing import Any

import numpy as np

from minigrad.dims import Dim, Shape, Size, size_of
from minigrad.ops.arithmetic import where
from minigrad.ops.convert import axis_of, broadcast_to, common_shape, dtype_of, is_abstract, to_tensor
from minigrad.ops.shaping import arange, expand_dims, moveaxis, reshape
from minigrad.primitives import indexing, structure
from minigrad.tensor import Tensor, as_tensor

__all__ = [
    "one_hot", "take", "take_along_axis",
]  # fmt: skip


def getitem(x: Tensor, key: Any) -> Tensor:
    """`x[key]`, as NumPy reads it; `IndexError` for what is out of range."""
    keys = _full_key(x, key if isinstance(key, tuple) else (key,))
    x, left = _slice_axes(x, keys)
    arrays = [axis for axis, k in enumerate(left) if isinstance(k, Tensor)]
    if not arrays:
        return x
    chosen = [i for i, k in enumerate(keys) if isinstance(k, int | Tensor)]  # beside arrays NumPy counts integers too
    together = chosen == list(range(chosen[0], chosen[-1] + 1))
    return _gather_axes(x, [left[axis] for axis in arrays], arrays, together)


def _full_key(x: Tensor, key: tuple[Any, ...]) -> list[Any]:
    """The key with `...` written out and one entry per axis (None for a new one), arrays as integer Tensors."""
    entries: list[Any] = []
    masks: dict[int, Shape] = {}
    for k in key:
        if isinstance(k, list | np.ndarray | Tensor) and not (isinstance(k, np.ndarray | Tensor) and k.ndim == 0):
            k = to_tensor(k) if not (isinstance(k, list) and not k) else as_tensor(np.zeros(0, np.int64))
            if k.dtype.kind == "b":
                if is_abstract(k):
                    raise TypeError("a boolean index has a size that is not known while recording; use minigrad.where")
                entries.extend(as_tensor(places) for places in np.nonzero(k.value))
                masks[id(entries[-k.ndim])] = k.shape
                continue
            if k.dtype.kind not in "iu":
                raise TypeError(f"an index array holds integers or bools, not {k.dtype}")
        elif isinstance(k, Tensor) and is_abstract(k):
            k = to_tensor(k)
        elif not isinstance(k, slice | EllipsisType | None):
            if isinstance(k, bool | np.bool_) or not hasattr(k, "__index__"):
                raise TypeError(f"cannot index a Tensor with {k!r}; use integers, slices, None, ..., or integer arrays")
            k = k.__index__()
        entries.append(k)
    used = sum(k is not None and k is not Ellipsis for k in entries)
    if sum(k is Ellipsis for k in entries) > 1:
        raise IndexError("an index can hold only one ...")
    if used > x.ndim:
        raise IndexError(f"{used} indices for a Tensor with {x.ndim} axes, shape {x.shape}")
    rest: list[Any] = [slice(None)] * (x.ndim - used)
    place = next((i for i, k in enumerate(entries) if k is Ellipsis), len(entries))
    keys = entries[:place] + rest + entries[place + 1 :]
    _check_masks(x, keys, masks)
    return keys


def _check_masks(x: Tensor, keys: list[Any], masks: dict[int, Shape]) -> None:
    """`IndexError` unless a mask, known by the first of its position arrays, has the shape of the axes it stands at."""
    for axis, k in enumerate(k for k in keys if k is not None):
        mask = masks.get(id(k), ())
        if x.shape[axis : axis + len(mask)] != mask:
            raise IndexError(f"a boolean index of shape {mask} does not fit axis {axis} of the shape {x.shape}")


def _slice_axes(x: Tensor, keys: list[Any]) -> tuple[Tensor, list[Any]]:
    """Apply integers, slices and None; what is left has one entry per axis, a Tensor or a full slice."""
    starts: list[int] = []
    stops: list[Size] = []
    steps: list[int] = []
    flips: list[int] = []
    shape: list[Size] = []
    left: list[Any] = []
    sizes = iter(enumerate(x.shape))
    for k in keys:
        if k is None:
            shape.append(1)
            left.append(slice(None))
            continue
        axis, length = next(sizes)
        start, stop, step = _bounds(k, length, axis, x)
        if step < 0:
            flips.append(axis)
        starts.append(start)
        stops.append(stop)
        steps.append(abs(step))
        if not isinstance(k, int):
            shape.append(structure.slice_length(start, stop, abs(step)))
            left.append(k if isinstance(k, Tensor) else slice(None))
    if any(s != 0 for s in starts) or tuple(stops) != x.shape or any(s != 1 for s in steps):
        x = structure.slice_(x, start=tuple(starts), stop=tuple(stops), step=tuple(steps))
    if flips:
        x = structure.flip(x, axes=tuple(flips))
    return (x if x.shape == tuple(shape) else structure.reshape(x, shape=tuple(shape))), left


def _bounds(k: Any, length: Size, axis: int, x: Tensor) -> tuple[int, Size, int]:
    """What one entry takes of an axis, as start, stop and step within it; a negative step means: then flip."""
    if isinstance(k, Tensor):
        return 0, length, 1
    if isinstance(k, int):
        if isinstance(length, Dim):
            if k < 0:
                raise IndexError(
                    f"x[{k}] of a symbolic axis {length}: take it from the other end, as x[::-1][{-k - 1}]"
                )
            return k, k + 1, 1
        if not -length <= k < length:
            raise IndexError(f"index {k} is out of range for axis {axis} of the shape {x.shape}")
        return k % length, k % length + 1, 1
    if not isinstance(length, Dim):
        start, stop, step = k.indices(length)
        if step > 0:
            return start, max(start, stop), step
        count = max(0, -(-(start - stop) // -step))
        last = start + (count - 1) * step
        return (last, start + 1, step) if count else (0, 0, step)
    return _symbolic_bounds(k, length)


def _symbolic_bounds(k: slice, length: Dim) -> tuple[int, Size, int]:
    step = 1 if k.step is None else k.step
    if step not in (1, -1) or (step == -1 and (k.start is not None or k.stop is not None)):
        raise ValueError(f"a symbolic axis {length} is sliced with step 1, or reversed whole with [::-1]; got {k}")
    start = 0 if k.start is None else k.start if isinstance(k.start, Dim) else operator.index(k.start)
    stop: Size = length if k.stop is None else k.stop if isinstance(k.stop, Dim) else operator.index(k.stop)
    if isinstance(start, Dim) or start < 0:
        raise ValueError(f"a slice of a symbolic axis {length} starts at a fixed place from the front, not at {start}")
    if not isinstance(stop, Dim) and stop < 0:
        stop = length + stop
    return start, stop, step


def _gather_axes(x: Tensor, indices: list[Tensor], axes: list[int], together: bool) -> Tensor:
    """Elements of x at the broadcast positions `indices` along `axes`, which are merged so that one gather does.

    The new axes stand where the indexed ones stood, or in front when those were not together: NumPy's rule.
    """
    shape = common_shape(*(i.shape for i in indices))
    for index, axis in zip(indices, axes, strict=True):
        require_in_range(index, x.shape[axis], f"axis {axis} of the shape {x.shape}")
    target = axes[0] if together else 0
    for place, axis in enumerate(axes):
        x = x if axis == target + place else moveaxis(x, axis, target + place)
    lengths = x.shape[target : target + len(axes)]
    position = _wrapped(indices[0], lengths[0])
    for index, length in zip(indices[1:], lengths[1:], strict=True):
        position = position * _count(length) + _wrapped(index, length)
    merged = structure.reshape(x, shape=(*x.shape[:target], size_of(lengths), *x.shape[target + len(axes) :]))
    return indexing.gather(merged, broadcast_to(position, shape), axis=target)


def _wrapped(index: Tensor, length: Size) -> Tensor:
    wide = index.astype(np.int64)
    return where(wide < 0, wide + _count(length), wide)


def _count(length: Size) -> Any:
    return indexing.size(dim=length, dtype=np.dtype(np.int64)) if isinstance(length, Dim) else length


def require_in_range(index: Tensor, length: Size, what: str) -> None:
    """`IndexError` naming the first offender, when the numbers are known; a recording clamps instead."""
    if is_abstract(index) or isinstance(length, Dim):
        return
    wrong = (index.value < -length) | (index.value >= length)
    if wrong.any():
        raise IndexError(f"index {index.value[wrong].flat[0]} is out of range for {what}")


def take(x: Any, index: Any, axis: int | None = None) -> Tensor:
    """Elements of x at integer positions along one axis, of the flattened array for None."""
    x, index = to_tensor(x), to_tensor(index)
    if axis is None:
        x, axis = reshape(x, -1), 0
    place = axis_of(axis, x.ndim)
    require_in_range(index, x.shape[place], f"axis {place} of the shape {x.shape}")
    return indexing.gather(x, index, axis=place)


def take_along_axis(x: Any, index: Any, axis: int) -> Tensor:
    """For every position along the other axes, the elements of x that `index` names along `axis`."""
    x, index = to_tensor(x), to_tensor(index)
    place = axis_of(axis, x.ndim)
    if index.ndim != x.ndim:
        raise ValueError(f"take_along_axis needs an index with the {x.ndim} axes of x, and got shape {index.shape}")
    others = tuple(1 if i == place else length for i, length in enumerate(x.shape))
    index = broadcast_to(index, common_shape(index.shape, others))
    keys: list[Any] = []
    for i, length in enumerate(index.shape):
        if i == place:
            keys.append(index)
        else:
            keys.append(expand_dims(arange(length), tuple(j for j in range(x.ndim) if j != i)))
    return getitem(x, tuple(keys))


def one_hot(index: Any, size: Any, dtype: Any = np.float64) -> Tensor:
    """A new last axis of `size`, 1 at the position that `index` names and 0 elsewhere; all 0 out of range.

    >>> one_hot(Tensor([1, 0]), 3)
    Tensor([[0., 1., 0.],
            [1., 0., 0.]])
    """
    length = size if isinstance(size, Dim) else operator.index(size)
    return indexing.one_hot(to_tensor(index), size=length, dtype=dtype_of(dtype))
