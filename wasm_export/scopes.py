"""Where values are computed: once, in the outermost scope in which everything that they need is known.

The emitter stands in a stack of scopes: the start of the function, a nest, and the loops that are open. What does not
depend on a loop comes out of that loop. A position that grows evenly with a loop is a number that the loop advances.

Reading order: … → `donation` → **scopes** → `emitter` → …
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minigrad.dims import Dim, Size, parse
from wasm_export.expressions import Affine, Expr, Index
from wasm_export.instructions import Node, get, i32, op, set_
from wasm_export.opcodes import Type
from wasm_export.positions import ROUND, WHOLE


def dim_name(name: str) -> str:
    """The parameter with the length that a dimension's name stands for."""
    return f"dim:{name}"


class Value(NamedTuple):
    """A tree that may be repeated, and the depth of the scope in which it is known."""

    node: Node
    depth: int


@dataclass
class Scope:
    """The start of the function (depth 0), a nest (1), or an open loop: its statements, and what is known inside.

    `before` runs once before the loop, `after` at the end of each round. An `outer` loop has loops inside.
    """

    index: Index | None = None
    counter: str = ""
    start: Node | None = None
    step: int = 1
    outer: bool = False
    body: list[Node] = field(default_factory=list)
    before: list[Node] = field(default_factory=list)
    after: list[Node] = field(default_factory=list)
    values: dict[Any, Node] = field(default_factory=dict)


class Scopes(ABC):
    """The stack of scopes of one function, and whole numbers in it."""

    def __init__(self) -> None:
        self.locals: list[tuple[str, Type]] = []
        self.scopes = [Scope()]

    @abstractmethod
    def scalar(self, e: Expr) -> Value:
        """The expression as an f32 or i32."""

    def fresh(self, kind: Type, hint: str = "v") -> str:
        """A new local."""
        name = f"{hint}{len(self.locals)}"
        self.locals.append((name, kind))
        return name

    def statements(self, depth: int) -> list[Node]:
        """Where a value of that depth is computed: there, or before the loop that leads from there to here."""
        inside = depth + 1 < len(self.scopes) and depth > 0
        return self.scopes[depth + 1].before if inside else self.scopes[depth].body

    def keep(self, kind: Type, node: Node, depth: int, hint: str = "v") -> Value:
        """Computes a tree into a local.

        What is used beside a loop is not worth a register in that loop, and is computed where it is used.
        """
        if self.scopes[-1].outer and kind != "i32":
            depth = len(self.scopes) - 1
        name = self.fresh(kind, hint)
        self.statements(depth).append(set_(name, node))
        return Value(get(name), depth)

    def known(self, key: Any) -> Value | None:
        """What was computed before and still holds here."""
        for depth in range(len(self.scopes) - 1, -1, -1):
            node = self.scopes[depth].values.get(key)
            if node is not None:
                return Value(node, depth)
        return None

    def remember(self, key: Any, value: Value) -> Value:
        """Makes a value known in its scope."""
        self.scopes[value.depth].values[key] = value.node
        return value

    def learn(self, element: Expr, node: Node, lanes: bool) -> None:
        """Says what an element is, so that reading it in this scope needs no memory.

        That holds as long as the scope is open: an element is defined once in a round, and is never stored to under
        another position, since each definition has an array of its own and donated ones are read pointwise.
        """
        self.scopes[-1].values[element, lanes] = node

    def sum_of(self, position: Affine, scale: int, base: Value | None = None) -> Value:
        """base + scale · position as an i32; a loop's share is a local that the loop advances."""
        total = base or self.length(position.const * scale)
        if base and position.const != 0:
            total = self._plus(total, self.length(position.const * scale))
        terms = [(self.symbol_depth(s), s, factor * scale) for s, factor in position.terms.items()]
        for depth in sorted({depth for depth, _, _ in terms}):
            here = [(s, factor) for d, s, factor in terms if d == depth]
            for symbol, factor in here:
                if isinstance(symbol, Expr):
                    total = self._plus(total, self._times(self.scalar(symbol), factor))
            for symbol, factor in here:
                if isinstance(symbol, Index):
                    total = self._advancing(total, depth, factor)
        return total

    def symbol_depth(self, symbol: Index | Expr) -> int:
        """The scope in which an index or a looked-up number is known."""
        if isinstance(symbol, Expr):
            return self.scalar(symbol).depth
        return next(d for d in range(len(self.scopes) - 1, -1, -1) if self.scopes[d].index == symbol)

    def _plus(self, a: Value, b: Value) -> Value:
        if b.node == i32(0):
            return a
        if a.node == i32(0):
            return b
        return self._kept("i32.add", a, b)

    def _times(self, a: Value, factor: Size) -> Value:
        return a if factor == 1 else self._kept("i32.mul", a, self.length(factor))

    def _kept(self, name: str, a: Value, b: Value) -> Value:
        key = (name, a.node, b.node)
        return self.known(key) or self.remember(
            key, self.keep("i32", op(name, a.node, b.node), max(a.depth, b.depth), "a")
        )

    def _advancing(self, start: Value, depth: int, factor: Size) -> Value:
        """start + factor · (the loop's index), advanced by the loop at `depth`."""
        scope = self.scopes[depth]
        if start.node == i32(0) and factor == 1:
            return Value(get(scope.counter), depth)
        key = ("advancing", scope.counter, start.node, factor)
        known = self.known(key)
        if known:
            return known
        name = self.fresh("i32", "p")
        first = start.node
        if scope.start is not None:
            first = op("i32.add", first, op("i32.mul", scope.start, self.length(factor).node))
        scope.before.append(set_(name, first))
        scope.after.append(set_(name, op("i32.add", get(name), self.length(factor * scope.step).node)))
        return self.remember(key, Value(get(name), depth))

    def length(self, size: Size) -> Value:
        """The value of a dimension, computed once at the start of the function."""
        if isinstance(size, int):
            return Value(i32(size), 0)
        return self.known(("length", size)) or self.remember(("length", size), self._length(size))

    def _length(self, size: Dim) -> Value:
        total: Node | None = None
        for monomial, factor in size.terms.items():
            product: Node = self._named(monomial[0]) if monomial else i32(factor)
            for name in monomial[1:]:
                product = op("i32.mul", product, self._named(name))
            if monomial and factor != 1:
                product = op("i32.mul", product, i32(factor))
            total = product if total is None else op("i32.add", total, product)
        assert total is not None
        return Value(total, 0) if total == get(dim_name(str(size))) else self.keep("i32", total, 0, "d")

    def _named(self, name: str) -> Node:
        """The value of a name in a size: a parameter, or a length rounded up."""
        if not name.startswith(WHOLE):
            return get(dim_name(name))
        known = self.known(name)
        if known:
            return known.node
        length = self.length(parse(name.removeprefix(WHOLE))).node
        rounded = op("i32.and", op("i32.add", length, i32(ROUND - 1)), i32(-ROUND))
        return self.remember(name, self.keep("i32", rounded, 0, "d")).node
