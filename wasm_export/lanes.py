"""Rule 4, second half: unroll and jam. How many rounds of which loops are done side by side.

A round of a nest that reduces keeps its totals in registers. Doing several rounds of the loops around at once keeps
several totals, and what they share is loaded once for all of them: a tile of rows times vectors. The limit is the
number of registers.

Reading order: … → `layout` → `sweeps` → **lanes** → `packing`, `panels` → `donation` → …
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from wasm_export.expressions import Index
from wasm_export.index_form import Definition
from wasm_export.nests import Nest, contained, deepest, loops_of, written_out

REGISTERS = 12  # of 16, for totals; the others hold what is being multiplied


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
        count = max(k for k in (4, 2, 1) if k == 1 or k * totals <= REGISTERS)
        if count > 1:
            chosen[index] = count
    return replace(nest, unroll=chosen)


def reductions(nest: Nest) -> list[Definition]:
    """The definitions that are summed in the innermost loop."""
    depth = len(deepest(nest))
    return [d for d in contained(nest.body) if d.reduced and len(loops_of(d)) == depth]


def _count(definition: Definition) -> int:
    """How many totals a definition keeps in one round."""
    return prod(index.extent for index in written_out(definition) if isinstance(index.extent, int))
