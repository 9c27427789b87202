"""Sums and maxima in registers: their totals while loops run, as scalars and as four lanes.

A definition that reduces has a total for each element that one round works on, and for each loop that it reduces over:
the inner one is finished first and joins the outer one, so that long sums are sums of shorter ones.

Reading order: … → `stores` → **reductions** → `codegen` → …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from wasm_export import machine
from wasm_export.expressions import Affine, Expr, Index, Substitution, along, index_value
from wasm_export.index_form import Definition
from wasm_export.instructions import Loop, Node, get, i32, op, set_
from wasm_export.machine import LANES
from wasm_export.nests import Nest
from wasm_export.opcodes import Type
from wasm_export.stores import Stores

Key = tuple[Definition, Index, tuple[tuple[Index, Affine], ...]]

BLOCK = 128  # rounds of the outermost loop whose sum is made apart


class Reductions:
    """The totals of one nest. `offsets` are the values that a written-out or unrolled index takes in one round."""

    def __init__(self, emitter: Stores, nest: Nest) -> None:
        self.emitter = emitter
        self.nest = nest
        self.offsets: dict[Index, tuple[Affine, ...]] = {}
        self.open: list[Index] = []
        self.totals: dict[Key, tuple[str, ...]] = {}
        self.lanes = False  # inside a round of vectors

    @property
    def body(self) -> list[Node]:
        """The statements of the innermost scope."""
        return self.emitter.scopes[-1].body

    def instances(self, indices: Sequence[Index]) -> Iterator[dict[Index, Affine]]:
        """All combinations of the values that these indices take in one round."""
        wide = [index for index in indices if index in self.offsets]
        for choice in product(*(self.offsets[index] for index in wide)):
            yield dict(zip(wide, choice, strict=True))

    def in_lanes(self, definition: Definition) -> bool:
        """Whether a definition is computed for four lanes here."""
        return self.lanes and self.nest.lane in definition.loops

    def key(self, definition: Definition, level: Index, at: Substitution) -> Key:
        """Names the total of one element over one loop."""
        return definition, level, tuple((i, at[i]) for i in self.outside(definition, level) if i in at)

    def outside(self, definition: Definition, level: Index) -> list[Index]:
        """The indices that are fixed while a definition accumulates over `level`: kept ones and reductions around."""
        around = self.open[: self.open.index(level)] if level in self.open else self.open
        return [i for i in definition.loops if i in definition.indices or i in around]

    def inside(self, at: Substitution) -> Expr | None:
        """How many elements there are from a vector's first on; None when all four always are."""
        lane = self.nest.lane
        return index_value(Affine({}, lane.extent) - at[lane]) if lane and self.has_surplus(lane) else None

    def has_surplus(self, index: Index) -> bool:
        """Whether the last round of a loop across lanes may have lanes beyond the last element."""
        step = LANES * self.nest.unroll.get(index, 1)
        return index in self.nest.whole and not (isinstance(index.extent, int) and index.extent % step == 0)

    def begin(self, reducing: list[Definition], index: Index) -> None:
        """Sets the totals over a loop to what they start with."""
        for definition in reducing:
            lanes = self.in_lanes(definition)
            for at in self.instances(self.outside(definition, index)):
                self.totals[self.key(definition, index, at)] = self._fresh_total(definition, lanes)

    def _fresh_total(self, definition: Definition, lanes: bool) -> tuple[str, ...]:
        dtype = definition.body.dtype
        total = self._variable(dtype, lanes, _start(definition, lanes))
        if definition.kind != "argmax":
            return (total,)
        return (total, self._variable("int32", lanes, machine.zero_of("int32", lanes)))

    def _variable(self, dtype: str, lanes: bool, start: Node) -> str:
        name = self.emitter.fresh("v128" if lanes else machine.machine_type(dtype), "sum")
        self.body.append(set_(name, start))
        return name

    def accumulate(self, definition: Definition, body: Expr, at: Substitution) -> None:
        """Adds one element to the total of the innermost loop that it is reduced over."""
        lanes = self.in_lanes(definition)
        value = (self.emitter.vector(body) if lanes else self.emitter.scalar(body)).node
        inside = self.inside(at) if lanes and self.nest.lane in definition.reduced else None
        if inside is not None:
            value = machine.choose_lanes(self.emitter.mask(inside), value, _start(definition, True))
        level = [i for i in self.open if i in definition.reduced][-1]
        total = self.totals[self.key(definition, level, at)]
        if definition.kind == "argmax":
            self._first_maximum(definition, total, value, index_value(at.get(level, along(level))), lanes)
        else:
            self.combine(definition, total[0], value, lanes)

    def combine(self, definition: Definition, total: str, value: Node, lanes: bool) -> None:
        """Adds a value to a total, or takes the larger."""
        name = "add" if definition.kind == "sum" else "maximum"
        row = machine.ROWS[name, definition.body.dtype][1 if lanes else 0]
        assert row is not None
        self.body.append(set_(total, row(get(total), value)))

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
        self.body.append(set_(best, choose(get(decided), value, get(best))))
        self.body.append(set_(where, choose(get(decided), number, get(where))))

    def long_sums(self, index: Index) -> list[str]:
        """The float32 sums over a loop that may be long."""
        if isinstance(index.extent, int) and index.extent <= BLOCK:
            return []
        sums = [key for key in self.totals if key[1] == index and key[0].kind == "sum"]
        return [self.totals[key][0] for key in sums if key[0].body.dtype == "float32"]

    def in_blocks(
        self, body: Sequence[Node], label: str, counter: str, step: int, limit: Node, totals: list[str]
    ) -> list[Node]:
        """Rounds in blocks: the sum of each block joins the whole, so that rounding errors do not grow with length."""
        add = machine.ROWS["add", "float32"][1 if self.lanes else 0]
        assert add is not None
        kind: Type = "v128" if self.lanes else "f32"
        wholes = {total: self.emitter.fresh(kind, "whole") for total in totals}
        end = self.emitter.fresh("i32", "end")
        far = op("i32.add", get(counter), i32(step * BLOCK))
        inner = op("br_if", op("i32.lt_s", get(counter), get(end)), imm=(label,))
        block: list[Node] = [
            set_(end, far),
            set_(end, op("select", get(end), limit, op("i32.lt_s", get(end), limit))),
            *(set_(total, machine.zero_of("float32", self.lanes)) for total in totals),
            Loop(label, (*body, inner)),
            *(set_(whole, add(get(whole), get(total))) for total, whole in wholes.items()),
            op("br_if", op("i32.lt_s", get(counter), limit), imm=(f"{label}.block",)),
        ]
        start = [set_(whole, get(total)) for total, whole in wholes.items()]
        result = [set_(total, get(whole)) for total, whole in wholes.items()]
        return [*start, Loop(f"{label}.block", tuple(block)), *result]

    def fold(self, reducing: list[Definition], index: Index) -> None:
        """Vector totals become scalar ones: lanes 0 and 1, 2 and 3, then the two results."""
        for definition in reducing:
            dtype = definition.body.dtype
            combine = machine.ROWS["add" if definition.kind == "sum" else "maximum", dtype][0]
            for at in self.instances(self.outside(definition, index)):
                key = self.key(definition, index, at)
                a, b, c, d = (machine.extract(dtype, get(self.totals[key][0]), lane) for lane in range(LANES))
                self.totals[key] = (self._variable(dtype, False, combine(combine(a, b), combine(c, d))),)


def _start(definition: Definition, lanes: bool) -> Node:
    """What a total starts with, and what adds nothing to it."""
    return (machine.zero_of if definition.kind == "sum" else machine.lowest_of)(definition.body.dtype, lanes)
