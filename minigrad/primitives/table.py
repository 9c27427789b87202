"""The dictionary that the families of primitives fill, and what their shape rules share.

Reading order: primitive -> primitives (**table**, kernels, structure, ...) -> ops -> ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from minigrad.dims import Shape
from minigrad.primitive import Primitive, Rule, ShapeRule
from minigrad.tensor import Value

TABLE: dict[str, Primitive] = {}


def row(
    name: str,
    impl: Callable[..., Any],
    shape: ShapeRule,
    *rules: Rule | None,
    variadic: Callable[[int], Rule | None] | None = None,
    reuse: bool = False,
) -> Primitive:
    """Add a row to the table: a rule per input, or `variadic` from an input's position to its rule.

    The rules may be run on plain arrays: they use operators, rows, shapes and dtypes alone, and write to nothing.
    """
    return TABLE.setdefault(name, Primitive(name, impl, shape, variadic or rules, on_arrays=True, reuse=reuse))


def require_kind(name: str, x: Value, kinds: str) -> None:
    """`TypeError` unless the dtype of `x` is of one of these NumPy kinds: f float, i signed, u unsigned, b bool."""
    if x.dtype.kind not in kinds:
        words = {"f": "float", "i": "integer", "u": "unsigned", "b": "bool"}
        wanted = " or ".join(words[kind] for kind in kinds)
        raise TypeError(f"{name} is defined for {wanted} dtypes, not for {x.dtype}; use .astype(...) to convert")


def require_axes(name: str, axes: tuple[int, ...], ndim: int) -> None:
    """`ValueError` unless `axes` are sorted, distinct and within `ndim`."""
    if list(axes) != sorted(set(axes)) or any(not 0 <= axis < ndim for axis in axes):
        raise ValueError(f"{name} got axes {axes} for {ndim} axes; they must be sorted, distinct and in 0..{ndim - 1}")


def without_axes(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """The shape with `axes` removed."""
    return tuple(length for axis, length in enumerate(shape) if axis not in axes)


@lru_cache(maxsize=1024)
def keep_axes(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """The shape with `axes` kept as length 1."""
    return tuple(1 if axis in axes else length for axis, length in enumerate(shape))
