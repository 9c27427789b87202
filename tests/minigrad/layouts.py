"""The same numbers laid out in memory in every way that NumPy knows."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def contiguous(x: Array) -> Array:
    return x.copy(order="C")


def transposed(x: Array) -> Array:
    return np.asarray(x.T.copy(order="C").T)


def strided(x: Array) -> Array:
    wide = np.full([2 * n + 1 for n in x.shape], 77, x.dtype)
    view = wide[(..., *(slice(1, None, 2) for _ in x.shape))]
    view[...] = x
    return view


def negative_strides(x: Array) -> Array:
    return np.asarray(np.flip(np.flip(x).copy()))


def read_only(x: Array) -> Array:
    x = x.copy()
    x.flags.writeable = False
    return x


def zero_strides(x: Array) -> Array:
    """All elements along one axis are one element: the one layout that changes the numbers."""
    if x.ndim == 0 or 0 in x.shape:
        return contiguous(x)
    axis = int(np.argmax(x.shape))
    return np.broadcast_to(np.take(x, [0], axis), x.shape)


LAYOUTS: tuple[Callable[[Array], Array], ...] = (
    contiguous, transposed, strided, negative_strides, read_only, zero_strides
)  # fmt: skip


def memory(x: Array) -> bytes:
    """All bytes of the memory that `x` looks at, those between its elements included."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x.tobytes()
