"""From values to memory: scalars, vectors of neighbours, and lanes that lie apart.

Where a loop has whole rounds alone (`surplus`), a vector may hold more than there is, and a row may be done again. One
test says whether a round is whole; only in one that is not, each vector is stored in part, or not at all.

Reading order: … → `emitter` → **stores** → `reductions` → …
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from wasm_export import machine
from wasm_export.emitter import Emitter
from wasm_export.expressions import Array, Expr, Position
from wasm_export.instructions import Block, If, Node, get, i32, load, op, set_, store
from wasm_export.machine import LANES


class Vector(NamedTuple):
    """Four lanes from `position` on: `inside` says how many are elements, `real` whether the row is (None: all are)."""

    position: Position
    value: Node
    inside: Expr | None = None
    real: Expr | None = None


class Stores(Emitter):
    """An emitter that stores."""

    labels = count()

    def write(self, array: Array, position: Position, value: Node) -> None:
        """Stores a scalar."""
        address, offset, _ = self.address(array, position)
        self.scopes[-1].body.append(store(machine.STORES[array.dtype], address, value, offset))

    def write_lanes(self, array: Array, vectors: Sequence[Vector]) -> None:
        """Stores the vectors of a round, the last one being the last of the last row."""
        body = self.scopes[-1].body
        if self.stride(array, vectors[0].position) != 1 or machine.SIZES[array.dtype] != 4:
            for vector in vectors:
                body += self._apart(array, vector)
            return
        places = [self.address(array, vector.position) for vector in vectors]
        whole = [store("v128.store", p[0], v.value, p[1], align=4) for p, v in zip(places, vectors, strict=True)]
        last = vectors[-1]
        tests: list[Node] = [op("i32.ge_s", self.scalar(last.inside).node, i32(LANES))] if last.inside else []
        tests += [self.scalar(last.real).node] if last.real else []
        if not tests:
            body += whole
            return
        parts = [self._part(vector, place) for vector, place in zip(vectors, places, strict=True)]
        test = op("i32.and", *tests) if len(tests) == 2 else tests[0]
        body.append(If(test, tuple(whole), tuple(parts)))

    def _part(self, vector: Vector, place: tuple[Node, int, int]) -> Node:
        """Stores what is an element; what lies beyond is stored as it was."""
        address, offset, _ = place
        value = vector.value
        if vector.inside:
            old = load("v128.load", address, offset, align=4)
            value = op("v128.bitselect", value, old, machine.first_lanes(self.scalar(vector.inside).node))
        stored = store("v128.store", address, value, offset, align=4)
        return If(self.scalar(vector.real).node, (stored,)) if vector.real else stored

    def _apart(self, array: Array, vector: Vector) -> list[Node]:
        stores: list[Node] = []
        label = f"beyond.{next(self.labels)}"
        if vector.real:
            stores.append(op("br_if", op("i32.eqz", self.scalar(vector.real).node), imm=(label,)))
        for lane in range(LANES):
            address, offset, _ = self.address(array, self.neighbour(vector.position, lane))
            if vector.inside:
                end = op("i32.le_s", self.scalar(vector.inside).node, i32(lane))
                stores.append(op("br_if", end, imm=(label,)))
            one = machine.extract(array.dtype, vector.value, lane)
            stores.append(store(machine.STORES[array.dtype], address, one, offset))
        return [Block(label, tuple(stores))] if vector.inside or vector.real else stores

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
