"""Vector constants: four copies of a number are made once for all their uses in a row, and before an innermost loop.

In an innermost loop a constant is worth a register. Beside a loop it is not worth one in that loop: what stands before
and behind has copies of its own.

Reading order: … → `schedule` → **constants** → `peephole` → …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from wasm_export.instructions import Block, If, Instr, Loop, Node, get, linear, set_
from wasm_export.opcodes import Type

Fresh = Callable[[Type, str], str]
Tree = TypeVar("Tree", bound=Node)


def hoist(body: Sequence[Node], fresh: Fresh) -> list[Node]:
    """The statements with repeated vector constants in locals. Zero stays: it costs nothing."""
    result: list[Node] = []
    row: list[Node] = []
    for node in body:
        if not _has_loop([node]):
            row.append(node)
            continue
        result += _shared(row, 2, fresh)
        row = []
        assert isinstance(node, (Loop, Block))
        if isinstance(node, Loop) and not _has_loop(node.body):
            result += _shared([node], 1, fresh)
        else:
            result.append(replace(node, body=tuple(hoist(node.body, fresh))))
    return result + _shared(row, 2, fresh)


def _has_loop(body: Sequence[Node]) -> bool:
    return any(isinstance(step, Loop) for step in linear(body))


def _shared(body: Sequence[Node], least: int, fresh: Fresh) -> list[Node]:
    """The statements behind those that set constants which are used at least so often."""
    uses = Counter(step for step in linear(body) if isinstance(step, Instr) and _is_constant(step))
    names = {constant: fresh("v128", "c") for constant, count in uses.items() if count >= least}
    return [*(set_(name, constant) for constant, name in names.items()), *(_named(node, names) for node in body)]


def _named(node: Tree, names: Mapping[Instr, str]) -> Tree | Instr:
    if isinstance(node, (Loop, Block)):
        return replace(node, body=tuple(_named(part, names) for part in node.body))
    if isinstance(node, If):
        then, otherwise = (tuple(_named(part, names) for part in parts) for parts in (node.then, node.otherwise))
        return replace(node, cond=_named(node.cond, names), then=then, otherwise=otherwise)
    if not isinstance(node, Instr):
        return node
    if node in names:
        return get(names[node])
    args = tuple(_named(arg, names) for arg in node.args)
    return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)


def _is_constant(node: Instr) -> bool:
    if not node.op.endswith(".splat"):
        return node.op == "v128.const"
    (number,) = node.args
    return isinstance(number, Instr) and number.op in ("f32.const", "i32.const") and number.imm[0] != 0
