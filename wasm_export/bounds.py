"""What is certain about positions: their least value, whether they lie inside an axis, how they divide.

An index runs from 0 to its extent - 1 and every dimension is at least 1. Nothing here guesses: what cannot be shown is
not certain.

Reading order: `expressions` → **bounds** → `rewriting` → …
"""

from __future__ import annotations

from minigrad.dims import Size
from wasm_export.expressions import Affine, Index


def nonnegative(size: Size) -> bool:
    """Whether it is certain that `size` ≥ 0 when every name is at least 1 (no coefficient is negative in name - 1)."""
    if isinstance(size, int):
        return size >= 0
    shifted: dict[tuple[str, ...], int] = {}
    for monomial, factor in size.terms.items():
        for mask in range(1 << len(monomial)):
            rest = tuple(name for i, name in enumerate(monomial) if mask >> i & 1)
            shifted[rest] = shifted.get(rest, 0) + factor
    return all(factor >= 0 for factor in shifted.values())


def least(position: Affine) -> Size | None:
    """The smallest value over all loops, None when it is not known."""
    total = position.const
    for symbol, factor in position.terms.items():
        if not isinstance(symbol, Index):
            return None
        if not nonnegative(factor):
            if not nonnegative(factor * -1):
                return None
            total = total + factor * (symbol.extent - 1)
    return total


def certainly_inside(position: Affine, extent: Size) -> bool:
    """Whether 0 ≤ position < extent is certain."""
    low, high = least(position), least(position * -1 + (extent - 1))
    return low is not None and high is not None and nonnegative(low) and nonnegative(high)


def split(position: Affine, length: Size) -> tuple[Affine, Affine]:
    """A quotient and a rest with position = quotient · length + rest: multiples of the length go to the quotient.

    n·h merged into one axis and split again gives n and h.
    """
    quotient, rest = Affine({}), Affine({})
    for symbol, factor in (*position.terms.items(), (None, position.const)):
        whole = _whole(factor, length, rounded=symbol is None)
        left = factor - whole * length
        quotient += Affine({}, whole) if symbol is None else Affine({symbol: whole})
        rest += Affine({}, left) if symbol is None else Affine({symbol: left})
    return quotient, rest


def _whole(factor: Size, length: Size, rounded: bool) -> Size:
    """How often `length` goes into `factor`: exactly, or 0; a constant may be rounded down."""
    if isinstance(factor, int) and isinstance(length, int):
        return factor // length if length and (rounded or factor % length == 0) else 0
    try:
        return factor // length
    except ValueError:
        return 0
