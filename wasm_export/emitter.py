"""From expressions to instructions: scalars, vectors of four lanes, and elements in memory.

A vector holds an expression at four neighbouring values of one index, `lane`. What does not depend on that index is a
scalar, repeated over the lanes; neighbours in memory are one load; all else is put together lane by lane.

Reading order: … → `scopes` → **emitter** → `stores` → …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from minigrad.dims import Size
from wasm_export import machine
from wasm_export.expressions import Affine, Array, Expr, Index, Position
from wasm_export.instructions import Node, get, i32x4, load, op
from wasm_export.layout import Layout, flat, stride
from wasm_export.machine import LANES
from wasm_export.math import DEFINITIONS as MATH
from wasm_export.math import expand
from wasm_export.positions import at_most_last
from wasm_export.scopes import Scopes, Value

MOST_INLINE = 24  # uses of one function in lanes, some 200 bytes each; further ones call it


class Emitter(Scopes):
    """Emits values for one function. `lane` is the index that runs across the lanes of vectors, while one does."""

    def __init__(self, bases: Mapping[Array, str], layout: Layout | None = None) -> None:
        super().__init__()
        self.bases = bases  # names of the locals with the addresses of arrays
        self.layout = layout or {}
        self.lane: Index | None = None
        self.first = Affine({})  # the position of a vector's first element along `lane`
        self.surplus = False  # whether lanes may lie beyond the last element
        self.uses: Counter[tuple[str, bool]] = Counter()
        self.called: set[tuple[str, int]] = set()  # functions of `math` that the module has to have

    # Scalars

    def scalar(self, e: Expr) -> Value:
        """The expression as an f32 or i32."""
        if e.op == "const":
            return Value(machine.constant(e.dtype, e.data, False), 0)
        return self.known((e, False)) or self.remember((e, False), self._scalar(e))

    def _scalar(self, e: Expr) -> Value:
        if e.op == "index":
            return self.sum_of(e.data, 1)
        if e.op == "read":
            address, offset, depth = self.address(*e.data)
            return self.keep(
                machine.machine_type(e.dtype), load(machine.LOADS[e.dtype], address, offset), max(depth, 1)
            )
        args = [self.scalar(arg) for arg in e.args]
        depth = max((arg.depth for arg in args), default=0)
        return self.keep(machine.machine_type(e.dtype), self.operation(e, [a.node for a in args], False, depth), depth)

    def operation(self, e: Expr, args: list[Node], lanes: bool, depth: int) -> Node:
        """One operation on operands that may be repeated."""
        if e.op in MATH:
            return self.function(e.op, args, lanes, depth)
        row = machine.CASTS[e.args[0].dtype, e.dtype] if e.op == "cast" else machine.ROWS[e.op, e.args[-1].dtype]
        node = row[1 if lanes else 0]
        assert node is not None
        return node(*args)

    def function(self, name: str, args: list[Node], lanes: bool, depth: int) -> Node:
        """A transcendental function: written out in lanes, called for the few elements that remain, or where it is one
        of many.
        """
        self.uses[name, lanes] += 1
        if not lanes or self.uses[name, lanes] > MOST_INLINE:
            self.called.add((name, LANES if lanes else 1))
            return op("call", *args, imm=(f"{name}_{'f32x4' if lanes else 'f32'}",))
        statements, value = expand(name, LANES, args, self.fresh)
        self.statements(depth).extend(statements)
        return value

    # Memory

    def address(self, array: Array, position: Position) -> tuple[Node, int, int]:
        """Where an element stands: a local, a constant byte offset from it, and the depth at which that is known."""
        size = machine.SIZES[array.dtype]
        offset, rest = _constant_part(flat(array, position, self.layout))
        node, depth = self.sum_of(rest, size, Value(get(self.bases[array]), 0))
        return node, offset * size, depth

    def stride(self, array: Array, position: Position) -> Size | None:
        """How many elements an address moves when `lane` moves by one; None when that varies."""
        assert self.lane is not None
        return stride(array, position, self.lane, self.layout)

    def neighbour(self, position: Position, by: int) -> Position:
        """The position when `lane` is `by` larger; looked-up numbers in it must not depend on `lane`."""
        assert self.lane is not None
        return tuple(p + p.terms[self.lane] * by if self.lane in p.terms else p for p in position)

    def at_most_last(self, position: Position, by: int) -> Position:
        """The same, where surplus lanes are the last one."""
        lane, first = self.lane, self.first
        if not self.surplus or lane is None:
            return self.neighbour(position, by)
        to = at_most_last(first + by, lane.extent)
        return tuple(p + (to - first) * p.terms[lane] if lane in p.terms else p for p in position)

    # Vectors

    def mask(self, inside: Expr) -> Node:
        """The first `inside` lanes of a vector."""
        known = self.known(("mask", inside))
        if known:
            return known.node
        number = self.scalar(inside)
        return self.remember(("mask", inside), self.keep("v128", machine.first_lanes(number.node), number.depth)).node

    def vector(self, e: Expr) -> Value:
        """The expression as four lanes: its values for `lane`, `lane` + 1, + 2 and + 3."""
        if e.op == "const":
            return Value(machine.constant(e.dtype, e.data, True), 0)
        return self.known((e, True)) or self.remember((e, True), self._vector(e))

    def varies(self, e: Expr) -> bool:
        """Whether the lanes of an expression differ."""
        return self.lane in e.indices

    def _vector(self, e: Expr) -> Value:
        if not self.varies(e):
            return self._splat(e)
        if e.op == "index":
            return self._index_vector(e.data)
        if e.op == "read":
            return self._load_vector(e)
        args = [self.vector(arg) for arg in e.args]
        nodes = [arg.node for arg in args]
        depth = max(arg.depth for arg in args)
        if e.op in MATH or e.op == "cast" or machine.ROWS[e.op, e.args[-1].dtype][1]:
            return self.keep("v128", self.operation(e, nodes, True, depth), depth)
        return self._lane_by_lane(e, nodes, depth)

    def _splat(self, e: Expr) -> Value:
        if e.op == "read" and machine.SIZES[e.dtype] == 4 and not self.known((e, False)):
            address, offset, depth = self.address(*e.data)
            return self.keep("v128", load("v128.load32_splat", address, offset), max(depth, 1))
        value = self.scalar(e)
        return self.keep("v128", machine.splat(e.dtype, value.node), value.depth)

    def _lane_by_lane(self, e: Expr, args: list[Node], depth: int) -> Value:
        """An operation without a vector form: on each lane, then put together."""
        results = []
        for lane in range(LANES):
            ones = [
                self.keep(machine.machine_type(arg.dtype), machine.extract(arg.dtype, node, lane), depth).node
                for arg, node in zip(e.args, args, strict=True)
            ]
            results.append(self.operation(e, ones, False, depth))
        return self.keep("v128", machine.gather(e.dtype, results), depth)

    def _index_vector(self, position: Affine) -> Value:
        fixed = Affine({s: f for s, f in position.terms.items() if not self._symbol_varies(s)}, position.const)
        total = self.sum_of(fixed, 1)
        vector, depth = op("i32x4.splat", total.node), total.depth
        for symbol, factor in position.terms.items():
            if self._symbol_varies(symbol):
                part = self._counting() if isinstance(symbol, Index) else self.vector(symbol)
                scale = op("i32x4.splat", self.length(factor).node)
                vector = op("i32x4.add", vector, op("i32x4.mul", part.node, scale))
                depth = max(depth, part.depth)
        return self.keep("v128", vector, depth)

    def _symbol_varies(self, symbol: Index | Expr) -> bool:
        return symbol == self.lane or (isinstance(symbol, Expr) and self.varies(symbol))

    def _counting(self) -> Value:
        assert self.lane is not None
        counter = self.sum_of(Affine({self.lane: 1}), 1)
        return Value(op("i32x4.add", op("i32x4.splat", counter.node), i32x4(0, 1, 2, 3)), counter.depth)

    def _load_vector(self, e: Expr) -> Value:
        array, position = e.data
        between = self.stride(array, position)
        if between == 1 and machine.SIZES[array.dtype] == 4:
            address, offset, depth = self.address(array, position)
            return self.keep("v128", load("v128.load", address, offset, align=4), max(depth, 1))
        if between is None:
            return self._gather(array, position)
        lanes = []
        depth = 1
        for lane in range(LANES):
            address, offset, depth = self.address(array, self.at_most_last(position, lane))
            lanes.append(load(machine.LOADS[array.dtype], address, offset))
        return self.keep("v128", machine.gather(array.dtype, lanes), max(depth, 1))

    def _gather(self, array: Array, position: Position) -> Value:
        """Elements at positions that lanes look up: the byte offsets as a vector, then a load per lane."""
        size = machine.SIZES[array.dtype]
        offsets = self._index_vector(flat(array, position, self.layout) * size)
        base = get(self.bases[array])
        lanes: list[Node] = []
        for lane in range(LANES):
            address = op("i32.add", base, op("i32x4.extract_lane", offsets.node, imm=(lane,)))
            lanes.append(load(machine.LOADS[array.dtype], address))
        return self.keep("v128", machine.gather(array.dtype, lanes), max(offsets.depth, 1))


def _constant_part(flat: Affine) -> tuple[int, Affine]:
    """The whole number in a position that can be an instruction's offset, and the rest."""
    const = flat.const
    number = const if isinstance(const, int) else const.terms.get((), 0)
    number = max(number, 0)
    return number, flat - number
