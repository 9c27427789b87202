"""Reductions and products of the NumPy-like face: sums, means, extremes, matmul, and what softmax is made of.

Reading order: primitives -> ops (convert, arithmetic, **reduce**, shaping, index, ...) -> tree -> ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.dims import size_of
from minigrad.ops.arithmetic import astype, divide, exp, isfinite, log, multiply, sqrt, square, where
from minigrad.ops.convert import (
    as_dtype,
    as_float,
    as_number,
    axes_of,
    axis_of,
    broadcast_to,
    common_shape,
    promote,
    to_tensor,
)
from minigrad.primitives import broadcasting, elementwise, reductions
from minigrad.primitives.structure import reshape
from minigrad.primitives.table import keep_axes
from minigrad.tensor import Tensor

__all__ = [
    "all", "any", "argmax", "argmin", "dot", "log_softmax", "logsumexp", "matmul", "max", "mean", "min", "norm",
    "outer", "softmax", "std", "sum", "var",
]  # fmt: skip

Axis = Any  # None for all axes, an integer, or a sequence of integers


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over `axis`; bool and small integers add up in int64.

    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([4., 6.])
    """
    x = to_tensor(x)
    if x.value.dtype.kind != "f":
        x = as_dtype(x, np.int64)
    axes = axes_of(axis, x.value.ndim)
    return _keep(broadcasting.sum_(x, axes=axes), x, axes, keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The arithmetic mean over `axis`; over a symbolic axis it divides by that axis' size at run time."""
    x = as_float(x)
    count = size_of(x.shape[a] for a in axes_of(axis, x.ndim))
    return divide(sum(x, axis, keepdims), count)


def var(x: Any, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """The mean squared distance from the mean over `axis`, divided by the count less `ddof`."""
    x = as_float(x)
    count = size_of(x.shape[a] for a in axes_of(axis, x.ndim))
    return divide(sum(square(x - mean(x, axis, keepdims=True)), axis, keepdims), count - ddof)


def std(x: Any, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """The square root of `var`."""
    return sqrt(var(x, axis, keepdims, ddof))


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over `axis`, NaN if there is one; its gradient is shared equally among ties."""
    x = to_tensor(x)
    axes = axes_of(axis, x.value.ndim)
    return _keep(reductions.max_(x, axes=axes), x, axes, keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest element over `axis`, NaN if there is one; its gradient is shared equally among ties."""
    x = to_tensor(x)
    if x.dtype.kind in "ub":
        return as_dtype(min(as_dtype(x, np.int64), axis, keepdims), x.dtype)
    return _reverse(max(_reverse(x), axis, keepdims))


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element over `axis` is true."""
    return min(astype(x, np.bool_), axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether some element over `axis` is true."""
    return max(astype(x, np.bool_), axis, keepdims)


def argmax(x: Any, axis: int | None = None) -> Tensor:
    """The position of the first largest element along one axis (of the flattened array for None), as int64."""
    x = to_tensor(x)
    if axis is None:
        x, axis = reshape(x, shape=(size_of(x.shape),)), 0
    return reductions.argmax(x, axis=axis_of(axis, x.ndim))


def argmin(x: Any, axis: int | None = None) -> Tensor:
    """The position of the first smallest element along one axis (of the flattened array for None), as int64."""
    x = to_tensor(x)
    return argmax(_reverse(as_dtype(x, np.int64) if x.dtype.kind in "ub" else x), axis)


def _reverse(x: Tensor) -> Tensor:
    """The opposite order: -x, and -1 - x for integers, of which the smallest has no negative."""
    return -x if x.dtype.kind == "f" else -1 - x


def norm(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The Euclidean length over `axis`, of all elements for None."""
    return sqrt(sum(square(as_float(x)), axis, keepdims))


_multiply_matrices = reductions.matmul.__call__


def matmul(x: Any, y: Any) -> Tensor:
    """The matrix product over the last axis of x and the last but one of y, leading axes broadcast; vectors as NumPy.

    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    Tensor([11.])
    """
    if type(x) is not Tensor or type(y) is not Tensor:
        x, y = to_tensor(x), to_tensor(y)
    a, b = x.value, y.value
    dtype = a.dtype
    if dtype is b.dtype and dtype.kind == "f" and a.ndim == b.ndim == 2:
        return _multiply_matrices(x, y)
    x, y = (as_number(a) for a in promote(x, y))
    if x.ndim == 0 or y.ndim == 0:
        raise ValueError(f"matmul needs at least one axis on both sides, and got {x.shape} and {y.shape}; use *")
    left = reshape(x, shape=(1, *x.shape)) if x.ndim == 1 else x
    right = reshape(y, shape=(*y.shape, 1)) if y.ndim == 1 else y
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(
            f"matmul of {x.shape} and {y.shape}: the inner axes {x.shape[-1]} and {right.shape[-2]} differ"
        )
    lead = common_shape(left.shape[:-2], right.shape[:-2])
    z = reductions.matmul(broadcast_to(left, lead + left.shape[-2:]), broadcast_to(right, lead + right.shape[-2:]))
    if x.ndim > 1 and y.ndim > 1:
        return z
    rows = z.shape[-2:-1] if x.ndim > 1 else ()
    columns = z.shape[-1:] if y.ndim > 1 else ()
    return reshape(z, shape=lead + rows + columns)


def dot(x: Any, y: Any) -> Tensor:
    """The product of vectors and matrices, as `matmul`; with a scalar on one side, the plain product."""
    x, y = to_tensor(x), to_tensor(y)
    return multiply(x, y) if x.ndim == 0 or y.ndim == 0 else matmul(x, y)


def outer(x: Any, y: Any) -> Tensor:
    """Every product of an element of x with an element of y: shape [size of x, size of y]."""
    x, y = to_tensor(x), to_tensor(y)
    return multiply(reshape(x, shape=(size_of(x.shape), 1)), reshape(y, shape=(1, size_of(y.shape))))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis`, shifted by the maximum so that nothing overflows.

    The shift carries no gradient: it cancels. An infinite maximum is not subtracted, so that the result is that
    infinity rather than NaN.
    """
    x = as_float(x)
    top = elementwise.stop_gradient(max(x, axis, keepdims=True))
    shift = where(isfinite(top), top, 0)
    total = log(sum(exp(x - shift), axis, keepdims=True)) + shift
    axes = axes_of(axis, x.ndim)
    return total if keepdims else reshape(total, shape=tuple(n for i, n in enumerate(x.shape) if i not in axes))


def softmax(x: Any, axis: Axis = -1) -> Tensor:
    """exp(x) divided by its sum over `axis`, shifted by the maximum so that nothing overflows."""
    e = exp(_shifted(x, axis))
    return e / sum(e, axis, keepdims=True)


def log_softmax(x: Any, axis: Axis = -1) -> Tensor:
    """The logarithm of `softmax`, exact where the softmax itself would round to 0."""
    shifted = _shifted(x, axis)
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


def _shifted(x: Any, axis: Axis) -> Tensor:
    """x less its maximum, which carries no gradient because it cancels."""
    logits = as_float(x)
    return logits - elementwise.stop_gradient(max(logits, axis, keepdims=True))


def _keep(z: Tensor, x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    return reshape(z, shape=keep_axes(x.value.shape, axes)) if keepdims else z
