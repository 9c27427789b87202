"""Rule 3: sweeps. Which definitions run in the same loops.

Each definition gets an order of its loops: kept indices outside, reduced ones inside; what is elementwise takes the
order of its first user, and is placed right before it, as late as possible. Definitions share a nest when one's loops
begin like the other's and what they use of each other is pointwise in the shared loops: then it stays in a register. A
finished reduction can be used behind the loop that it reduces over, in the loops around it (as an epilogue), or in a
later nest. An epilogue stays only where the lanes of the nest are its own lanes too; else it starts the next nest.

Reading order: … → `layout` → **sweeps** → `lanes` → …
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minigrad.program import Program
from wasm_export.definitions import Kernels
from wasm_export.expressions import Affine, Array, Expr, Index, Position, along, mentions
from wasm_export.index_form import Definition, IndexForm
from wasm_export.layout import Layout, best_lane, choose_layout
from wasm_export.nests import For, Item, Nest, Order, contained, loops_of, short_indices
from wasm_export.walks import all_reads, reads

BEFORE, AFTER = 0, 1  # the inner loop


@dataclass
class Draft:
    """A nest that is being filled: its loops, and its definitions with their place beside the loop inside theirs."""

    order: Order
    members: dict[Definition, int] = field(default_factory=dict)
    lane: Index | None = None
    why: str = ""  # it does not belong to the nest before


def sweeps(kernels: Kernels) -> tuple[tuple[Nest, ...], Layout]:
    """All definitions in nests, in an order in which everything is computed before it is used."""
    sequence = _sequence(kernels)
    orders = _orders(sequence)
    layout = choose_layout(kernels, orders)
    drafts: list[Draft] = []
    homes: dict[Array, int] = {}
    for definition in sequence:
        order = orders[definition]
        needs = [homes[array] for array in _arrays(definition) if array in homes]
        why = ""
        for number in range(len(drafts) - 1, max(needs, default=0) - 1, -1):
            obstacle = _join(drafts[number], definition, orders, layout)
            if not obstacle:
                homes[definition.array] = number
                break
            why = why or obstacle
        else:
            lane = best_lane([definition], order, orders, layout)
            drafts.append(Draft(order, {definition: BEFORE}, lane, why))
            homes[definition.array] = len(drafts) - 1
    nests = [Nest(_tree(draft, orders), draft.lane, why=draft.why) for draft in drafts]
    return tuple(nests), layout


def _arrays(definition: Definition) -> list[Array]:
    return [r.data[0] for r in all_reads(definition)]


def _sequence(kernels: Kernels) -> list[Definition]:
    """Reductions and outputs in the order of the Program, each right behind the elementwise definitions it needs."""
    known = {d.array: d for d in kernels.definitions}
    outputs = {array for _, array in kernels.outputs}
    done: dict[Definition, None] = {}

    def visit(definition: Definition) -> None:
        pending = [definition]
        while pending:
            needs = [known[a] for a in _arrays(pending[-1]) if a in known and known[a] not in done]
            if needs:
                pending += sorted(needs, key=rank.__getitem__, reverse=True)
            else:
                done.setdefault(pending.pop())

    rank = {d: number for number, d in enumerate(kernels.definitions)}
    for definition in kernels.definitions:
        if definition.kind != "map" or definition.array in outputs:
            visit(definition)
    return list(done)


def _orders(sequence: list[Definition]) -> dict[Definition, Order]:
    """The order of each definition's loops."""
    users: dict[Array, Definition] = {}
    for definition in reversed(sequence):
        users |= dict.fromkeys(_arrays(definition), definition)
    orders: dict[Definition, Order] = {}
    for definition in reversed(sequence):
        own = loops_of(definition)
        around = orders.get(users.get(definition.array, definition), ())
        follows = definition.kind == "map" and set(own) <= set(around)
        orders[definition] = tuple(i for i in around if i in own) if follows else own
    return orders


def _join(draft: Draft, new: Definition, orders: dict[Definition, Order], layout: Layout) -> str:
    """Adds a definition to a nest if it fits there; else says why it does not."""
    order = orders[new]
    short, long = sorted((order, draft.order), key=len)
    if any(map(_alone, (new, *draft.members))):
        return "a scatter stands alone"
    if long[: len(short)] != short or (not short and long) or _written_out_elsewhere(new, draft, long):
        return "other loops"
    phase = BEFORE
    for member, place in draft.members.items():
        needed = _meets(new, member, place, orders)
        if needed is None:
            return f"needs all of {member.array}"
        phase = max(phase, needed)
    lane = best_lane([*draft.members, new], long, orders, layout)
    if draft.lane != lane or any(lane not in orders[d] for d in (new, *draft.members) if lane):
        return "other lanes"
    if len(order) > len(draft.order) and any(place == AFTER for place in draft.members.values()):
        return "more loops than what is finished there"
    draft.order, draft.members[new] = long, phase
    return ""


def _alone(definition: Definition) -> bool:
    return definition.kind == "scatter"


def _written_out_elsewhere(new: Definition, draft: Draft, order: Order) -> bool:
    """Whether an index is a loop for one and written out for the other."""
    return any(i in order for d in (new, *draft.members) for i in short_indices(d))


def _meets(new: Definition, old: Definition, place: int, orders: dict[Definition, Order]) -> int | None:
    """Where `new` may stand so that what it uses of `old` is known: beside the inner loop, or None for nowhere."""
    positions = [r.data[1] for r in all_reads(new) if r.data[0] is old.array]
    if not positions:
        return BEFORE
    kept = len(orders[old]) - len(old.reduced)
    if not all(pointwise(position, old, new) for position in positions) or len(orders[new]) < kept:
        return None
    finished_behind = bool(old.reduced) or place == AFTER
    if len(orders[new]) > kept:
        return None if finished_behind else BEFORE
    return AFTER if finished_behind else BEFORE


def pointwise(position: Position, definition: Definition, reader: Definition) -> bool:
    """Whether `reader` reads an element that `definition` makes in the same round (written-out indices are free)."""
    free = {along(index) for index in short_indices(definition)}
    return all(
        place == own or (own in free and _is_known(place, reader))
        for place, own in zip(position, definition.position, strict=True)
    )


def _is_known(place: Affine, reader: Definition) -> bool:
    """Whether a position is a number once the reader's written-out indices are."""
    looked_up_from = [symbol for symbol in place.terms if isinstance(symbol, Expr)]
    return mentions(place) <= set(short_indices(reader)) and not any(reads(*looked_up_from))


def _tree(draft: Draft, orders: dict[Definition, Order], depth: int = 0) -> tuple[Item, ...]:
    here = {d: place for d, place in draft.members.items() if len(orders[d]) == depth}
    before = tuple(d for d, place in here.items() if place == BEFORE)
    after = tuple(d for d, place in here.items() if place == AFTER)
    if depth == len(draft.order):
        return before + after
    return (*before, For(draft.order[depth], _tree(draft, orders, depth + 1)), *after)


def kept_in_memory(kernels: Kernels, nests: tuple[Nest, ...]) -> frozenset[Array]:
    """Which arrays have to be stored: outputs, and what another nest reads."""
    stored = {array for _, array in kernels.outputs}
    for nest in nests:
        own = {definition.array for definition in contained(nest.body)}
        for definition in contained(nest.body):
            stored |= {array for array in _arrays(definition) if array not in own}
    defined = {definition.array for nest in nests for definition in contained(nest.body)}
    return frozenset(stored & defined)


def equations_of(program: Program, form: IndexForm, nests: tuple[Nest, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """For each nest its outermost index and its equations: those of its definitions and what is written into them."""
    numbers = {definition.array: number for number, definition in enumerate(form.definitions)}
    kept = {definition.array for nest in nests for definition in contained(nest.body)}
    found: list[tuple[str, tuple[int, ...]]] = []
    for nest in nests:
        mine: set[int] = set()
        pending = [d.array for d in contained(nest.body)]
        while pending:
            array = pending.pop()
            if array in numbers and numbers[array] not in mine:
                mine.add(numbers[array])
                body = form.definitions[numbers[array]]
                needs = {r.data[0] for r in all_reads(body)}
                pending += [need for need in needs if need not in kept]
        first = next((item for item in nest.body if isinstance(item, For)), None)
        found.append((first.index.name if first else "", tuple(sorted(mine))))
    return found
