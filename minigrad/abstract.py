"""What is known of a value that has no numbers: its shape, its dtype, and who asked for it.

While a function is being recorded its Tensors hold these instead of arrays. Every one notes a role (forward,
backward or update) and the line of Python outside the engine that asked for it, which is how a compiled loop can be
traced back to the model's source.

Reading order: dims, **abstract** -> tensor -> memory -> ...
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.dims import Shape

Dtype = np.dtype[Any]
Source = tuple[str, int]  # file and line


@dataclass(frozen=True, slots=True)
class Abstract:
    """A shape and a dtype in place of an array, the line that asked for it, and its role."""

    shape: Shape
    dtype: Dtype
    source: Source | None = None
    role: str = "forward"

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


_origin: ContextVar[tuple[str, Source | None]] = ContextVar("origin", default=("forward", None))
_HERE = os.path.dirname(__file__)
_ENGINE = tuple(
    os.path.join(_HERE, part)
    for part in (
        "abstract.py",
        "tensor.py",
        "primitive.py",
        "walk.py",
        "grad.py",
        "primitives",
        "ops",
        "tree.py",
        "record.py",
    )
)


@contextmanager
def origin(role: str, source: Source | None = None) -> Iterator[None]:
    """Equations recorded inside carry this role: "forward", "backward" or "update", and this source if given."""
    token = _origin.set((role, source))
    try:
        yield
    finally:
        _origin.reset(token)


def asked_by() -> tuple[str, Source | None]:
    """Role and source of what is being asked for now: the innermost line that is not the engine's own."""
    role, source = _origin.get()
    if source is not None:
        return role, source
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_ENGINE):
            return role, (frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return role, None
