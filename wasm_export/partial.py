"""Rule 4, values apart: what the loop across lanes would compute again and again is computed once before, and stored.

Rule 2 keeps what would be repeated, equation by equation. But once a sum is regrouped, a part of it may be the same in
all rounds of the loop across lanes: in a map of pixels, what the row adds to each hidden unit. Inside that loop only a
load is left.

Reading order: … → `lanes` → **partial** → `surplus` → …
"""

from __future__ import annotations

from dataclasses import replace

from wasm_export.expressions import Array, Expr, Index, along, read
from wasm_export.index_form import Definition
from wasm_export.nests import Nest, Order, contained, deepest, loops_around, made_in, mapped, paths
from wasm_export.rewriting import rewrite
from wasm_export.walks import operations, parts_without, reads

WORTH = 2  # operations; a load takes the place of as many loads at least


def apart(nest: Nest) -> tuple[Nest, ...]:
    """The nest behind the nests of what it now loads."""
    order = deepest(nest)
    if nest.lane is None or nest.lane not in order[:-1]:
        return (nest,)
    inner, made = order[-1], made_in(nest)
    parts = dict.fromkeys(
        e for d, around in paths(nest.body) if around == order for e in parts_without(d.body, nest.lane)
    )
    found = [e for e in parts if _worth(e, inner, made)]
    arrays = {e: _definition(e, number, order, nest) for number, e in enumerate(found)}
    if not arrays:
        return (nest,)

    def change(e: Expr) -> Expr | None:
        return read(arrays[e].array, arrays[e].position) if e in arrays else None

    memo: dict[Expr, Expr] = {}
    body = mapped(nest.body, lambda d: replace(d, body=rewrite(d.body, change, memo)))
    return (*(_nest(definition) for definition in arrays.values()), replace(nest, body=body))


def _worth(e: Expr, inner: Index, made: set[Array]) -> bool:
    """Whether a part varies in the innermost loop, costs something, and needs nothing that the nest makes."""
    costs = inner in e.indices and e.dtype == "float32" and operations(e) >= WORTH
    return costs and not any(r.data[0] in made for r in reads(e))


def _definition(e: Expr, number: int, order: Order, nest: Nest) -> Definition:
    loops = tuple(index for index in order if index in e.indices)
    (first, *_) = contained(nest.body)
    array = Array(f"{first.array.name}.part{number}", tuple(index.extent for index in loops), e.dtype)
    return Definition(array, tuple(map(along, loops)), loops, e)


def _nest(definition: Definition) -> Nest:
    return Nest(loops_around(definition.loops, definition), definition.loops[-1])
