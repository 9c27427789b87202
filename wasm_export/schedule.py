"""The order of statements in an innermost loop: so that few vectors are alive at a time.

The emitter finishes one definition after the other, and what they share stays alive between them. An order that always
does next what ends the most vectors and begins the fewest leaves more registers for totals: a number that has been
multiplied for one total goes to the next one before another number is loaded.

Reading order: … → `codegen` → **schedule** → `constants` → …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from wasm_export.instructions import Block, Instr, Loop, Node, linear
from wasm_export.opcodes import Type

LONGEST = 150  # statements; a longer body is left as it is, to compile in little time


def schedule(body: Sequence[Node], types: Mapping[str, Type]) -> list[Node]:
    """The statements with the bodies of innermost loops in a better order; `types` are those of the locals."""
    return [_scheduled(node, types) if isinstance(node, (Loop, Block)) else node for node in body]


def _scheduled(node: Loop | Block, types: Mapping[str, Type]) -> Node:
    if not isinstance(node, Loop) or len(node.body) > LONGEST or not all(isinstance(part, Instr) for part in node.body):
        return replace(node, body=tuple(schedule(node.body, types)))
    body = [Statement(part) for part in node.body if isinstance(part, Instr)]
    readers = Counter(name for statement in body for name in statement.gets if types.get(name) == "v128")
    carried: set[str] = set()
    made: set[str] = set()
    for statement in body:
        carried |= statement.gets - made
        made |= statement.sets
    for name in carried:  # from round to round, or the same in all: always alive
        del readers[name]
    ordered: list[Node] = []
    for movable, group in groupby(body, lambda statement: statement.node.op == "local.set"):
        run = list(group)
        ordered += _ordered(run, readers) if movable else [statement.node for statement in run]
    return replace(node, body=tuple(ordered))


class Statement:
    """A statement and the locals that it reads and sets."""

    def __init__(self, node: Instr) -> None:
        self.node = node
        steps = [step for step in linear([node]) if isinstance(step, Instr)]
        self.gets = {step.imm[0] for step in steps if step.op == "local.get"}
        self.sets = {step.imm[0] for step in steps if step.op in ("local.set", "local.tee")}


def _ordered(run: Sequence[Statement], readers: Counter[str]) -> Iterator[Node]:
    """List scheduling: of all that can be done next, what leaves the fewest vectors alive; of those the first.

    `readers` counts the statements that have yet to read a vector.
    """
    waits = _dependences(run)
    left = dict.fromkeys(range(len(run)))
    while left:
        ready = [number for number in left if not waits[number] & left.keys()]
        chosen = min(ready, key=lambda number: (_growth(run[number], readers), number))
        readers.subtract(name for name in run[chosen].gets if name in readers)
        del left[chosen]
        yield run[chosen].node


def _growth(statement: Statement, readers: Counter[str]) -> int:
    """How many vectors more are alive after a statement."""
    begun = sum(name in readers for name in statement.sets)
    return begun - sum(readers[name] == 1 for name in statement.gets)


def _dependences(run: Sequence[Statement]) -> list[set[int]]:
    """For each statement those that have to be done before: what sets its locals, or reads them before they change."""
    waits: list[set[int]] = []
    setter: dict[str, int] = {}
    getters: dict[str, set[int]] = {}
    for number, statement in enumerate(run):
        needs = {setter[name] for name in statement.gets | statement.sets if name in setter}
        waits.append(needs.union(*(getters.get(name, ()) for name in statement.sets)))
        for name in statement.gets:
            getters.setdefault(name, set()).add(number)
        for name in statement.sets:
            setter[name] = number
            getters[name] = set()
    return waits
