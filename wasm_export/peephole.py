"""Last touch on instructions: a local that is set once and read once becomes the tree it stood for.

The emitter computes every value into a local, which is simple and always right. Where a local's only reader comes later
in the same statements, with nothing between that changes what the value depends on, the value moves into its place.
That makes the text readable as formulas and the module half as large; engines do not mind either way.

Reading order: … → `codegen` → **peephole** → `module` → …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from wasm_export.instructions import Block, If, Instr, Loop, Node, linear
from wasm_export.opcodes import Type

DEEPEST = 60  # of trees that are built
Locals = Sequence[tuple[str, Type]]


def inline(body: Sequence[Node], declared: Locals) -> tuple[tuple[Node, ...], tuple[tuple[str, Type], ...]]:
    """The statements with single-use locals written out, and the locals that remain."""
    gets, sets = _uses(body)
    names = {name for name, _ in declared}
    single = {name for name in names if gets[name] == 1 and sets[name] == 1}
    unused = {name for name in names if gets[name] == 0}
    done = _statements(body, single, unused)
    gets, sets = _uses(done)
    return tuple(done), tuple(local for local in declared if gets[local[0]] or sets[local[0]])


def _uses(body: Iterable[Node]) -> tuple[Counter[str], Counter[str]]:
    gets: Counter[str] = Counter()
    sets: Counter[str] = Counter()
    for step in linear(body):
        if isinstance(step, Instr) and step.op.startswith("local."):
            (gets if step.op == "local.get" else sets)[step.imm[0]] += 1
    return gets, sets


def _statements(body: Sequence[Node], single: set[str], unused: set[str]) -> list[Node]:
    """One list of statements: `waiting` are values on their way to their reader, oldest first."""
    done: list[Node] = []
    waiting: dict[str, _Waiting] = {}

    def settle(names: Iterable[str]) -> None:
        for name in list(names):
            done.append(waiting.pop(name).statement)

    for node in body:
        if isinstance(node, (Block, Loop)):
            settle(waiting)
            node = replace(node, body=tuple(_statements(node.body, single, unused)))
        elif isinstance(node, If):
            settle(waiting)
        if not isinstance(node, Instr):
            done.append(node)
            continue
        tree = _filled(node, waiting)
        target = tree.imm[0] if tree.op == "local.set" else None
        if target in unused:
            continue
        if target in single and (value := _Waiting(tree)).depth <= DEEPEST:
            waiting[target] = value
            continue
        settle([name for name, value in waiting.items() if _conflicts(tree, value)])
        done.append(tree)
    settle(waiting)
    return done


class _Waiting:
    """A value that has not been computed yet, and what must not happen before."""

    def __init__(self, statement: Instr) -> None:
        self.statement = statement
        (value,) = statement.args
        assert isinstance(value, Instr)
        self.value = value
        steps = [step for step in linear([value]) if isinstance(step, Instr)]
        self.reads = {step.imm[0] for step in steps if step.op == "local.get"}
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
