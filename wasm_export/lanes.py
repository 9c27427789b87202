"""Rule 4, second half: unroll and jam. How many rounds of which loops are done side by side.

A round of a nest that reduces keeps its totals in registers. Doing several rounds of the loops around at once keeps
several totals, and what they share is loaded once for all of them: a tile of rows times vectors. The limit is the
number of registers.

Reading order: … → `sweeps` → **lanes** → `surplus` → …
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from math import prod

from wasm_export.expressions import Expr, Index, make
from wasm_export.index_form import Definition
from wasm_export.nests import Nest, contained, deepest, loops_of, mapped, written_out
from wasm_export.rewriting import rewrite

REGISTERS = 12  # of 16, for totals; the others hold what is being multiplied
REGISTERS_OF_TILE = 8  # where both rows and vectors are several, more has to be held


def unroll(nest: Nest) -> Nest:
    """Chooses the tile of a nest."""
    order, core = deepest(nest), reductions(nest)
    if nest.lane is None or not core:
        return nest
    totals = sum(_count(d) for d in core)
    reduced = {index for d in core for index in d.reduced}
    chosen: dict[Index, int] = {}
    if nest.lane not in reduced and 2 * totals <= REGISTERS:
        chosen[nest.lane] = 2
        totals *= 2
    rows = [index for index in reversed(order) if index not in reduced and index != nest.lane]
    for index in rows[:1]:
        limit = REGISTERS_OF_TILE if nest.lane in chosen else REGISTERS
        count = max(k for k in (4, 2, 1) if k == 1 or k * totals <= limit)
        if count > 1:
            chosen[index] = count
    return replace(nest, unroll=chosen)


def regroup(nest: Nest) -> Nest:
    """Adds up first what is the same in all lanes: x·w + (y·v + b) has a vector addition less than (x·w + y·v) + b."""
    lane = nest.lane

    def change(e: Expr) -> Expr | None:
        terms = _terms(e) if lane in e.indices else []
        same = [term for term in terms if lane not in term.indices]
        if len(same) < 2:
            return None
        rest = [rewrite(term, change, memo) for term in terms if lane in term.indices]
        parts = [reduce(_add, rest), reduce(_add, same)]
        return reduce(_add, parts)

    memo: dict[Expr, Expr] = {}
    body = mapped(nest.body, lambda d: replace(d, body=rewrite(d.body, change, memo)))
    return replace(nest, body=body) if lane else nest


def _terms(e: Expr) -> list[Expr]:
    """The summands of nested float32 additions, in order."""
    if e.op != "add" or e.dtype != "float32":
        return [e]
    return [term for arg in e.args for term in _terms(arg)]


def _add(x: Expr, y: Expr) -> Expr:
    return make("add", (x, y), x.dtype)


def reductions(nest: Nest) -> list[Definition]:
    """The definitions that are summed in the innermost loop."""
    depth = len(deepest(nest))
    return [d for d in contained(nest.body) if d.reduced and len(loops_of(d)) == depth]


def _count(definition: Definition) -> int:
    """How many totals a definition keeps in one round."""
    return prod(index.extent for index in written_out(definition) if isinstance(index.extent, int))
