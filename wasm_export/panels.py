"""Rule 4, tiles of larger products: operands packed so that a tile reads one run of memory.

A product x[n, k] · y[k, m] runs as a tile of rows (unrolled n) by vectors (unrolled m across lanes) with k innermost.
In each round of k it reads a few neighbours of a row of y; rows can be far apart. So before, y is copied into panels:
each as wide as the tile, and all of k long. An operand of the rows is packed likewise if it lies across k. Of a stack
of matrices, each has panels of its own.

Reading order: … → `copies` → **panels** → `packing` → …
"""

from __future__ import annotations

from typing import NamedTuple

from wasm_export.copies import Copy, Packer
from wasm_export.expressions import Array, Expr, Index, Position, along, mentions
from wasm_export.index_form import Definition, copied
from wasm_export.lanes import reductions
from wasm_export.layout import Layout, Panel, stride
from wasm_export.machine import LANES, SIZES
from wasm_export.nests import Nest, Order, deepest, loops_around


class Tile(NamedTuple):
    """The loops of a product: rows, lanes, and the sum over `depth`."""

    row: Index
    lane: Index
    depth: Index


class Run(NamedTuple):
    """What identifies a panel: the array, the loop that is tiled and its axis, the axis that is summed, the width."""

    array: Array
    tile: Index
    axis: int
    depth: int
    width: int


def tile_of(nest: Nest) -> Tile | None:
    """The loops of a nest that multiplies larger matrices, else None."""
    order, core = deepest(nest), reductions(nest)
    if nest.lane is None or len(order) < 3 or not core or {d.reduced for d in core} != {order[-1:]}:
        return None
    rows = [index for index in order[:-1] if index != nest.lane]
    return Tile(rows[-1], nest.lane, order[-1]) if nest.lane in order[:-1] else None


class Panels(Packer[Run]):
    """Copies of which a tile reads one run."""

    def key(self, element: Expr, definition: Definition, nest: Nest, layout: Layout) -> Run | None:
        """An operand of a tiled product, unless it is indexed otherwise, or lies well already."""
        array, position = element.data
        tile = tile_of(nest)
        if tile is None or definition not in reductions(nest) or SIZES[array.dtype] != 4:
            return None
        axes = axes_of(array, position)
        for index in (tile.lane, tile.row):
            if axes and index in nest.whole and element.indices.intersection(tile) == {index, tile.depth}:
                width = nest.unroll.get(index, 1) * (LANES if index == tile.lane else 1)
                near = index == tile.row and (width != 4 or stride(array, position, tile.depth, layout) == 1)
                return None if near else Run(array, index, axes[index], axes[tile.depth], width)
        return None

    def pays(self, element: Expr, around: Order) -> bool:
        """Always: it is read in each round of the loops over the tiles."""
        return True

    def copy(self, key: Run) -> Copy:
        """In rounds as wide as those that read it."""
        definition = copied(key.array, f"{key.array.name}.panels{key.axis}.{key.width}")
        loops = {axis: index for index, axis in axes_of(key.array, definition.position).items()}
        tile, depth = loops.pop(key.axis), loops.pop(key.depth)
        order = (*loops.values(), tile, depth)
        nest = Nest(loops_around(order, definition), tile, {tile: key.width // LANES}, whole=frozenset((tile,)))
        return Copy(definition.array, Panel(key.axis, key.depth, key.width), nest)


def axes_of(array: Array, position: Position) -> dict[Index, int]:
    """The axes by the index that runs over them; nothing, unless each has one of its own that runs over all of it."""
    axes = {
        index: axis
        for axis, (place, length) in enumerate(zip(position, array.shape, strict=True))
        for index in mentions(place)
        if place == along(index) and index.extent == length
    }
    return axes if len(axes) == sum(length != 1 for length in array.shape) else {}
