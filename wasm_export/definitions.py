"""Rule 2: definitions. Which variables are computed once and kept, and which are recomputed where they are used.

Kept are reductions, the Program's outputs, and what would be computed more often than it has elements: an expression
that a use needs in a loop over an index that it does not have, or that several definitions use, if recomputing costs
more than reading it back. All else is written into its uses. Each choice is remembered with its reason and printed.

Reading order: … → `walks` → **definitions** → `machine` → …
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from minigrad.dims import size_of
from wasm_export.expressions import Affine, Array, Expr, Index, Position, mentions
from wasm_export.index_form import UNROLL, Definition, IndexForm, copied
from wasm_export.rewriting import move, rewrite, substitute
from wasm_export.walks import all_reads, lookups, operations, reads

# Costs are in additions. Storing an element and loading it again takes two instructions: what is cheaper is recomputed.
WORTH_KEEPING = 2
# An expression as long as six tanh, or of so many equations written into one another, is cut: it would need more
# registers than there are, and functions that go through expressions call themselves once for each level.
LONGEST, DEEPEST = 120, 40
# Each use is written out, so that chains of uses (a squared, squared again, …) would double in size at each step.
MOST_USES = 8


@dataclass(frozen=True)
class Kernels:
    """The definitions that are computed, in order, with all else written into them.

    `outputs` are (name, array) with arrays defined here; `reasons` say why an array is kept.
    """

    inputs: tuple[Array, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[tuple[str, Array], ...]
    constants: dict[Array, np.ndarray[Any, Any]]
    donate: dict[str, str]
    reasons: dict[Array, str]

    def __str__(self) -> str:
        lines = [(str(d), self.reasons[d.array]) for d in self.definitions]
        return "\n".join(f"{line}  ; {reason}" for line, reason in lines)


@dataclass(frozen=True)
class Use:
    """A kept definition needs the element at this position, once for each value of its loops."""

    by: Definition
    position: Position


def definitions(form: IndexForm) -> Kernels:
    """Chooses what is kept and writes the rest into it."""
    form, outputs = _named_outputs(form)
    known = {definition.array: definition for definition in form.definitions}
    reasons = _choose(form, known, _costs(form, (), cut=False)[0], set(), outputs)
    reasons = _choose(form, known, *_costs(form, reasons), outputs)
    too_long = _costs(form, reasons)[1]
    reasons = {
        d.array: reasons.get(d.array, "long") for d in form.definitions if d.array in reasons or d.array in too_long
    }
    memo: dict[Expr, Expr] = {}

    def expand(e: Expr) -> Expr | None:
        if e.op != "read" or e.data[0] not in known or e.data[0] in reasons:
            return None
        array, position = e.data
        return rewrite(_at(known[array], position), expand, memo)

    kept = [
        replace(
            d,
            body=rewrite(d.body, expand, memo),
            position=tuple(move(p, {}, lambda e: rewrite(e, expand, memo)) for p in d.position),
        )
        for d in form.definitions
        if d.array in reasons
    ]
    return Kernels(form.inputs, tuple(kept), outputs, form.constants, form.donate, reasons)


def _at(definition: Definition, position: Position) -> Expr:
    """The body of a definition for the element at a position."""
    to = dict(_axes(definition, position))
    return substitute(definition.body, to)


def _axes(definition: Definition, position: Position) -> Iterator[tuple[Index, Affine]]:
    for own, place in zip(definition.position, position, strict=True):
        for index in own.terms:
            assert isinstance(index, Index)
            yield index, place


def _named_outputs(form: IndexForm) -> tuple[IndexForm, tuple[tuple[str, Array], ...]]:
    """Gives each output an array of its own: what is an input, a number, or an output twice, is copied."""
    defined = {definition.array for definition in form.definitions}
    added: list[Definition] = []
    outputs: list[tuple[str, Array]] = []
    for name, value in form.outputs:
        if isinstance(value, Array) and value in defined:
            defined.discard(value)
            outputs.append((name, value))
            continue
        label = f"copy{len(added)}"
        if isinstance(value, Array):
            added.append(copied(value, label))
        else:
            added.append(Definition(Array(label, (), value.dtype), (), (), value))
        outputs.append((name, added[-1].array))
    return replace(form, definitions=(*form.definitions, *added)), tuple(outputs)


def _costs(form: IndexForm, kept: Collection[Array], cut: bool = True) -> tuple[dict[Array, int], set[Array]]:
    """What computing an element costs when `kept` arrays are read and all else is written into it.

    Also the arrays where an expression would become too long, which are then read by what follows (if `cut`).
    """
    costs: dict[Array, int] = {}
    seen: dict[Array, tuple[int, int]] = {}  # cost and depth for those who use it
    cuts: set[Array] = set()
    for d in form.definitions:
        needs = [seen.get(r.data[0], (0, 0)) for r in all_reads(d)]
        cost = min(operations(d.body) + sum(c for c, _ in needs), 10 * LONGEST)
        depth = 1 + max((depth for _, depth in needs), default=0)
        if cut and (cost > LONGEST or depth > DEEPEST):
            cuts.add(d.array)
        whole = d.kind != "map" or d.array in cuts or d.array in kept
        costs[d.array], seen[d.array] = cost, (0, 0) if whole else (cost, depth)
    return costs, cuts


def _choose(
    form: IndexForm,
    known: dict[Array, Definition],
    costs: dict[Array, int],
    cuts: set[Array],
    outputs: tuple[tuple[str, Array], ...],
) -> dict[Array, str]:
    """Why each kept array is kept. Uses come before what they use: walks backwards."""
    named = {array for _, array in outputs}
    uses: dict[Array, dict[tuple[Definition, Position], Use]] = {d.array: {} for d in form.definitions}
    reasons: dict[Array, str] = {}
    for d in reversed(form.definitions):
        mine = list(uses[d.array].values())
        reason = "output" if d.array in named else ""
        if not reason and mine:
            forced = d.kind if d.kind != "map" else "long" if d.array in cuts else ""
            reason = forced or _worth_keeping(d, mine, costs[d.array])
        if reason:
            reasons[d.array] = reason
            mine = [Use(d, d.position)]
        for use in mine:
            body = d.body if reason else _at(d, use.position)
            for r in reads(body, *(lookups(d) if reason else ())):
                array, position = r.data
                if array in uses:
                    uses[array].setdefault((use.by, position), Use(use.by, position))
    return {d.array: reasons[d.array] for d in form.definitions if d.array in reasons}


def _worth_keeping(definition: Definition, uses: list[Use], cost: int) -> str:
    """The reason to keep an elementwise definition, "" for none. `cost` is that of one element."""
    if len(uses) > MOST_USES and cost >= 1:
        return f"{len(uses)} uses"
    if cost < WORTH_KEEPING:
        return ""
    for use in uses:
        repeated = _repeats_over(use, definition.array)
        if repeated:
            return f"costs {cost}, else repeated over {repeated}"
    times = sum(_share(definition, use) for use in uses)
    if (times - 1) * cost >= WORTH_KEEPING:
        return f"costs {cost}, else computed {float(times):.3g} times"
    return ""


def _repeats_over(use: Use, array: Array) -> str:
    """Names a loop around the use that the element does not depend on and that cannot be left to the innermost.

    Innermost loops are harmless: there the element is computed once, before them. Written-out loops are no loops.
    """
    own: frozenset[Index] = frozenset().union(*map(mentions, use.position))
    plain = [index for place in use.position for index in place.terms if len(place.terms) == 1]
    as_they_are = set(plain) == own and len(plain) == len(own)  # else sums of indices, or looked up
    if not as_they_are and size_of([index.extent for index in own]) != size_of(array.shape):
        return "other positions"
    loops = [i for i in use.by.loops if not (isinstance(i.extent, int) and i.extent <= UNROLL)]
    while loops and loops[-1] not in own:
        loops.pop()
    return next((index.name for index in loops if index not in own), "")


def _share(definition: Definition, use: Use) -> Fraction:
    """The part of the array's elements that the use computes: 1/3 for one of three columns."""
    share = Fraction(1)
    for index, place in _axes(definition, use.position):
        if not place.terms and isinstance(index.extent, int):
            share /= index.extent
    return share
