"""Rule 4, last rounds: a loop that does several elements a round needs no second loop for those that remain.

A loop for the remaining elements would be one more copy of the body for each width. Where it cannot be told from the
results, the last round is a whole one instead, and its surplus does no harm:

- Surplus *lanes* hold what lies beyond the end of the axis, at most `OVERREAD` bytes beyond the end of an array, or the
  last element again. They add nothing to totals and are not stored.
- Surplus *rows* of an unrolled loop are the last row again. Storing them again changes nothing; where it would, because
  the row has been updated in place or is read from beyond the end of a packed operand, they are not stored.

Reading order: … → `partial` → **surplus** → `copies` → …
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from wasm_export.expressions import Array, Index, mentions
from wasm_export.layout import Layout, Panel, stride
from wasm_export.machine import SIZES
from wasm_export.nests import Nest, contained, deepest, made_in, paths
from wasm_export.walks import reads

OVERREAD = 32  # bytes: two vectors, of which at least one element is inside


def whole_lanes(nest: Nest, layout: Layout, stored: Collection[Array]) -> Nest:
    """The nest, marked if the loop across lanes may have whole rounds alone."""
    if nest.lane is None or not _lanes_may(nest, nest.lane, layout, stored):
        return nest
    return replace(nest, whole=nest.whole | {nest.lane})


def whole_rows(nest: Nest, layout: Layout, stored: Collection[Array], bases: Mapping[Array, str] | None) -> Nest:
    """The nest with its unrolled loops marked that may have whole rounds alone.

    `bases` say where arrays lie; as long as that is not known (None), every nest might update its arrays in place.
    """
    once = bases is None or _updates(nest, stored, bases) or _reads_padding(nest, layout)
    rows = {row for row in nest.unroll if row != nest.lane and _rows_may(nest, row, once, stored)}
    return replace(nest, whole=nest.whole | rows, once=once)


def _lanes_may(nest: Nest, lane: Index, layout: Layout, stored: Collection[Array]) -> bool:
    """Whether all that varies over the lanes lies evenly apart, and is stored as words.

    Leaving lanes out of a total is an operation more for each element, too much in an inner loop.
    """
    order = deepest(nest)
    made = made_in(nest)
    for definition, around in paths(nest.body):
        if lane not in around:
            continue
        if lane in definition.reduced and around == order and len(order) > 1:
            return False
        loaded = [r.data for r in reads(definition.body) if r.data[0] not in made]
        if any(stride(array, position, lane, layout) is None for array, position in loaded):
            return False
        if definition.array in stored and lane in definition.indices and SIZES[definition.array.dtype] != 4:
            return False
    return True


def _rows_may(nest: Nest, row: Index, once: bool, stored: Collection[Array]) -> bool:
    """Whether a row may be done twice: nothing is summed over the rows, and what is stored once is stored in lanes."""
    for d in contained(nest.body):
        kept = d.array in stored and row in d.indices
        if row in d.reduced or (once and kept and not (nest.lane in nest.whole and nest.lane in d.indices)):
            return False
    return True


def _updates(nest: Nest, stored: Collection[Array], bases: Mapping[Array, str]) -> bool:
    """Whether the nest replaces in memory what it reads."""
    made = made_in(nest)
    places = {bases[array] for array in made if array in stored}
    read = {r.data[0] for d in contained(nest.body) for r in reads(d.body)}
    return any(bases.get(array) in places for array in read - made)


def _reads_padding(nest: Nest, layout: Layout) -> bool:
    """Whether rows beyond the last one come from the padding of a packed operand."""
    for d in contained(nest.body):
        for array, position in (r.data for r in reads(d.body)):
            how = layout.get(array)
            if isinstance(how, Panel) and nest.lane not in mentions(position[how.tile]):
                return True
    return False
