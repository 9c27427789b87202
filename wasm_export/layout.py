"""Rule 4, first half: which index runs across the lanes of a nest, and how arrays of our own lie in memory.

Four neighbours in memory are one vector. An element that all loops of a nest distinguish has to be loaded or stored
each time, so its neighbours had better be the lanes; what fewer loops distinguish can be repeated over the lanes, or
packed once. An array of our own is laid out for its readers: short fixed axes outside (each class is a row), and
innermost the index that most of those keep who read all of it.

Reading order: … → `nests` → **layout** → `sweeps` → …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigrad.dims import Shape, Size
from wasm_export.definitions import Kernels
from wasm_export.expressions import Affine, Array, Expr, Index, Position, mentions
from wasm_export.index_form import Definition
from wasm_export.machine import CASTS, ROWS
from wasm_export.math import DEFINITIONS as MATH
from wasm_export.nests import Order, short_indices
from wasm_export.positions import row_major, unclamped, whole
from wasm_export.walks import reads

LONG_ROW = 32  # elements: a sum over fewer takes longer along the lanes, where it is folded, than across them


@dataclass(frozen=True)
class Panel:
    """How a packed operand of a tiled product lies: as wide as a round of the loop over `tile`, then along `depth`.

    In a loop that takes `width` elements of `tile` a round, element (t + i, d) of round t stands at
    t · (length of depth) + d · width + i: what one round reads is one run of memory. The last
    round has room for all its elements. Each element of the other axes has such panels of its own.
    """

    tile: int
    depth: int
    width: int


Layout = dict[Array, "tuple[Size, ...] | Panel"]  # elements between neighbours along each axis, where not row-major


def flat(array: Array, position: Position, layout: Mapping[Array, tuple[Size, ...] | Panel]) -> Affine:
    """How many elements lie before an element. Rows that are done again have places of their own in a panel."""
    how = layout.get(array)
    places = list(position)
    if isinstance(how, Panel):
        place = unclamped(position[how.tile])
        (index,) = place.terms
        places[how.tile] = place + Affine({index: array.shape[how.depth] - 1})
    return sum((place * step for place, step in zip(places, strides(array, how), strict=True)), Affine({}))


def strides(array: Array, how: tuple[Size, ...] | Panel | None) -> tuple[Size, ...]:
    """How many elements lie between neighbours along each axis; along the tile of a panel, those of one round."""
    if not isinstance(how, Panel):
        return how or row_major(array.shape)
    lengths = padded(array, how)
    outside = [axis for axis in range(len(lengths)) if axis not in (how.tile, how.depth)]
    order = *outside, how.tile, how.depth
    steps = dict(zip(order, row_major(tuple(lengths[axis] for axis in order)), strict=True))
    steps |= {how.tile: 1, how.depth: how.width}
    return tuple(steps[axis] for axis in range(len(lengths)))


def padded(array: Array, how: tuple[Size, ...] | Panel | None) -> Shape:
    """The shape of what an array takes in memory: in one of ours there is room for whole rounds across its lanes."""
    if how is None:
        return array.shape
    if isinstance(how, Panel):
        return tuple(n + (how.width - 1) if axis == how.tile else n for axis, n in enumerate(array.shape))
    return tuple(whole(n) if step == 1 else n for n, step in zip(array.shape, how, strict=True))


def choose_layout(kernels: Kernels, orders: Mapping[Definition, Order]) -> Layout:
    """The strides of the arrays that are neither inputs nor outputs."""
    made = {d.array: d for d in kernels.definitions}
    votes: dict[Array, Counter[int]] = {array: Counter() for array in made}
    for definition, order in orders.items():
        if definition.kind == "map":
            continue
        for r in reads(definition.body):
            array, position = r.data
            if array not in made or _in_passing(made[array], position, definition, orders):
                continue
            if set(order) <= frozenset().union(*map(mentions, position)):
                kept = [i for i in order if i not in definition.reduced]
                votes[array].update(axis for axis, p in enumerate(position) if kept and list(p.terms) == kept[-1:])
    outputs = {array for _, array in kernels.outputs}
    layout: Layout = {}
    for definition in orders:
        array = definition.array
        if array not in outputs and definition.kind != "scatter" and array.shape:
            short = short_indices(definition)
            axes = [a for a, p in enumerate(definition.position) if list(p.terms) and next(iter(p.terms)) in short]
            rest = [a for a in range(len(array.shape)) if a not in axes]
            inner = [a for a, _ in votes[array].most_common() if a in rest][:1]
            layout[array] = strides_for(array.shape, axes + [a for a in rest if a not in inner] + inner)
    return layout


def _in_passing(made: Definition, position: Position, reader: Definition, orders: Mapping[Definition, Order]) -> bool:
    """Whether a reduction takes each element from the register where it is made, along rows that may be long."""
    long = all(not isinstance(index.extent, int) or index.extent >= LONG_ROW for index in reader.reduced)
    return long and position == made.position and orders.get(made) == orders[reader]


def strides_for(shape: Shape, order: Sequence[int]) -> tuple[Size, ...]:
    """The strides when axes are nested in this order, outermost first, and the innermost is as long as whole rounds."""
    lengths = [shape[axis] for axis in order]
    by_axis = dict(zip(order, row_major((*lengths[:-1], whole(lengths[-1]))), strict=True))
    return tuple(by_axis[axis] for axis in range(len(shape)))


def stride(array: Array, position: Position, index: Index, layout: Layout) -> Size | None:
    """How many elements an address moves with an index; None when that varies."""
    total: Size = 0
    for place, step in zip(position, strides(array, layout.get(array)), strict=True):
        for symbol, factor in place.terms.items():
            if symbol == index:
                total = total + factor * step
            elif isinstance(symbol, Expr) and index in symbol.indices:
                return None
    return total


def best_lane(
    members: Sequence[Definition], order: Order, orders: Mapping[Definition, Order], layout: Layout
) -> Index | None:
    """The index of the nest's loops that runs across lanes, None for a nest of scalars."""
    if any(d.kind == "scatter" or not has_lanes(d.body) for d in members):
        return None
    core = [d for d in members if orders.get(d, order) == order]
    candidates = [
        index
        for index in order
        if (not isinstance(index.extent, int) or index.extent >= 4)
        and not any(d.kind == "argmax" and index in d.reduced for d in members)
    ]
    own = {d.array for d in members}
    return max(candidates, key=lambda index: _score(index, core, order, own, layout), default=None)


def has_lanes(body: Expr) -> bool:
    """Whether all operations of an expression have a vector form."""
    seen: set[Expr] = set()
    pending = [body]
    while pending:
        e = pending.pop()
        if e not in seen and e.op not in ("const", "index", "read"):
            row = (
                CASTS[e.args[0].dtype, e.dtype] if e.op == "cast" else ROWS.get((e.op, e.args[-1].dtype), (None, None))
            )
            if e.op not in MATH and row[1] is None:
                return False
            pending += e.args
        seen.add(e)
    return True


def _score(
    index: Index, core: Sequence[Definition], order: Order, own: set[Array], layout: Layout
) -> tuple[float, int]:
    """How well an index would do; later (inner) indices win ties, and kept ones are better than reduced ones.

    Per round: an array that all loops distinguish is one vector where its neighbours are the lanes (+2), else four
    loads or stores put together (-4). What fewer loops distinguish is loaded before them, seldom enough to decide only
    ties (±0.25). A total over the lanes has to be folded (-1).
    """
    score = 0.0
    for definition in core:
        if index in definition.reduced:
            score -= 1
        accesses = [(r.data[0], r.data[1]) for r in reads(definition.body) if r.data[0] not in own]
        if definition.kind == "map" or index not in definition.reduced:
            accesses.append((definition.array, definition.position))
        for array, position in accesses:
            step = stride(array, position, index, layout)
            if step == 0 or array.dtype not in ("float32", "int32"):
                continue
            whole = set(order) <= frozenset().union(*map(mentions, position))
            score += (2 if step == 1 else -4) if whole else (0.25 if step == 1 else -0.25)
    return score, order.index(index)
