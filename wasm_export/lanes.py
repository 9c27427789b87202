"""Rule 4, second half: unroll and jam. How many rounds of which loops are done side by side.

A round of a nest that reduces keeps its totals in registers. Doing several rounds of the loops around at once keeps
several totals, and what they share is loaded once for all of them: a tile of rows times vectors. The limit is the
number of registers.

Reading order: … → `sweeps` → **lanes** → `partial` → …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product
from math import prod

from wasm_export.expressions import Affine, Expr, Index, make
from wasm_export.index_form import Definition
from wasm_export.nests import Nest, contained, deepest, loops_of, made_in, mapped, paths, short_indices
from wasm_export.rewriting import rewrite, substitute
from wasm_export.walks import parts_without, reads

# Of 16 registers so many may hold totals and what stays the same in the inner loop; the others are for what is in work.
# Where nothing is jammed yet, two more: to fetch a value again costs less than to load all others for each row.
REGISTERS, REGISTERS_OF_FIRST = 12, 14
ROWS = (4, 2, 1)  # how many rounds of a loop around may be jammed
VECTORS = (2, 1)  # how many vectors of lanes


def unroll(nest: Nest) -> Nest:
    """Chooses the tile of a nest: first several vectors of lanes, then several rows."""
    order, core = deepest(nest), reductions(nest)
    if nest.lane is None or not core:
        return nest
    reduced = {index for d in core for index in d.reduced}
    held = _held(nest, order[-1])
    chosen: dict[Index, int] = {}
    if nest.lane not in reduced:
        _choose(nest.lane, VECTORS, held, chosen)
    rows = [index for index in reversed(order) if index not in reduced and index != nest.lane]
    for index in rows[:1]:
        _choose(index, ROWS, held, chosen)
    return replace(nest, unroll={index: count for index, count in chosen.items() if count > 1})


def _choose(index: Index, counts: Sequence[int], held: list[frozenset[Index]], chosen: dict[Index, int]) -> None:
    """Takes the largest count with which the registers suffice, or 1."""
    limit = REGISTERS if max(chosen.values(), default=1) > 1 else REGISTERS_OF_FIRST
    for count in counts:
        chosen[index] = count
        if sum(prod(chosen.get(i, 1) for i in indices) for indices in held) <= limit:
            return


def _held(nest: Nest, inner: Index) -> list[frozenset[Index]]:
    """What is in a register throughout the inner loop in one round: by which indices it is another in the next."""
    held: list[frozenset[Index]] = []
    same: set[Expr] = set()
    for definition, around in paths(nest.body):
        if inner not in around:
            continue
        elements = [dict(zip(short_indices(definition), at, strict=True)) for at in _choices(definition)]
        for at in elements:
            same.update(parts_without(substitute(definition.body, at), inner))
        if definition.reduced:
            held += [frozenset(definition.indices)] * len(elements)
    made = made_in(nest)
    return held + [e.indices for e in same if e.op != "const" and not any(r.data[0] in made for r in reads(e))]


def _choices(definition: Definition) -> Iterator[tuple[Affine, ...]]:
    extents = [index.extent for index in short_indices(definition)]
    return product(*([Affine({}, k) for k in range(extent)] for extent in extents if isinstance(extent, int)))


def regroup(nest: Nest) -> Nest:
    """Adds up first what is the same in all lanes: x·w + (y·v + b) has a vector addition less than (x·w + y·v) + b."""
    lane = nest.lane

    def change(e: Expr) -> Expr | None:
        if lane not in e.indices or same_in(e) < 2:
            return None
        terms = _terms(e)
        same = [term for term in terms if lane not in term.indices]
        rest = [rewrite(term, change, memo) for term in terms if lane in term.indices]
        parts = [reduce(_add, rest), reduce(_add, same)]
        return reduce(_add, parts)

    def same_in(e: Expr) -> int:
        """How many summands are the same in all lanes, counted up to 2."""
        if e not in counts:
            summands = e.args if e.op == "add" and e.dtype == "float32" else ()
            counts[e] = min(2, sum(map(same_in, summands))) if summands else int(lane not in e.indices)
        return counts[e]

    counts: dict[Expr, int] = {}
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
