"""From loop nests to instructions.

Each nest becomes loops. A loop that is unrolled, or that runs across lanes, becomes two or three loops over the same
counter: the wide rounds, then the single ones that remain. Sums and maxima live in locals; vector ones are folded into
a scalar when their loop ends, and the remaining rounds go on from there.

Reading order: … → `machine` → `emitter` → **codegen** → `module` → …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from minigrad.dims import Size
from wasm_export import machine
from wasm_export.emitter import LANES, Emitter, Scope
from wasm_export.expressions import (
    Affine,
    Expr,
    Index,
    Position,
    Substitution,
    along,
    index_value,
    move,
    read,
    substitute,
)
from wasm_export.index_form import Definition
from wasm_export.instructions import Block, Comment, Loop, Node, get, i32, load, op, set_, store
from wasm_export.nests import Item, Nest, contained, written_out
from wasm_export.nests import Loop as LoopItem
from wasm_export.positions import nonnegative

Key = tuple[Definition, Index, tuple[tuple[Index, Affine], ...]]


class NestEmitter:
    """Emits one nest. `offsets` are the values that a written-out or unrolled index takes in one round."""

    def __init__(self, emitter: Emitter, nest: Nest, stored: set[object]) -> None:
        self.emitter = emitter
        self.nest = nest
        self.stored = stored
        self.offsets: dict[Index, tuple[Affine, ...]] = {}
        self.open: list[Index] = []
        self.totals: dict[Key, tuple[str, ...]] = {}
        self.lanes = False  # inside a round of vectors

    def run(self) -> list[Node]:
        """The statements of the nest."""
        scope = Scope()
        self.emitter.scopes.append(scope)
        for definition in contained(self.nest.body):
            scope.body.append(Comment(str(definition)))
            for index in written_out(definition):
                assert isinstance(index.extent, int)
                self.offsets[index] = tuple(Affine({}, k) for k in range(index.extent))
            if definition.kind == "scatter":
                self._clear(definition)
        self._items(self.nest.body)
        self.emitter.scopes.pop()
        return scope.body

    def _clear(self, definition: Definition) -> None:
        """A scatter starts from zeros."""
        size: Size = machine.SIZES[definition.array.dtype]
        for length in definition.array.shape:
            size = size * length
        address = get(self.emitter.bases[definition.array])
        self._body.append(op("memory.fill", address, i32(0), self.emitter.length(size).node))

    @property
    def _body(self) -> list[Node]:
        return self.emitter.scopes[-1].body

    def _items(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, LoopItem):
                self._loop(item)
            else:
                self._evaluate(item)

    # Loops

    def _loop(self, loop: LoopItem) -> None:
        """All rounds of a loop: as vectors, unrolled, and the rest one by one."""
        index = loop.index
        reducing = [d for d in contained(loop.body) if index in d.reduced and d.kind != "scatter"]
        unroll = self.nest.unroll.get(index, 1)
        counter = self.emitter.fresh("i32", f"{index.name}_")
        self._body.append(set_(counter, i32(0)))
        first = True
        if index == self.nest.lane:
            self.emitter.lane, self.lanes = index, True
            self._begin(reducing, index)
            for count in sorted({unroll, 1}, reverse=True):
                self._rounds(loop, counter, [LANES * k for k in range(count)], LANES * count, first)
                first = False
            self._fold(reducing, index)
            self.emitter.lane, self.lanes = None, False
        else:
            self._begin(reducing, index)
            if unroll > 1:
                self._rounds(loop, counter, list(range(unroll)), unroll, first)
                first = False
        self._rounds(loop, counter, [0], 1, first)
        self._finish(reducing, index)

    def _rounds(self, loop: LoopItem, counter: str, offsets: list[int], step: int, first: bool) -> None:
        """One loop: rounds of `step` until fewer remain."""
        index, emitter = loop.index, self.emitter
        if isinstance(index.extent, int) and index.extent < step:
            return
        scope = Scope(index, counter, None if first else get(counter), step)
        emitter.scopes.append(scope)
        self.open.append(index)
        self.offsets[index] = tuple(along(index) + offset for offset in offsets)
        self._items(loop.body)
        del self.offsets[index]
        self.open.pop()
        emitter.scopes.pop()
        limit = emitter.length(index.extent - (step - 1)).node
        advance = set_(counter, op("i32.add", get(counter), i32(step)))
        label = f"{counter}.{step}"
        again = op("br_if", op("i32.lt_s", get(counter), limit), imm=(label,))
        rounds: Node = Loop(label, (*scope.body, *scope.after, advance, again))
        if not (first and nonnegative(index.extent - step)):
            skip = op("br_if", op("i32.ge_s", get(counter), limit), imm=(f"{label}.done",))
            rounds = Block(f"{label}.done", (skip, rounds))
        self._body.extend([*scope.before, rounds])

    # What a definition is at one point

    def _instances(self, indices: Sequence[Index]) -> Iterator[dict[Index, Affine]]:
        """All combinations of the values that these indices take in one round."""
        wide = [index for index in indices if index in self.offsets]
        for choice in product(*(self.offsets[index] for index in wide)):
            yield dict(zip(wide, choice, strict=True))

    def _in_lanes(self, definition: Definition) -> bool:
        return self.lanes and self.nest.lane in definition.loops

    def _evaluate(self, definition: Definition) -> None:
        lanes = self._in_lanes(definition)
        bytes_: list[tuple[Position, Node]] = []
        for at in self._instances(definition.loops):
            body = substitute(definition.body, at)
            if definition.kind == "scatter":
                self._scatter(definition, body, at)
            elif definition.reduced:
                self._accumulate(definition, body, at)
            elif lanes and self._four_bytes(definition):
                position, value = self._position(definition, at), self.emitter.vector(body)
                self.emitter.learn(read(definition.array, position), value.node, lanes)
                bytes_.append((position, value.node))
            else:
                value = self.emitter.vector(body) if lanes else self.emitter.scalar(body)
                self._define(definition, at, value.node, lanes)
        for start in range(0, len(bytes_), 4):
            self._write_bytes(definition, bytes_[start : start + 4])

    def _four_bytes(self, definition: Definition) -> bool:
        """Whether each lane stores four neighbouring bytes, such as the colours of a pixel."""
        (*_, last) = definition.position or (Affine({}),)
        short = [index for index in written_out(definition) if along(index) == last]
        step = self.emitter.stride(definition.array, definition.position)
        return definition.array.dtype == "uint8" and step == 4 and bool(short) and short[0].extent == 4

    def _write_bytes(self, definition: Definition, four: Sequence[tuple[Position, Node]]) -> None:
        """Puts four values of 0…255 into each lane and stores all sixteen bytes at once."""
        vector = four[0][1]
        for shift, (_, value) in enumerate(four[1:], 1):
            vector = op("v128.or", vector, op("i32x4.shl", value, i32(8 * shift)))
        address, offset, _ = self.emitter.address(definition.array, four[0][0])
        self._body.append(store("v128.store", address, vector, offset, align=1))

    def _position(self, definition: Definition, at: Substitution) -> Position:
        return tuple(move(p, at, lambda e: substitute(e, at)) for p in definition.position)

    def _define(self, definition: Definition, at: Substitution, value: Node, lanes: bool) -> None:
        """The element is known from here on, and is stored if it is needed elsewhere."""
        position = self._position(definition, at)
        self.emitter.learn(read(definition.array, position), value, lanes)
        if definition.array in self.stored:
            self.emitter.write(definition.array, position, value, lanes)

    def _scatter(self, definition: Definition, body: Expr, at: Substitution) -> None:
        """Adds to an element in memory."""
        emitter, array = self.emitter, definition.array
        value = emitter.scalar(body).node
        position = self._position(definition, at)
        address, offset, _ = emitter.address(array, position)
        kind = machine.machine_type(array.dtype)
        old = emitter.fresh(kind)
        self._body.append(set_(old, load(machine.LOADS[array.dtype], address, offset)))
        total = machine.ROWS["add", array.dtype][0](get(old), value)
        self._body.append(store(machine.STORES[array.dtype], address, total, offset))

    # Reductions

    def _key(self, definition: Definition, level: Index, at: Substitution) -> Key:
        return definition, level, tuple((i, at[i]) for i in self._outside(definition, level) if i in at)

    def _outside(self, definition: Definition, level: Index) -> list[Index]:
        """The indices that are fixed while a definition accumulates over `level`: kept ones and reductions around."""
        around = self.open[: self.open.index(level)] if level in self.open else self.open
        return [i for i in definition.loops if i in definition.indices or i in around]

    def _begin(self, reducing: list[Definition], index: Index) -> None:
        for definition in reducing:
            lanes = self._in_lanes(definition)
            for at in self._instances(self._outside(definition, index)):
                self.totals[self._key(definition, index, at)] = self._fresh_total(definition, lanes)

    def _fresh_total(self, definition: Definition, lanes: bool) -> tuple[str, ...]:
        dtype = definition.body.dtype
        start = (machine.zero_of if definition.kind == "sum" else machine.lowest_of)(dtype, lanes)
        total = self._variable(dtype, lanes, start)
        if definition.kind != "argmax":
            return (total,)
        return (total, self._variable("int32", lanes, machine.zero_of("int32", lanes)))

    def _variable(self, dtype: str, lanes: bool, start: Node) -> str:
        name = self.emitter.fresh("v128" if lanes else machine.machine_type(dtype), "sum")
        self._body.append(set_(name, start))
        return name

    def _accumulate(self, definition: Definition, body: Expr, at: Substitution) -> None:
        lanes = self._in_lanes(definition)
        value = (self.emitter.vector(body) if lanes else self.emitter.scalar(body)).node
        level = [i for i in self.open if i in definition.reduced][-1]
        total = self.totals[self._key(definition, level, at)]
        if definition.kind == "argmax":
            self._first_maximum(definition, total, value, index_value(at.get(level, along(level))), lanes)
        else:
            self._combine(definition, total[0], value, lanes)

    def _combine(self, definition: Definition, total: str, value: Node, lanes: bool) -> None:
        name = "add" if definition.kind == "sum" else "maximum"
        row = machine.ROWS[name, definition.body.dtype][1 if lanes else 0]
        assert row is not None
        self._body.append(set_(total, row(get(total), value)))

    def _first_maximum(self, d: Definition, total: tuple[str, ...], value: Node, place: Expr, lanes: bool) -> None:
        """Takes over value and place if the value is larger, or the first NaN."""
        best, where = total
        column = 1 if lanes else 0
        dtype = d.body.dtype
        better = machine.ROWS["gt", dtype][column]
        choose = machine.ROWS["where", dtype][column]
        assert better is not None
        assert choose is not None
        test = better(value, get(best))
        if dtype == "float32":
            differs, equal = machine.ROWS["ne", dtype][column], machine.ROWS["eq", dtype][column]
            assert differs is not None
            assert equal is not None
            test = choose(differs(value, value), equal(get(best), get(best)), test)
        decided = self._variable("bool", lanes, test)
        number = (self.emitter.vector(place) if lanes else self.emitter.scalar(place)).node
        self._body.append(set_(best, choose(get(decided), value, get(best))))
        self._body.append(set_(where, choose(get(decided), number, get(where))))

    def _fold(self, reducing: list[Definition], index: Index) -> None:
        """Vector totals become scalar ones: lanes 0 and 1, 2 and 3, then the two results."""
        for definition in reducing:
            dtype = definition.body.dtype
            combine = machine.ROWS["add" if definition.kind == "sum" else "maximum", dtype][0]
            for at in self._instances(self._outside(definition, index)):
                key = self._key(definition, index, at)
                a, b, c, d = (machine.extract(dtype, get(self.totals[key][0]), lane) for lane in range(LANES))
                self.totals[key] = (self._variable(dtype, False, combine(combine(a, b), combine(c, d))),)

    def _finish(self, reducing: list[Definition], index: Index) -> None:
        """A total joins the total of the reduction around it, or is the definition's value."""
        for definition in reducing:
            lanes = self._in_lanes(definition)
            outer = [i for i in self.open if i in definition.reduced]
            for at in self._instances(self._outside(definition, index)):
                total = self.totals[self._key(definition, index, at)]
                if outer:
                    self._combine(
                        definition, self.totals[self._key(definition, outer[-1], at)][0], get(total[0]), lanes
                    )
                else:
                    self._define(definition, at, get(total[-1]), lanes)


def emit(nests: Sequence[Nest], emitter: Emitter, stored: set[object]) -> list[list[Node]]:
    """The statements of each nest."""
    return [NestEmitter(emitter, nest, stored).run() for nest in nests]
