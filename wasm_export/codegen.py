"""From loop nests to instructions.

Each nest becomes loops. A loop that is unrolled, or that runs across lanes, is one loop of wide rounds where `surplus`
has marked it; else two or three loops over the same counter: the wide rounds, then the single ones that remain. Sums
and maxima live in locals; vector ones are folded into a scalar when their loop ends, and the remaining rounds go on
from there.

Reading order: … → `reductions` → **codegen** → `schedule` → …
"""

from __future__ import annotations

from collections.abc import Sequence

from wasm_export.bounds import nonnegative
from wasm_export.donation import bytes_of
from wasm_export.expressions import Affine, Array, Expr, Index, Position, Substitution, along, const, index_value, read
from wasm_export.index_form import Definition
from wasm_export.instructions import Block, Comment, Loop, Node, get, i32, op, set_
from wasm_export.layout import Panel
from wasm_export.machine import LANES
from wasm_export.nests import For, Item, Nest, contained, short_indices
from wasm_export.positions import at_most_last
from wasm_export.reductions import Reductions
from wasm_export.rewriting import move, simplify, substitute
from wasm_export.scopes import Scope
from wasm_export.stores import Stores, Vector


class NestEmitter(Reductions):
    """Emits one nest. The arrays in `stored` are written to memory."""

    def __init__(self, emitter: Stores, nest: Nest, stored: frozenset[Array]) -> None:
        super().__init__(emitter, nest)
        self.stored = stored

    def run(self) -> list[Node]:
        """The statements of the nest."""
        scope = Scope()
        self.emitter.scopes.append(scope)
        for definition in contained(self.nest.body):
            scope.body.append(Comment(str(definition)))
            for index in short_indices(definition):
                assert isinstance(index.extent, int)
                self.offsets[index] = tuple(Affine({}, k) for k in range(index.extent))
            if definition.kind == "scatter":
                self._clear(definition)
        self._items(self.nest.body)
        self.emitter.scopes.pop()
        return scope.body

    def _clear(self, definition: Definition) -> None:
        """A scatter starts from zeros."""
        size = bytes_of(definition.array, self.emitter.layout)
        address = get(self.emitter.bases[definition.array])
        self.body.append(op("memory.fill", address, i32(0), self.emitter.length(size).node))

    def _items(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, For):
                self._loop(item)
            else:
                self._evaluate(item)

    # Loops

    def _loop(self, loop: For) -> None:
        """All rounds of a loop: as vectors, unrolled, and the rest one by one."""
        index = loop.index
        reducing = [d for d in contained(loop.body) if index in d.reduced and d.kind != "scatter"]
        unroll, whole = self.nest.unroll.get(index, 1), index in self.nest.whole
        counter = self.emitter.fresh("i32", f"{index.name}_")
        self.body.append(set_(counter, i32(0)))
        first = True
        if index == self.nest.lane:
            self.emitter.lane, self.lanes = index, True
            self.emitter.surplus = self.has_surplus(index)
            self.begin(reducing, index)
            for count in [unroll] if whole or unroll == 1 else [unroll, 1]:
                self._rounds(loop, counter, [along(index) + LANES * k for k in range(count)], LANES * count, first)
                first = False
            self.fold(reducing, index)
            self.emitter.lane, self.lanes = None, False
        else:
            self.begin(reducing, index)
            if unroll > 1:
                self._rounds(loop, counter, self._rows(index, unroll), unroll, first)
                first = False
        if not whole:
            self._rounds(loop, counter, [along(index)], 1, first)
        self._finish(reducing, index)

    def _rows(self, index: Index, count: int) -> list[Affine]:
        """The rows of one round; where there are no other rounds, rows beyond the last are the last."""
        rows = [along(index) + k for k in range(count)]
        if index not in self.nest.whole:
            return rows
        return list(dict.fromkeys([rows[0], *(at_most_last(row, index.extent) for row in rows[1:])]))

    def _rounds(self, loop: For, counter: str, elements: list[Affine], step: int, first: bool) -> None:
        """One loop: rounds of `step` until fewer remain, or until none does."""
        index, emitter = loop.index, self.emitter
        least = 1 if index in self.nest.whole else step
        if isinstance(index.extent, int) and index.extent < least:
            return
        outer = any(isinstance(item, For) for item in loop.body)
        scope = Scope(index, counter, None if first else get(counter), step, outer)
        emitter.scopes.append(scope)
        self.open.append(index)
        self.offsets[index] = tuple(elements)
        self._items(loop.body)
        del self.offsets[index]
        self.open.pop()
        emitter.scopes.pop()
        limit = emitter.length(index.extent - (least - 1)).node
        advance = set_(counter, op("i32.add", get(counter), i32(step)))
        label = f"{counter}.{step}"
        body = (*scope.body, *scope.after, advance)
        again = op("br_if", op("i32.lt_s", get(counter), limit), imm=(label,))
        long = self.long_sums(index) if first and not self.open else []
        rounds: list[Node] = [Loop(label, (*body, again))]
        if long:
            rounds = self.in_blocks(body, label, counter, step, limit, long)
        if not (first and nonnegative(index.extent - least)):
            skip = op("br_if", op("i32.ge_s", get(counter), limit), imm=(f"{label}.done",))
            rounds = [Block(f"{label}.done", (skip, *rounds))]
        self.body.extend([*scope.before, *rounds])

    def _evaluate(self, definition: Definition) -> None:
        lanes = self.in_lanes(definition)
        bytes_: list[tuple[Position, Node]] = []
        # Rows and vectors innermost: what is written out differs for each element, and is held for one at a time.
        jammed_last = sorted(definition.loops, key=self.open.__contains__) if definition.reduced else definition.loops
        for at in self.instances(jammed_last):
            self.emitter.first = at[self.nest.lane] if lanes and self.nest.lane else Affine({})
            body = substitute(definition.body, at)
            if definition.kind == "scatter":
                self.emitter.add(definition.array, self._position(definition, at), self.emitter.scalar(body).node)
            elif definition.reduced:
                self.accumulate(definition, body, at)
            elif lanes and self._four_bytes(definition):
                position, value = self._position(definition, at), self.emitter.vector(body)
                self.emitter.learn(read(definition.array, position), value.node, lanes)
                bytes_.append((position, value.node))
            else:
                value = self.emitter.vector(body) if lanes else self.emitter.scalar(body)
                self._define(definition, at, value.node, lanes)
        for start in range(0, len(bytes_), 4):
            four = [value for _, value in bytes_[start : start + 4]]
            self.emitter.write_bytes(definition.array, bytes_[start][0], four)

    def _four_bytes(self, definition: Definition) -> bool:
        """Whether each lane stores four neighbouring bytes, such as the colours of a pixel."""
        (*_, last) = definition.position or (Affine({}),)
        short = [index for index in short_indices(definition) if along(index) == last]
        step = self.emitter.stride(definition.array, definition.position)
        return definition.array.dtype == "uint8" and step == 4 and bool(short) and short[0].extent == 4

    def _position(self, definition: Definition, at: Substitution) -> Position:
        return tuple(move(p, at, lambda e: substitute(e, at)) for p in definition.position)

    def _define(self, definition: Definition, at: Substitution, value: Node, lanes: bool) -> None:
        """The element is known from here on, and is stored if it is needed elsewhere."""
        array, position = definition.array, self._position(definition, at)
        self.emitter.learn(read(array, position), value, lanes)
        if array in self.stored and lanes:
            self.emitter.write_lanes(array, Vector(position, value, self._inside_of(definition, at)))
        elif array in self.stored:
            self.emitter.write(array, position, value)

    def _inside_of(self, definition: Definition, at: Substitution) -> Expr | None:
        """How much of a vector is to be stored, None for all: rows of our own have room for what is no element."""
        ours = self.emitter.layout.get(definition.array)
        has_room = ours is not None and self.emitter.stride(definition.array, definition.position) == 1
        inside = None if has_room else self.inside(at)
        for row in definition.indices if self.nest.once and not isinstance(ours, Panel) else ():
            if row in self.nest.whole and row != self.nest.lane and at[row] != along(row):
                place = along(row) + self.offsets[row].index(at[row])
                real = simplify("lt", (index_value(place), index_value(Affine({}, row.extent))), "bool")
                inside = simplify("where", (real, inside or const(LANES, "int32"), const(0, "int32")), "int32")
        return inside

    # Reductions

    def _finish(self, reducing: list[Definition], index: Index) -> None:
        """A total joins the total of the reduction around it, or is the definition's value."""
        for definition in reducing:
            lanes = self.in_lanes(definition)
            outer = [i for i in self.open if i in definition.reduced]
            for at in self.instances(self.outside(definition, index)):
                total = self.totals[self.key(definition, index, at)]
                if outer:
                    self.combine(definition, self.totals[self.key(definition, outer[-1], at)][0], get(total[0]), lanes)
                else:
                    self._define(definition, at, get(total[-1]), lanes)
