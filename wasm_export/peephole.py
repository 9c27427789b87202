"""Last touch on instructions: values move to where they are first read.

The emitter computes every value into a local, which is simple and always right. Where a local's first reader comes
later in the same statements, with nothing between that changes what the value depends on, the value moves there: in
place of the local if that is its only reader, else as a `local.tee`. That makes the text readable as formulas and the
module smaller; engines do not mind either way.

Reading order: … → `constants` → **peephole** → `functions` → …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wasm_export.instructions import Block, If, Instr, Loop, Node, linear, tee
from wasm_export.opcodes import Type

DEEPEST = 60  # of trees that are built
SHORT = 100  # locals whose number takes one byte, parameters aside
Locals = Sequence[tuple[str, Type]]


def tidy(body: Sequence[Node], declared: Locals) -> tuple[list[Node], Locals]:
    """The statements with values moved to their readers, and the locals that they need, most frequent ones first."""
    types = dict(declared)
    body = _needed(body, uses(body)[0], types)
    gets, sets = uses(body)
    movable = {name: gets[name] for name in sets if name in types and sets[name] == 1}
    done = _statements(body, movable)
    often = sum(uses(done), Counter())
    ranked = sorted((local for local in declared if often[local[0]]), key=lambda local: -often[local[0]])
    short, long = ranked[:SHORT], ranked[SHORT:]
    return done, [*sorted(short, key=lambda local: local[1]), *sorted(long, key=lambda local: local[1])]


def uses(body: Iterable[Node]) -> tuple[Counter[str], Counter[str]]:
    """How often locals are read, and set, in the order in which they first are."""
    gets: Counter[str] = Counter()
    sets: Counter[str] = Counter()
    for step in linear(body):
        if isinstance(step, Instr) and step.op.startswith("local."):
            (gets if step.op == "local.get" else sets)[step.imm[0]] += 1
    return gets, sets


def _needed(body: Sequence[Node], gets: Counter[str], types: Mapping[str, Type]) -> list[Node]:
    """The statements without those that set a local nobody reads, found from the end, where the last readers are."""
    kept: list[Node] = []
    for node in reversed(body):
        if isinstance(node, Instr) and node.op == "local.set" and node.imm[0] in types and not gets[node.imm[0]]:
            gets.subtract(uses([node])[0])
            continue
        if isinstance(node, (Block, Loop)):
            node = replace(node, body=tuple(_needed(node.body, gets, types)))
        kept.append(node)
    return kept[::-1]


def _statements(body: Sequence[Node], movable: Mapping[str, int], near: bool = False) -> list[Node]:
    """One list of statements: `waiting` are values on their way to their reader. `movable` counts readers.

    `near` keeps the order: nothing moves past another statement.
    """
    done: list[Node] = []
    waiting: dict[str, _Waiting] = {}

    def settle(names: Iterable[str]) -> None:
        for name in list(names):
            done.append(waiting.pop(name).statement)

    for node in body:
        if isinstance(node, (Block, Loop)):
            settle(waiting)
            simple = isinstance(node, Loop) and all(isinstance(part, Instr) for part in node.body)
            node = replace(node, body=tuple(_statements(node.body, movable, simple)))
        elif isinstance(node, If):
            settle(waiting)
        if not isinstance(node, Instr):
            done.append(node)
            continue
        needs = _locals_read(node)
        settle([name for name, value in waiting.items() if value.tees & needs])
        tree = _filled(node, waiting)
        target = tree.imm[0] if tree.op == "local.set" else ""
        if target in movable and (value := _Waiting(tree, movable[target] > 1)).depth <= DEEPEST:
            waiting[target] = value
            continue
        settle([name for name, value in waiting.items() if near or _conflicts(tree, value)])
        done.append(tree)
    settle(waiting)
    return done


class _Waiting:
    """A value that has not been computed yet, and what must not happen before."""

    def __init__(self, statement: Instr, keep: bool) -> None:
        self.statement = statement
        (value,) = statement.args
        assert isinstance(value, Instr)
        self.value = tee(statement.imm[0], value) if keep else value
        steps = [step for step in linear([value]) if isinstance(step, Instr)]
        self.reads = _locals_read(value)
        self.tees = {step.imm[0] for step in steps if step.op == "local.tee"}
        self.loads = any("load" in step.op for step in steps)
        self.depth = depth(value)


def depth(node: Node) -> int:
    """The height of a tree."""
    deepest = 0
    pending = [(node, 1)]
    while pending:
        part, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(part, Instr):
            pending += [(arg, level + 1) for arg in part.args]
    return deepest


def _locals_read(node: Node) -> set[str]:
    return {step.imm[0] for step in linear([node]) if isinstance(step, Instr) and step.op == "local.get"}


def _filled(node: Instr, waiting: dict[str, _Waiting]) -> Instr:
    """The tree with waiting values in the place of their locals."""
    if node.op == "local.get" and node.imm[0] in waiting:
        return waiting.pop(node.imm[0]).value
    args = tuple(_filled(arg, waiting) if isinstance(arg, Instr) else arg for arg in node.args)
    return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)


def _conflicts(statement: Instr, value: _Waiting) -> bool:
    """Whether a statement changes what a waiting value reads."""
    if statement.op in ("local.set", "local.tee"):
        return statement.imm[0] in value.reads
    return value.loads
