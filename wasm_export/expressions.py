"""What the compiler computes with: scalar expressions of named indices.

An `Index` names one loop: `n` runs over an axis of length n. An `Affine` is a position along an axis, a sum of indices
times lengths plus a constant (`n`, `2*i + 1`, `h - 1 - i`). An `Expr` is one scalar of some array, as a function of the
indices it mentions: `relu(x[n, h] + b[h])`. Equal expressions are one object, so that a value that is needed twice is
recognised as one value by identity.

Reading order: **expressions** → `bounds` → …
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from minigrad.dims import Dim, Shape, Size

Number: TypeAlias = int | float | bool


@dataclass(frozen=True)
class Index:
    """One loop: counts from 0 to `extent` - 1. Two loops over equal extents that may be one loop share the name."""

    name: str
    extent: Size

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Array:
    """Elements in memory, or an intermediate of the Program that has no memory yet. Compared by identity."""

    name: str
    shape: Shape
    dtype: str

    def __str__(self) -> str:
        return self.name


class Affine:
    """A position: Σ coefficient · symbol + constant, where a symbol is an `Index` or an integer `Expr` (looked up)."""

    __slots__ = ("_hash", "const", "terms")
    terms: dict[Symbol, Size]
    const: Size

    def __init__(self, terms: Mapping[Symbol, Size], const: Size = 0) -> None:
        self.terms = {symbol: factor for symbol, factor in terms.items() if factor != 0}
        self.const = const
        self._hash = hash((frozenset(self.terms.items()), const))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Affine) and self.terms == other.terms and self.const == other.const

    def __add__(self, other: Affine | Size) -> Affine:
        if not isinstance(other, Affine):
            return Affine(self.terms, self.const + other)
        terms = dict(self.terms)
        for symbol, factor in other.terms.items():
            terms[symbol] = terms.get(symbol, 0) + factor
        return Affine(terms, self.const + other.const)

    def __mul__(self, factor: Size) -> Affine:
        return Affine({symbol: old * factor for symbol, old in self.terms.items()}, self.const * factor)

    def __sub__(self, other: Affine | Size) -> Affine:
        return self + other * -1

    @property
    def number(self) -> int | None:
        """The value when it is known now."""
        return self.const if not self.terms and isinstance(self.const, int) else None

    def __str__(self) -> str:
        return position_text(self)


class Expr:
    """One scalar. `op` is "const", "index", "read" or an operation; `data` is its number, `Affine` or what is read.

    Made only by the functions below, which return the same object for the same expression.
    """

    __slots__ = ("__weakref__", "args", "data", "dtype", "indices", "op")
    op: str
    args: tuple[Expr, ...]
    data: Any
    dtype: str
    indices: frozenset[Index]  # all that it mentions

    def __str__(self) -> str:
        return text(self)


Symbol: TypeAlias = Index | Expr
Position: TypeAlias = tuple[Affine, ...]
Substitution: TypeAlias = Mapping[Index, Affine]

_known: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()


def make(op: str, args: tuple[Expr, ...], dtype: str, data: Any = None) -> Expr:
    """The expression with these parts, the same object each time."""
    key = (op, args, dtype, repr(data) if op == "const" else data)
    found = _known.get(key)
    if found is not None:
        return found
    new = Expr()
    new.op, new.args, new.dtype, new.data = op, args, dtype, data
    new.indices = frozenset().union(*(arg.indices for arg in args), *(mentions(p) for p in positions_in(new)))
    _known[key] = new
    return new


def const(value: Number, dtype: str) -> Expr:
    """A number."""
    return make("const", (), dtype, float(value) if dtype == "float32" else int(value))


def index_value(position: Affine) -> Expr:
    """The number of a position, as int32."""
    if position.number is not None:
        return const(position.number, "int32")
    if position.const == 0 and list(position.terms.values()) == [1]:
        (symbol,) = position.terms
        if isinstance(symbol, Expr):
            return symbol
    return make("index", (), "int32", position)


def read(array: Array, position: Position) -> Expr:
    """One element of an array."""
    return make("read", (), array.dtype, (array, position))


def position_of(value: Expr) -> Affine:
    """The position that an integer expression gives, the inverse of `index_value`."""
    if value.op == "const":
        return Affine({}, value.data)
    return value.data if value.op == "index" else Affine({value: 1})


def along(index: Index) -> Affine:
    """The position that runs with a loop; an axis of length 1 has no loop, its position is 0."""
    return Affine({}) if index.extent == 1 else Affine({index: 1})


def positions_in(e: Expr) -> Position:
    """The positions of a read, or of an index."""
    if e.op == "read":
        position: Position = e.data[1]
        return position
    return (e.data,) if e.op == "index" else ()


def mentions(position: Affine) -> frozenset[Index]:
    """All indices that a position depends on."""
    symbols: Iterable[Symbol] = position.terms
    return frozenset().union(*(s.indices if isinstance(s, Expr) else (s,) for s in symbols))


def text(e: Expr, room: int = 12) -> str:
    """The expression to read; parts deeper than `room` levels appear as …"""
    if e.op == "const":
        return f"{e.data:.6g}" if isinstance(e.data, float) else str(e.data)
    if e.op == "index":
        return position_text(e.data, room)
    if e.op == "read":
        array, position = e.data
        places = ", ".join(position_text(p, room - 1) for p in position)
        return f"{array}[{places}]" if position else str(array)
    if room <= 0:
        return "…"
    parts = [text(arg, room - 1) for arg in e.args]
    sign = {"add": "+", "sub": "-", "mul": "*", "div": "/"}.get(e.op)
    return f"({parts[0]} {sign} {parts[1]})" if sign else f"{e.op}({', '.join(parts)})"


def position_text(position: Affine, room: int = 12) -> str:
    """The position to read; what it looks up appears as … beyond `room` levels."""
    parts = []
    for symbol, factor in position.terms.items():
        name = str(symbol) if isinstance(symbol, Index) else text(symbol, room - 1) if room > 0 else "…"
        scale = f"({factor})" if isinstance(factor, Dim) and len(factor.terms) > 1 else str(factor)
        parts.append(name if factor == 1 else f"-{name}" if factor == -1 else f"{scale}*{name}")
    if position.const != 0 or not parts:
        parts.append(str(position.const))
    return " + ".join(parts).replace("+ -", "- ")
