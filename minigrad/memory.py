"""Memory used again: large results are written to arrays that nobody holds any more.

A fresh array of a hundred kilobytes can cost more than filling it: the C library has given the memory back to the
system, and gets it again page by page. So large results are kept in a list here, and one that only the list refers to
is handed out again. Python counts the references: a Tensor, a view, a NumPy array that somebody holds all count, so
nothing that is still held is ever written to. A training step of 2-100-3 takes half as long by it with 1,000 points;
with 300, between two thirds and as long, as the heap happens to lie.

Reading order: ... tensor -> **memory** -> primitive -> primitives -> ...
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from minigrad.abstract import Dtype
from minigrad.tensor import Array

LARGE = 1 << 13  # elements; below that a fresh array is as cheap
MOST_ALIKE = 16  # arrays kept of one shape and dtype: a step has a few at a time, and looking takes 30 ns for each
MOST_BYTES = 1 << 26  # kept in all; beyond that everything is forgotten, and freed by whoever holds it last

_kept: dict[tuple[tuple[int, ...], Dtype], list[Array]] = {}
_bytes = 0


def take(shape: tuple[int, ...], dtype: Dtype) -> Array:
    """A C-contiguous array to write to, its numbers arbitrary: one used before, or a fresh one.

    Two threads cannot take the same one: while both look at it, each sees the other's reference.
    """
    alike = _kept.get((shape, dtype), ())
    for array in alike:
        if sys.getrefcount(array) == FREE and _is_as_it_was(array, shape, dtype):
            return array
    fresh = np.empty(shape, dtype)
    if FREE:
        _keep(fresh)
    return fresh


def take_like(x: Array) -> Array | None:
    """Memory for a result like `x`; None, for NumPy's own, where that is as cheap or keeps an order that is not C's."""
    return take(x.shape, x.dtype) if x.size >= LARGE and x.flags.c_contiguous else None


def _is_as_it_was(array: Array, shape: tuple[int, ...], dtype: Dtype) -> bool:
    """Not so once somebody who held it has set its shape or its flags."""
    return array.shape == shape and array.dtype == dtype and array.flags.carray


def _keep(array: Any) -> None:
    """Put an array on its list, in the place of the one that has been there longest if the list is full."""
    global _bytes
    if array.nbytes > MOST_BYTES:
        return
    alike = _kept.setdefault((array.shape, array.dtype), [])
    if len(alike) == MOST_ALIKE:
        _bytes -= alike.pop(0).nbytes
    elif _bytes + array.nbytes > MOST_BYTES:
        _kept.clear()
        _bytes = 0
        alike = _kept.setdefault((array.shape, array.dtype), [])
    alike.append(array)
    _bytes += array.nbytes


def _count(alike: list[Array]) -> int:
    """What `getrefcount` says of the first, asked as `take` asks."""
    for array in alike:
        return sys.getrefcount(array)
    return 0


def _count_of_a_free_array() -> int:
    """It differs between versions of Python; 0, for no use of memory again, where it cannot be relied on."""
    alike = [np.empty(1)]
    free = _count(alike)
    held = alike[0]
    counted = _count(alike) == free + 1
    del held
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()  # without it threads count on their own
    return free if counted and has_lock else 0


FREE = _count_of_a_free_array()
