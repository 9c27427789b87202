"""Primitives that combine elements along axes: max, argmax and matmul (the plain sum is in `broadcasting`).

max sends the cotangent to where the maximum was, in equal shares at ties.

Reading order: tensor -> primitives (..., broadcasting, elementwise, **reductions**, indexing, ...) -> ops -> ...
"""

from __future__ import annotations

import numpy as np

from minigrad.abstract import Dtype
from minigrad.dims import Shape
from minigrad.primitive import Primitive
from minigrad.primitives import kernels
from minigrad.primitives.broadcasting import fill, sum_, unreduce
from minigrad.primitives.elementwise import cast, where
from minigrad.primitives.structure import transpose
from minigrad.primitives.table import require_axes, require_kind, row, without_axes
from minigrad.tensor import Tensor, Value

Axes = tuple[int, ...]


def _max_shape(x: Value, axes: Axes) -> tuple[Shape, Dtype]:
    require_axes("max", axes, x.ndim)
    _require_elements("max", x, axes)
    return without_axes(x.shape, axes), x.dtype


def _max_rule(g: Tensor, z: Tensor, x: Tensor, axes: Axes) -> Tensor:
    winners = x == unreduce(z, x, axes)
    share = g / sum_(cast(winners, dtype=g.dtype), axes=axes)
    return where(winners, unreduce(share, x, axes), fill(x, 0))


def _argmax_shape(x: Value, axis: int) -> tuple[Shape, Dtype]:
    require_axes("argmax", (axis,), x.ndim)
    _require_elements("argmax", x, (axis,))
    return without_axes(x.shape, (axis,)), np.dtype("int64")


def _require_elements(name: str, x: Value, axes: Axes) -> None:
    if any(type(x.shape[axis]) is int and x.shape[axis] == 0 for axis in axes):
        raise ValueError(f"{name} over an empty axis has no value: shape {x.shape}, axes {axes}")


def _matmul_shape(x: Value, y: Value) -> tuple[Shape, Dtype]:
    require_kind("matmul", x, "fiu")
    if x.ndim == y.ndim == 2 and x.shape[1] != y.shape[0]:
        raise ValueError(f"matmul of {x.shape} and {y.shape}: the inner axes {x.shape[1]} and {y.shape[0]} differ")
    if x.ndim < 2 or y.ndim != x.ndim or x.shape[:-2] != y.shape[:-2] or x.shape[-1] != y.shape[-2]:
        raise ValueError(
            f"matmul needs shapes [..., n, k] and [..., k, m] with equal leading axes, and got {x.shape} and {y.shape}"
        )
    if x.dtype != y.dtype:
        raise ValueError(f"matmul needs equal dtypes, and got {x.dtype} and {y.dtype}")
    return (*x.shape[:-1], y.shape[-1]), x.dtype


def matrix_transpose(x: Tensor) -> Tensor:
    """The last two axes exchanged."""
    return transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


max_ = row("max", kernels.max_over, _max_shape, _max_rule)
argmax = row("argmax", lambda x, axis: np.argmax(x, axis), _argmax_shape, None)
matmul: Primitive = row(
    "matmul",
    kernels.matmul,
    _matmul_shape,
    lambda g, z, x, y: matmul(g, matrix_transpose(y)),
    lambda g, z, x, y: matmul(matrix_transpose(x), g),
)
