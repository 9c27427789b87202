"""From values to memory: scalars, vectors of neighbours, and lanes that lie apart.

Where a loop has whole rounds alone (`surplus`), a vector may hold more than there is, and a row may be done again: then
it is stored in part, or not at all. Arrays of our own have room for all of it.

Reading order: … → `emitter` → **stores** → `reductions` → …
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wasm_export import machine
from wasm_export.emitter import Emitter
from wasm_export.expressions import Array, Expr, Position
from wasm_export.instructions import Block, If, Node, get, i32, load, op, set_, store
from wasm_export.machine import LANES


class Vector(NamedTuple):
    """Four lanes from `position` on, of which the first `inside` are to be stored (None: all)."""

    position: Position
    value: Node
    inside: Expr | None = None


class Stores(Emitter):
    """An emitter that stores."""

    def write(self, array: Array, position: Position, value: Node) -> None:
        """Stores a scalar."""
        address, offset, _ = self.address(array, position)
        self.scopes[-1].body.append(store(machine.STORES[array.dtype], address, value, offset))

    def write_lanes(self, array: Array, vector: Vector) -> None:
        """Stores a vector, or its first lanes."""
        body = self.scopes[-1].body
        position, value, inside = vector
        if self.stride(array, position) != 1 or machine.SIZES[array.dtype] != 4:
            body += self._apart(array, vector)
            return
        address, offset, _ = self.address(array, position)
        whole = store("v128.store", address, value, offset, align=4)
        if inside is None:
            body.append(whole)
            return
        # What lies beyond is stored as it was. In an innermost loop that is worth a test.
        count, old = self.scalar(inside).node, load("v128.load", address, offset, align=4)
        mask = self.mask(inside) if self.scopes[-1].outer else machine.first_lanes(count)
        part = store("v128.store", address, op("v128.bitselect", value, old, mask), offset, align=4)
        test = op("i32.ge_s", count, i32(LANES))
        body.append(part if self.scopes[-1].outer else If(test, (whole,), (part,)))

    def _apart(self, array: Array, vector: Vector) -> list[Node]:
        stores: list[Node] = []
        label = "beyond"  # nothing is open inside
        for lane in range(LANES):
            address, offset, _ = self.address(array, self.neighbour(vector.position, lane))
            if vector.inside is not None:
                end = op("i32.le_s", self.scalar(vector.inside).node, i32(lane))
                stores.append(op("br_if", end, imm=(label,)))
            one = machine.extract(array.dtype, vector.value, lane)
            stores.append(store(machine.STORES[array.dtype], address, one, offset))
        return stores if vector.inside is None else [Block(label, tuple(stores))]

    def write_bytes(self, array: Array, position: Position, values: Sequence[Node]) -> None:
        """Puts four values of 0…255 into each lane and stores all sixteen bytes at once."""
        vector = values[0]
        for shift, value in enumerate(values[1:], 1):
            vector = op("v128.or", vector, op("i32x4.shl", value, i32(8 * shift)))
        address, offset, _ = self.address(array, position)
        self.scopes[-1].body.append(store("v128.store", address, vector, offset, align=1))

    def add(self, array: Array, position: Position, value: Node) -> None:
        """Adds a scalar to an element."""
        address, offset, _ = self.address(array, position)
        old = self.fresh(machine.machine_type(array.dtype))
        self.scopes[-1].body.append(set_(old, load(machine.LOADS[array.dtype], address, offset)))
        total = machine.ROWS["add", array.dtype][0](get(old), value)
        self.scopes[-1].body.append(store(machine.STORES[array.dtype], address, total, offset))
