"""Prints instruction trees in WebAssembly's text format: folded, indented, with names and comments.

The text is part of the teaching, and it is exact: an assembler makes from it the bytes that `encode` makes. Numbers
are the shortest decimals that round to the same float; a NaN other than the canonical one shows its payload.

>>> from wasm_export.instructions import f32, get, op
>>> print(phrase(op("f32.add", get("x"), f32(0.1))))
(f32.add (local.get $x) (f32.const 0.1))
"""

import re
from collections.abc import Iterable
from struct import pack, unpack
from typing import Any

import numpy as np

from wasm_export.instructions import Comment, Else, End, Function, If, Instr, Module, Node, linear
from wasm_export.opcodes import OPCODES

WIDTH = 100  # of one expression, indentation not counted
Lines = list[str]


def wat(module: Module) -> str:
    """The module in text format. Custom sections appear as `(@custom …)` annotations."""
    lines = [f'(memory (export "memory") {module.pages})']
    for function in module.functions:
        lines += _function(function)
    for offset, content in module.data:
        lines.append(f"(data (i32.const {offset}) {quote(content)})")
    for name, content in module.custom.items():
        lines.append(f"(@custom {quote(name)} {quote(content)})")
    return "\n".join(_close(["(module", *_indent(lines)])) + "\n"


def phrase(node: Node, width: int = WIDTH) -> str:
    """One node on one line, cut at `width` characters; for error messages."""
    text = " ".join(line.strip() for line in _body([node]))
    return text if len(text) <= width else text[: width - 1] + "…"


def identifier(name: str) -> str:
    """`$name`; in quotes when it has characters that a bare identifier must not have."""
    return f"${name}" if re.fullmatch(r"[\w!#$%&'*+\-./:<=>?@\\^`|~]+", name, re.ASCII) else f"${quote(name)}"


def quote(content: str | bytes) -> str:
    r"""A string literal: printable ASCII as it is, quotes and backslashes behind a backslash, other bytes as \hh."""
    data = content.encode() if isinstance(content, str) else content
    escaped = {ord('"'): '\\"', ord("\\"): r"\\"}
    return '"' + "".join(escaped.get(b, chr(b) if 32 <= b < 127 else f"\\{b:02x}") for b in data) + '"'


def _function(function: Function) -> Lines:
    head = [f"(func {identifier(function.name)}"]
    head += [f"(export {quote(function.name)})"] * function.export
    head += [f"(param {identifier(name)} {kind})" for name, kind in function.params]
    head += [f"(result {' '.join(function.results)})"] if function.results else []
    declared = [f"(local {identifier(name)} {kind})" for name, kind in function.locals]
    first, *rest = _fill(head)
    return _close([first, *_indent([*rest, *_fill(declared), *_body(function.body)])])


def _body(nodes: Iterable[Node]) -> Lines:
    """Renders in stack order: every node takes its parts off the list `done` and puts back its own lines."""
    done: list[Lines] = []
    opened: list[int] = []  # where the statements of each open block start in `done`

    def fold(head: str, start: int) -> None:
        done[start:] = [_folded(head, done[start:])]

    def wrap(head: str) -> None:
        start = opened.pop()
        done[start:] = [_close([f"({head}", *_indent(_flat(done[start:]))])]

    def branch(word: str) -> None:
        if len(done) - opened[-1] == 1:
            fold(word, opened.pop())
        else:
            wrap(word)

    for step in linear(nodes):
        if isinstance(step, Instr):
            fold(_head(step), len(done) - len(step.args))
        elif isinstance(step, Comment):
            done.append([f";; {line}" for line in step.text.splitlines()])
        elif isinstance(step, Else):
            branch("then")
            opened.append(len(done))
        elif not isinstance(step, End):
            opened.append(len(done))
        elif isinstance(step.node, If):
            branch("else" if step.node.otherwise else "then")
            result = f" (result {step.node.result})" if step.node.result else ""
            fold(f"if{result}", len(done) - (3 if step.node.otherwise else 2))
        else:
            wrap(f"{type(step.node).__name__.lower()} {identifier(step.node.label)}")
    return _flat(done)


def _folded(head: str, parts: list[Lines]) -> Lines:
    """On one line if it fits, else the parts below the head."""
    words = [f"({head}", *_flat(parts)]
    if sum(map(len, words)) + len(words) <= WIDTH and all(len(part) == 1 for part in parts) and ";;" not in words[-1]:
        return [" ".join(words) + ")"]
    return _close([words[0], *_indent(words[1:])])


def _head(instruction: Instr) -> str:
    kind = OPCODES[instruction.op].immediate if instruction.op in OPCODES else ""
    imm = instruction.imm
    words: Iterable[str] = map(str, imm)
    if kind in ("local", "label", "function"):
        words = map(identifier, imm)
    elif kind == "const":
        words = _constant(instruction.op, *imm)
    elif kind.startswith("memory"):
        offset, align, *lane = imm
        natural = OPCODES[instruction.op].access
        words = [f"offset={offset}"] * (offset != 0) + [f"align={align}"] * (align != natural) + list(map(str, lane))
    return " ".join([instruction.op, *words])


SHAPES = {"i8x16": "<16b", "i16x8": "<8h", "i32x4": "<4i", "i64x2": "<2q", "f32x4": "<4f", "f64x2": "<2d"}


def _constant(op: str, value: Any, shape: str = "i32x4") -> Lines:
    if op == "v128.const":
        return [shape, *(number(f"{shape[:3]}", lane) for lane in unpack(SHAPES[shape], value))]
    return [number(op[:3], value)]


def number(kind: str, value: float) -> str:
    """A literal of the type that gives exactly the bits of `value` (rounded to float32 for f32).

    >>> number("f32", 0.1), number("f32", float("inf")), number("f64", -0.0), number("i32", -1)
    ('0.1', 'inf', '-0.0', '-1')
    """
    if kind not in ("f32", "f64"):
        return str(value)
    if value == value:
        return str(np.float32(value)) if kind == "f32" else repr(float(value))
    bits, fraction = (
        (unpack("<I", pack("<f", value))[0], 23) if kind == "f32" else (unpack("<Q", pack("<d", value))[0], 52)
    )
    payload = bits & ((1 << fraction) - 1)
    sign = "-" if bits >> (31 if kind == "f32" else 63) else ""
    return f"{sign}nan" + (f":{payload:#x}" if payload != 1 << (fraction - 1) else "")


def _flat(parts: list[Lines]) -> Lines:
    return [line for lines in parts for line in lines]


def _indent(lines: Lines) -> Lines:
    return [f"  {line}" for line in lines]


def _close(lines: Lines) -> Lines:
    """Appends the closing bracket, on a line of its own where a comment would swallow it."""
    return [*lines, ")"] if ";;" in lines[-1] else [*lines[:-1], lines[-1] + ")"]


def _fill(words: Lines) -> Lines:
    """Joins words with spaces into lines of at most `WIDTH` characters where possible."""
    lines: Lines = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
