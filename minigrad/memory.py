"""Memory used again: large results are written to arrays that nobody looks at any more.

A fresh array of a hundred kilobytes often costs more than filling it: the C library has given the memory back to the
system, and gets it again page by page (from 5 to 40 µs for [300, 100] float32). So large results are kept in a list
here, and one that only the list refers to is handed out again. Python counts the references: a Tensor, a view, a
NumPy array that somebody holds all count, so nothing that can still be seen is ever written to.

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
MOST_BYTES = 1 << 26  # kept in all; beyond that everything is forgotten, and freed by whoever uses it last

_kept: dict[tuple[tuple[int, ...], Dtype], list[Array]] = {}
_bytes = 0


def take(shape: tuple[int, ...], dtype: Dtype) -> Array:
    """An array to write to, its numbers arbitrary: one used before, or a fresh one.

    Two threads cannot take the same one: while both look at it, each sees the other's reference.
    """
    alike = _kept.get((shape, dtype), ())
    for array in alike:
        if sys.getrefcount(array) == 3:  # the list's, the loop's, and the one that is passed
            return array
    array = np.empty(shape, dtype)
    if len(alike) < MOST_ALIKE:
        _keep(array)
    return array


def _keep(array: Any) -> None:
    global _bytes
    if _bytes + array.nbytes > MOST_BYTES:
        _kept.clear()
        _bytes = 0
    if array.nbytes <= MOST_BYTES:
        _kept.setdefault((array.shape, array.dtype), []).append(array)
        _bytes += array.nbytes
