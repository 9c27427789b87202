"""Rule 4, tiles of larger products: operands packed so that a tile reads one run of memory.

A product x[n, k] · y[k, m] runs as a tile of rows (unrolled n) by vectors (unrolled m across lanes) with k innermost.
In each round of k it reads a few neighbours of a row of y; rows can be far apart. So before, y is copied into panels:
each as wide as the tile, and all of k long. An operand of the rows is packed likewise if it lies across k.

Reading order: … → `packing` → **panels** → `donation` → …
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from wasm_export.expressions import Affine, Array, Expr, Index, Position, mentions, read
from wasm_export.index_form import Definition, copied
from wasm_export.lanes import reductions
from wasm_export.layout import Layout, Panel, stride
from wasm_export.machine import LANES, SIZES
from wasm_export.nests import For, Item, Nest, contained, deepest, mapped
from wasm_export.rewriting import rewrite
from wasm_export.surplus import whole_rows
from wasm_export.walks import reads


class Tile(NamedTuple):
    """The loops of a product: rows, lanes, and the sum over `depth`."""

    row: Index
    lane: Index
    depth: Index


class Key(NamedTuple):
    """What identifies a copy: the array, the loop that is tiled and its axis, the axis that is summed, the width."""

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


def panels(nests: Sequence[Nest], layout: Layout, stored: Collection[Array]) -> tuple[tuple[Nest, ...], Layout]:
    """The nests with operands of tiled products packed before them."""
    result: list[Nest] = []
    copies: dict[Key, Array] = {}
    layout = dict(layout)
    for nest in nests:
        tile = tile_of(nest)
        nest = whole_rows(nest, layout, stored, bases=None)
        for key in _operands(nest, tile, layout) if tile else ():
            if key not in copies:
                copy, before = _copy(key)
                copies[key], layout[copy] = copy, Panel(key.axis, key.depth, key.width)
                result.append(before)
        result.append(_reading(nest, tile, copies, layout) if tile else nest)
    return tuple(result), layout


def _operands(nest: Nest, tile: Tile, layout: Layout) -> list[Key]:
    made = {d.array for d in contained(nest.body)}
    keys = [
        _key(r.data[0], r.data[1], nest, tile, layout)
        for d in reductions(nest)
        for r in reads(d.body)
        if r.data[0] not in made
    ]
    return list(dict.fromkeys(key for key in keys if key))


def _key(array: Array, position: Position, nest: Nest, tile: Tile, layout: Layout) -> Key | None:
    """How to pack an operand, None if it should stay: it is indexed otherwise, or lies well already."""
    if SIZES[array.dtype] != 4:
        return None
    for index in (tile.lane, tile.row):
        axes = [axis for axis, place in enumerate(position) if place == Affine({index: 1})]
        depths = [axis for axis, place in enumerate(position) if place == Affine({tile.depth: 1})]
        plain = frozenset().union(*map(mentions, position)) == {index, tile.depth} and len(position) == 2
        if not (plain and axes and depths):
            continue
        if index not in nest.whole:
            return None
        if array.shape[axes[0]] != index.extent or array.shape[depths[0]] != tile.depth.extent:
            return None
        width = nest.unroll.get(index, 1) * (LANES if index == tile.lane else 1)
        if index == tile.row and (width != 4 or stride(array, position, tile.depth, layout) == 1):
            return None
        return Key(array, index, axes[0], depths[0], width)
    return None


def _copy(key: Key) -> tuple[Array, Nest]:
    """The copy and the nest that makes it, in rounds as wide as those that read it."""
    definition = copied(key.array, f"{key.array.name}.panels{key.axis}.{key.width}")
    tile, depth = definition.indices[key.axis], definition.indices[key.depth]
    body: tuple[Item, ...] = (For(tile, (For(depth, (definition,)),)),)
    return definition.array, Nest(body, tile, {tile: key.width // LANES}, whole=frozenset((tile,)))


def _reading(nest: Nest, tile: Tile, copies: dict[Key, Array], layout: Layout) -> Nest:
    core = set(reductions(nest))

    def turned(definition: Definition) -> Definition:
        def change(e: Expr) -> Expr | None:
            if e.op != "read":
                return None
            array, position = e.data
            key = _key(array, position, nest, tile, layout)
            return read(copies[key], position) if key in copies else None

        return replace(definition, body=rewrite(definition.body, change, {})) if definition in core else definition

    return replace(nest, body=mapped(nest.body, turned))
