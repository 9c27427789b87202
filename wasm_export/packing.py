"""Rule 4, between its halves: packing. Operands that lie across the lanes are copied once, turned, into scratch memory.

A nest that loads an element again and again, once for each round of a loop outside that the element does not depend on,
loads four lanes at once if they are neighbours. Where they are not (a matrix that is multiplied from the other side), a
small nest before makes a copy in which they are, and every later nest that has the same lanes reads the copy.

Reading order: … → `panels` → **packing** → `donation` → …
"""

from __future__ import annotations

from typing import NamedTuple

from wasm_export.copies import Copy, Packer
from wasm_export.expressions import Affine, Array, Expr, Index, Position, along
from wasm_export.index_form import Definition, copied
from wasm_export.layout import Layout, stride, strides_for
from wasm_export.nests import Nest, Order, loops_around, loops_of, short_indices
from wasm_export.panels import tile_of


class Turned(NamedTuple):
    """An array, and its axis that runs across lanes."""

    array: Array
    axis: int


class Packing(Packer[Turned]):
    """Copies in which the lanes are neighbours."""

    def key(self, element: Expr, definition: Definition, nest: Nest, layout: Layout) -> Turned | None:
        """An element that follows the lanes, but not side by side."""
        array, position = element.data
        if nest.lane is None or tile_of(nest) or stride(array, position, nest.lane, layout) in (0, 1, None):
            return None
        axis = lane_axis(array, position, nest.lane, definition)
        return None if axis is None else Turned(array, axis)

    def pays(self, element: Expr, around: Order) -> bool:
        """Whether a loop repeats it that it does not depend on, around one on which it does."""
        inner = max(around.index(index) for index in element.indices if index in around)
        return any(index not in element.indices for index in around[:inner])

    def copy(self, key: Turned) -> Copy:
        """Short fixed axes outside, the axis of the lanes innermost."""
        definition = copied(key.array, f"{key.array.name}.packed{key.axis}")
        written_out = {along(index) for index in short_indices(definition)}
        short = [a for a, place in enumerate(definition.position) if place in written_out and a != key.axis]
        rest = [a for a in range(len(key.array.shape)) if a != key.axis and a not in short]
        how = strides_for(key.array.shape, [*short, *rest, key.axis])
        return Copy(definition.array, how, _nest(definition, key.axis))


def lane_axis(array: Array, position: Position, lane: Index, definition: Definition) -> int | None:
    """The one axis that follows the lanes, if the array is otherwise indexed plainly and wholly."""
    short = {along(index) for index in short_indices(definition)}
    loops = {along(index): index for index in definition.loops}
    for place, length in zip(position, array.shape, strict=True):
        if place.number is None and place not in short and (place not in loops or loops[place].extent != length):
            return None
    axes = [axis for axis, place in enumerate(position) if place == Affine({lane: 1})]
    return axes[0] if len(axes) == 1 and array.dtype in ("float32", "int32") else None


def _nest(definition: Definition, axis: int) -> Nest:
    """Copies one by one, so that stores are in order; loads are apart, and lanes would not help them."""
    (last,) = definition.position[axis].terms
    order: Order = tuple(sorted(loops_of(definition), key=lambda index: index == last))
    return Nest(loops_around(order, definition))
