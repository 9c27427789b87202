"""Vector constants come out of loops: four copies of a number are made once, before the loops that use them.

Reading order: … → `codegen` → **constants** → `peephole` → …
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from wasm_export.instructions import Block, Instr, Loop, Node, get, set_
from wasm_export.opcodes import Type


def hoist(nest: Sequence[Node], fresh: Callable[[Type, str], str]) -> list[Node]:
    """The statements of a nest with its vector constants in locals that are set first. Zero stays: it costs nothing."""
    names: dict[Instr, str] = {}

    def change(node: Node, inside: bool) -> Node:
        if isinstance(node, Loop):
            return replace(node, body=tuple(change(part, True) for part in node.body))
        if isinstance(node, Block):
            return replace(node, body=tuple(change(part, inside) for part in node.body))
        if not isinstance(node, Instr):
            return node
        if inside and node.op.endswith(".splat") and _is_number(node.args[0]):
            if node not in names:
                names[node] = fresh("v128", "c")
            return get(names[node])
        args = tuple(change(arg, inside) for arg in node.args)
        return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)

    body = [change(node, False) for node in nest]
    return [*(set_(name, node) for node, name in names.items()), *body]


def _is_number(node: Node) -> bool:
    return isinstance(node, Instr) and node.op in ("f32.const", "i32.const") and node.imm[0] != 0
