"""Loop nests: definitions placed in loops, the form between the five rules and the instructions.

A `For` runs an index over a body of loops and definitions. A definition is evaluated where it stands, in each round of
the loops around it; one that reduces over a loop around it accumulates there and is finished when that loop ends.
A `Nest` is one outermost loop (or what stands in no loop), with the index that runs across lanes, and by how much
loops are unrolled.

Reading order: … → `machine` → **nests** → `layout` → …
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from wasm_export.expressions import Array, Index
from wasm_export.index_form import UNROLL, Definition
from wasm_export.walks import reads


@dataclass(frozen=True, eq=False)
class For:
    """Runs `index` over the body."""

    index: Index
    body: tuple[Item, ...]


Item: TypeAlias = For | Definition
Order: TypeAlias = tuple[Index, ...]  # of loops, outermost first


@dataclass(frozen=True, eq=False)
class Nest:
    """Loops that run together.

    `lane` runs across the four lanes of vectors. `unroll` says how many rounds of a loop are done side by side (for
    `lane`: how many vectors). The loops in `whole` have such wide rounds alone, see `surplus`;
    `once` says that rows which are done again must not be stored again. `why` says, to be printed, what keeps it
    from being one with the nest before.
    """

    body: tuple[Item, ...]
    lane: Index | None = None
    unroll: Mapping[Index, int] = field(default_factory=dict)
    whole: frozenset[Index] = frozenset()
    once: bool = False
    why: str = ""

    def __str__(self) -> str:
        return "\n".join(_lines(self.body, self))


def contained(items: tuple[Item, ...]) -> Iterator[Definition]:
    """All definitions in the order in which they are evaluated."""
    for item in items:
        if isinstance(item, For):
            yield from contained(item.body)
        else:
            yield item


def made_in(nest: Nest) -> set[Array]:
    """The arrays that a nest computes."""
    return {definition.array for definition in contained(nest.body)}


def loops_around(order: Order, definition: Definition) -> tuple[Item, ...]:
    """A definition alone in its loops."""
    body: tuple[Item, ...] = (definition,)
    for index in reversed(order):
        body = (For(index, body),)
    return body


def mapped(items: tuple[Item, ...], change: Callable[[Definition], Definition]) -> tuple[Item, ...]:
    """The same loops with each definition changed."""
    return tuple(For(i.index, mapped(i.body, change)) if isinstance(i, For) else change(i) for i in items)


def paths(items: tuple[Item, ...], around: Order = ()) -> Iterator[tuple[Definition, Order]]:
    """All definitions with the loops around them."""
    for item in items:
        if isinstance(item, For):
            yield from paths(item.body, (*around, item.index))
        else:
            yield item, around


def deepest(nest: Nest) -> Order:
    """The loops of a nest, outermost first."""
    order: list[Index] = []
    items = nest.body
    while inner := [item for item in items if isinstance(item, For)]:
        order.append(inner[0].index)
        items = inner[0].body
    return tuple(order)


def short_indices(definition: Definition) -> tuple[Index, ...]:
    """The short fixed kept indices of a definition that need no loop: innermost ones first, up to `UNROLL` elements.

    What numbers products of matrices, outside of their rows and columns, stays a loop: each product is tiled.
    """
    chosen: list[Index] = []
    longer: list[Index] = []
    room = UNROLL
    for index in reversed(definition.indices):
        extent = index.extent
        if isinstance(extent, int) and 0 < extent <= room and not _rows_and_columns(longer, definition):
            room //= extent
            chosen.append(index)
        else:
            longer.append(index)
    return tuple(reversed(chosen))


def _rows_and_columns(inner: list[Index], definition: Definition) -> bool:
    """Whether the innermost two are those of a product: summed over, and no factor has both."""
    pair = set(inner[:2])
    return bool(definition.reduced) and len(pair) == 2 and not any(pair <= r.indices for r in reads(definition.body))


def loops_of(definition: Definition) -> Order:
    """The indices that need loops, kept ones first."""
    short = short_indices(definition)
    return tuple(index for index in definition.loops if index not in short)


def _lines(items: tuple[Item, ...], nest: Nest, indent: str = "") -> list[str]:
    lines: list[str] = []
    for item in items:
        if isinstance(item, For):
            lines.append(f"{indent}{_heading(item.index, nest)}:")
            lines += _lines(item.body, nest, indent + "    ")
        else:
            lines.append(f"{indent}{item}")
    return lines


def _heading(index: Index, nest: Nest) -> str:
    """How a loop runs. An index that has the name of its extent needs no bound."""
    words = [f"for each {index}" if str(index) == str(index.extent) else f"for each {index} below {index.extent}"]
    words += ["four at a time"] if index == nest.lane else []
    count = nest.unroll.get(index, 1)
    words += [f"{count} {'vectors' if index == nest.lane else 'rounds'} side by side"] if count > 1 else []
    words += ["the last round a whole one"] if index in nest.whole else []
    return ", ".join(words)
