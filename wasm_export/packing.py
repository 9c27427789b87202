"""Rule 4, between its halves: packing. Operands that lie across the lanes are copied once, turned, into scratch memory.

A nest that loads an element again and again, once for each round of a loop outside that the element does not depend on,
loads four lanes at once if they are neighbours. Where they are not (a matrix that is multiplied from the other side), a
small nest before makes a copy in which they are, and every later nest that has the same lanes reads the copy.

Reading order: … → `surplus` → **packing** → `panels` → …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wasm_export.expressions import Affine, Array, Expr, Index, Position, along, mentions, read
from wasm_export.index_form import Definition, copied
from wasm_export.layout import Layout, stride, strides_for
from wasm_export.nests import For, Item, Nest, Order, contained, loops_of, mapped, paths, short_indices
from wasm_export.panels import tile_of
from wasm_export.rewriting import rewrite
from wasm_export.walks import reads

Packed = dict[tuple[Array, int], Array]  # (array, axis that runs across lanes) → its copy


def pack(nests: Sequence[Nest], layout: Layout) -> tuple[tuple[Nest, ...], Layout]:
    """The nests with copies made where they pay, and the layout with the copies in it."""
    result: list[Nest] = []
    packed: Packed = {}
    layout = dict(layout)
    for nest in nests:
        if nest.lane is None or tile_of(nest):
            result.append(nest)
            continue
        for array, axis in _worthwhile(nest, layout):
            if (array, axis) not in packed:
                copy, definition = _copy(array, axis, layout)
                packed[array, axis] = copy
                result.append(_nest(definition, axis))
        result.append(_reading(nest, packed, layout))
    return tuple(result), layout


def _worthwhile(nest: Nest, layout: Layout) -> Iterator[tuple[Array, int]]:
    """What the nest loads repeatedly, and along which axis its lanes lie."""
    lane = nest.lane
    assert lane is not None
    made = {d.array for d in contained(nest.body)}
    for definition, order in paths(nest.body):
        for r in reads(definition.body):
            array, position = r.data
            axis = lane_axis(array, position, lane, definition)
            if array in made or axis is None or stride(array, position, lane, layout) in (0, 1, None):
                continue
            own = frozenset().union(*map(mentions, position))
            inner = max(order.index(index) for index in own if index in order)
            if any(index not in own for index in order[:inner]):
                yield array, axis


def lane_axis(array: Array, position: Position, lane: Index, definition: Definition) -> int | None:
    """The one axis that follows the lanes, if the array is otherwise indexed plainly and wholly."""
    short = {along(index) for index in short_indices(definition)}
    loops = {along(index): index for index in definition.loops}
    for place, length in zip(position, array.shape, strict=True):
        if place.number is None and place not in short and (place not in loops or loops[place].extent != length):
            return None
    axes = [axis for axis, place in enumerate(position) if place == Affine({lane: 1})]
    return axes[0] if len(axes) == 1 and array.dtype in ("float32", "int32") else None


def _copy(array: Array, axis: int, layout: Layout) -> tuple[Array, Definition]:
    definition = copied(array, f"{array.name}.packed{axis}")
    written_out = {along(index) for index in short_indices(definition)}
    short = [a for a, place in enumerate(definition.position) if place in written_out and a != axis]
    rest = [a for a in range(len(array.shape)) if a != axis and a not in short]
    layout[definition.array] = strides_for(array.shape, [*short, *rest, axis])
    return definition.array, definition


def _nest(definition: Definition, axis: int) -> Nest:
    """Copies one by one, so that stores are in order; loads are apart, and lanes would not help them."""
    (last,) = definition.position[axis].terms
    order: Order = tuple(sorted(loops_of(definition), key=lambda index: index == last))
    body: tuple[Item, ...] = (definition,)
    for index in reversed(order):
        body = (For(index, body),)
    return Nest(body)


def _reading(nest: Nest, packed: Packed, layout: Layout) -> Nest:
    """The nest with reads of packed arrays directed to their copies."""
    lane = nest.lane
    assert lane is not None

    def turned(definition: Definition) -> Definition:
        def change(e: Expr) -> Expr | None:
            if e.op != "read":
                return None
            array, position = e.data
            axis = lane_axis(array, position, lane, definition)
            copy = packed.get((array, axis)) if axis is not None else None
            return read(copy, position) if copy and stride(array, position, lane, layout) not in (0, 1) else None

        return replace(definition, body=rewrite(definition.body, change, {}))

    return replace(nest, body=mapped(nest.body, turned))
