"""Making inputs fit the strict rows: promotion of dtypes and explicit broadcasting, done here and nowhere else.

Dtypes promote as NumPy 2 does: a Python number takes the dtype of the Tensor beside it unless its kind is higher.
Shapes broadcast as NumPy does, with one difference: a symbolic axis never counts as length 1.

Reading order: primitives -> ops (**convert**, arithmetic, reduce, ...) -> tree -> ...
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from minigrad.abstract import Abstract, Dtype
from minigrad.dims import Dim, Shape, Size
from minigrad.primitives import elementwise
from minigrad.primitives.broadcasting import broadcast
from minigrad.primitives.indexing import size as size_row
from minigrad.tensor import DTYPES, Tensor, as_tensor, as_value

DEFAULT_FLOAT = np.dtype("float64")
NUMBERS = (int, float, Dim)  # what takes the dtype of the Tensor beside it; a union type would be built at each call
ARRAYS = (Tensor, np.ndarray, np.generic)


def to_tensor(x: Any) -> Tensor:
    """A Tensor from a Tensor, an array, a number, a `Dim`, or nested lists of them."""
    if type(x) is Tensor:
        return x
    if isinstance(x, Dim):
        return size_row(dim=x, dtype=DEFAULT_FLOAT)
    if isinstance(x, list | tuple) and any(isinstance(item, Tensor | Dim | list | tuple) for item in x):
        from minigrad.ops.shaping import stack

        return stack([to_tensor(item) for item in x])
    return as_tensor(x)


def promote(*xs: Any) -> list[Tensor]:
    """The arguments as Tensors of one dtype, the one that NumPy would compute in."""
    strong = [x.value.dtype if type(x) is Tensor else x.dtype for x in xs if isinstance(x, ARRAYS)]
    if not strong:
        return _cast_all([to_tensor(x) for x in xs])
    dtype = strong[0] if len(strong) == 1 else np.result_type(*strong)
    if len(strong) < len(xs):
        numbers = [x for x in xs if isinstance(x, NUMBERS) and not isinstance(x, np.generic)]
        if dtype.kind != "f":  # a float dtype takes every number as it is
            dtype = np.result_type(dtype, *(1.0 if isinstance(x, Dim) else x for x in numbers))
        xs = tuple(_weak(x, dtype) if isinstance(x, NUMBERS) else x for x in xs)
    return _cast_all([to_tensor(x) for x in xs])


def _cast_all(xs: list[Tensor]) -> list[Tensor]:
    first = xs[0].value.dtype
    if all(x.value.dtype is first for x in xs):
        return xs
    dtype = np.result_type(*(x.dtype for x in xs))
    return [as_dtype(x, dtype) for x in xs]


def _weak(x: Any, dtype: Dtype) -> Tensor:
    if isinstance(x, Dim):
        return size_row(dim=x, dtype=dtype)
    return as_tensor(as_value(x, dtype))


def as_dtype(x: Tensor, dtype: Any) -> Tensor:
    """`x` cast to `dtype`, itself when it has that dtype already."""
    if x.value.dtype is dtype:
        return x
    wanted = dtype_of(dtype)
    return x if x.value.dtype == wanted else elementwise.cast(x, dtype=wanted)


def dtype_of(dtype: Any) -> Dtype:
    """A dtype that Tensors can have; `TypeError` for any other."""
    wanted: Dtype = np.dtype(dtype)
    if wanted not in DTYPES:
        raise TypeError(f"a Tensor cannot have dtype {wanted}; choose one of {', '.join(d.name for d in DTYPES)}")
    return wanted


def as_float(x: Any) -> Tensor:
    """`x` as a float Tensor: float32 and float64 stay, everything else becomes float64."""
    x = to_tensor(x)
    return x if x.value.dtype.kind == "f" else as_dtype(x, DEFAULT_FLOAT)


def as_number(x: Any) -> Tensor:
    """`x` as a Tensor that can be computed with: bool becomes int64, everything else stays."""
    x = to_tensor(x)
    return as_dtype(x, np.int64) if x.value.dtype.kind == "b" else x


def broadcast_shapes(*shapes: Any) -> Shape:
    """The common shape of several, aligned at the last axis; `ValueError` when two axes differ and neither is 1.

    >>> broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    return common_shape(*map(shape_of, shapes))


@lru_cache(maxsize=1024)  # a program asks for the same few shapes over and over
def common_shape(*shapes: Shape) -> Shape:
    """`broadcast_shapes` of what are tuples already."""
    longest = max(shapes, key=len)
    if all(longest[len(longest) - len(shape) :] == shape for shape in shapes):
        return longest
    ndim = max(len(shape) for shape in shapes)
    result: list[Size] = []
    for axis in range(-ndim, 0):
        length: Size = 1
        for shape in shapes:
            if len(shape) < -axis or shape[axis] == length or _is_one(shape[axis]):
                continue
            if not _is_one(length):
                together = " and ".join(str(s) for s in dict.fromkeys(shapes))
                raise ValueError(f"shapes {together} do not broadcast: axis {axis} has {length} and {shape[axis]}")
            length = shape[axis]
        result.append(length)
    return tuple(result)


def _is_one(length: Size) -> bool:
    return type(length) is int and length == 1


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` repeated to `shape`, where its axes are equal or of length 1; itself when the shape is that already."""
    return stretch(to_tensor(x), shape_of(shape))


def fit(*xs: Any) -> list[Tensor]:
    """The arguments as Tensors of one dtype and one shape, as the strict rows want them."""
    tensors = promote(*xs)
    shape = common_shape(*(x.value.shape for x in tensors))
    return [stretch(x, shape) for x in tensors]


def stretch(x: Tensor, shape: Shape) -> Tensor:
    """`broadcast_to` for a Tensor and a shape that are known to be such."""
    return x if x.value.shape == shape else broadcast(x, shape=shape)


def shape_of(shape: Any) -> Shape:
    """A shape from an integer, a `Dim`, or a sequence of them."""
    if type(shape) is tuple and all(type(x) is int for x in shape):
        return shape
    if isinstance(shape, Dim):
        return (shape,)
    if isinstance(shape, Sequence):
        return tuple(x if isinstance(x, Dim) else int(x.__index__()) for x in shape)
    return (int(shape.__index__()),)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """An axis argument (None for all, an integer, or several; negative from the end) as sorted, distinct axes."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    given = tuple(axis) if isinstance(axis, Sequence) else (axis,)
    axes = []
    for a in given:
        number = a.__index__()
        if not -ndim <= number < ndim:
            raise ValueError(f"axis {number} does not exist in an array with {ndim} axes")
        axes.append(number % ndim)
    if len(set(axes)) != len(axes):
        raise ValueError(f"axes {given} name the same axis twice")
    return tuple(sorted(axes))


def axis_of(axis: Any, ndim: int) -> int:
    """One axis, non-negative; `ValueError` when it does not exist."""
    return axes_of(axis.__index__(), ndim)[0]


def is_abstract(x: Tensor) -> bool:
    """Whether `x` is being recorded and has no numbers."""
    return type(x.value) is Abstract
