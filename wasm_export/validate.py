"""Checks instruction trees before they become bytes, with errors that name the function and the instruction.

The rules are WebAssembly's own validation (core specification, chapter "Validation"), applied to trees: every operand
leaves one value of the type that its instruction wants, and a body leaves what its function or `If` promises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from struct import error as StructError
from struct import pack
from typing import Any, NoReturn, TypeVar

from wasm_export.instructions import Block, Comment, Else, Function, If, Instr, Loop, Module, Node, Step, linear
from wasm_export.opcodes import CONTEXTUAL, OPCODES, Type
from wasm_export.wat import SHAPES, phrase

T = TypeVar("T")


class ValidationError(ValueError):
    """A tree that is not valid WebAssembly."""


def check_module(module: Module) -> None:
    """Checks every function and that names are unique and data lies in memory.

    Raises:
        ValidationError: with the function and the instruction at fault.
    """
    functions = {function.name: function for function in module.functions}
    if len(functions) != len(module.functions):
        names = [function.name for function in module.functions]
        raise ValidationError(f"two functions are called {next(n for n in names if names.count(n) > 1)!r}")
    for function in module.functions:
        check(function, functions)
    for offset, content in module.data:
        if not 0 <= offset <= module.pages * 65536 - len(content):
            raise ValidationError(f"{len(content)} bytes of data at {offset} leave the memory of {module.pages} pages")


def check(function: Function, functions: Mapping[str, Function] | None = None) -> None:
    """Checks one function; `functions` are those that it may call.

    Raises:
        ValidationError: with the function and the instruction at fault.
    """
    checker = _Checker(function, functions or {})
    steps = list(linear(function.body))
    for step in steps:
        problem = _problem(step) if isinstance(step, Instr) else None
        if problem:
            checker.fail(problem)
    for step in steps:
        checker.step(step)
    checker.close(function.results, None)


@dataclass
class _Body:
    """Statements being checked: where their entries start in `values`, and the label that jumps to them."""

    start: int
    label: str | None = None
    dead_from: int | None = None  # behind a jump nothing runs, so nothing needs to be left


class _Checker:
    """Takes the steps of one function in stack order. Each node leaves one entry: its type, or None for a statement."""

    def __init__(self, function: Function, functions: Mapping[str, Function]) -> None:
        self.function = function
        self.functions = functions
        self.locals: dict[str, Type] = {}
        self.values: list[Type | None] = []
        self.bodies = [_Body(0)]
        for name, kind in (*function.params, *function.locals):
            if name in self.locals:
                self.fail(f"two locals are called {name!r}")
            self.locals[name] = kind

    def fail(self, problem: str, at: Node | None = None) -> NoReturn:
        raise ValidationError(f"function {self.function.name}: {problem}" + (f"\n  in {phrase(at)}" if at else ""))

    def step(self, step: Step) -> None:
        if isinstance(step, Instr):
            self.values.append(self.instruction(step))
        elif isinstance(step, Comment):
            self.values.append(None)
        elif isinstance(step, If):
            self.operands(step, [self.values.pop()], ["i32"])
            self.bodies.append(_Body(len(self.values)))
        elif isinstance(step, (Block, Loop)):
            self.bodies.append(_Body(len(self.values), step.label))
        elif isinstance(step, Else):
            self.close(_results(step.node), step.node)
            self.bodies.append(_Body(len(self.values)))
        else:
            if isinstance(step.node, If) and step.node.result and not step.node.otherwise:
                self.fail(f"an If with result {step.node.result} needs `otherwise`", step.node)
            self.close(_results(step.node), step.node)
            self.values.append(step.node.result if isinstance(step.node, If) else None)

    def close(self, results: Sequence[Type], at: Node | None) -> None:
        """The end of a body: what its statements left must be `results`, or their last ones behind a jump."""
        body = self.bodies.pop()
        dead = body.dead_from is not None
        left = [kind for kind in self.values[body.dead_from if dead else body.start :] if kind]
        del self.values[body.start :]
        if left != list(results[max(0, len(results) - len(left)) :] if dead else results):
            self.fail(f"the body leaves {_types(left)} where {_types(results)} is wanted", at)

    def instruction(self, node: Instr) -> Type | None:
        """Checks operands against the row of the table and gives the type of the result."""
        given = [self.values.pop() for _ in node.args][::-1]
        row = OPCODES[node.op]
        wanted, result = self.context(node, given) if node.op in CONTEXTUAL else (row.operands, row.result)
        self.operands(node, given, wanted)
        if node.op in ("br", "return", "unreachable"):
            self.bodies[-1].dead_from = len(self.values)
        return result

    def operands(self, node: Node, given: Sequence[Type | None], wanted: Sequence[Type]) -> None:
        if list(given) != list(wanted):
            self.fail(
                f"{node.op if isinstance(node, Instr) else 'if'} takes {_types(wanted)}, was given {_types(given)}",
                node,
            )

    def context(self, node: Instr, given: Sequence[Type | None]) -> tuple[Sequence[Type], Type | None]:
        """Operand and result types of the instructions in `CONTEXTUAL`."""
        if node.op.startswith("local."):
            kind = self.look_up(node, self.locals, "local")
            return () if node.op == "local.get" else (kind,), None if node.op == "local.set" else kind
        if node.op == "call":
            callee = self.look_up(node, self.functions, "function")
            if len(callee.results) > 1:
                self.fail(f"{callee.name} has {len(callee.results)} results, a tree has room for one", node)
            return [kind for _, kind in callee.params], callee.results[0] if callee.results else None
        if node.op in ("br", "br_if"):
            self.look_up(node, {body.label: body for body in self.bodies if body.label is not None}, "open label")
            return ["i32"] if node.op == "br_if" else [], None
        first: list[Type] = [kind for kind in given[:1] if kind]
        if node.op == "select":
            return [*first, *first, "i32"], first[0] if first else None
        return {"return": self.function.results, "drop": first}.get(node.op, []), None

    def look_up(self, node: Instr, table: Mapping[str, T], what: str) -> T:
        if node.imm[0] not in table:
            self.fail(f"no {what} is called {node.imm[0]!r}", node)
        return table[node.imm[0]]


def _results(node: Block | Loop | If) -> Sequence[Type]:
    return [node.result] if isinstance(node, If) and node.result else []


def _types(kinds: Sequence[Type | None]) -> str:
    return f"({', '.join(kind or 'no value' for kind in kinds)})"


def _problem(node: Instr) -> str | None:
    """What is wrong with the mnemonic or the immediates, if anything is."""
    if node.op not in OPCODES:
        near = get_close_matches(node.op, OPCODES, 1)
        return f"no instruction is called {node.op!r}" + (f"; is {near[0]} meant?" if near else "")
    row, imm = OPCODES[node.op], node.imm
    if row.immediate == "const":
        return _problem_of_constant(node.op, imm)
    wanted = {"": 0, "zeros": 0, "memory": 2, "memory lane": 3, "shuffle": 16}.get(row.immediate, 1)
    if len(imm) != wanted:
        return f"{node.op} has {wanted} immediates, not {imm}"
    if row.immediate in ("local", "label", "function"):
        return None if isinstance(imm[0], str) else f"{node.op} takes a name, not {imm[0]!r}"
    if not all(isinstance(number, int) and number >= 0 for number in imm):
        return f"the immediates of {node.op} are numbers from 0 up, not {imm}"
    if row.access and (imm[1] not in (1, 2, 4, 8, 16) or imm[1] > row.access or imm[0] >= 1 << 32):
        return f"{node.op} takes (offset, alignment) with an alignment of 1 … {row.access} bytes, not {imm}"
    if row.lanes and any(lane >= row.lanes for lane in (imm[2:] if row.access else imm)):
        return f"lanes of {node.op} are 0 … {row.lanes - 1}, not {imm[2:] if row.access else imm}"
    return None


def _problem_of_constant(op: str, imm: tuple[Any, ...]) -> str | None:
    kind = op.split(".")[0]
    if (len(imm) != 1 and kind != "v128") or not imm:
        return f"{op} takes one value, not {imm}"
    value = imm[0]
    if kind == "v128":
        fits = isinstance(value, bytes) and len(value) == 16 and imm[1:] in ((), *((shape,) for shape in SHAPES))
        return None if fits else f"v128.const takes 16 bytes and perhaps a shape, not {imm}"
    if kind in ("i32", "i64"):
        bits = int(kind[1:])
        fits = isinstance(value, int) and -(1 << bits - 1) <= value < 1 << bits
        return None if fits else f"{op} takes an integer of {bits} bits, not {value!r}"
    try:
        pack("<f" if kind == "f32" else "<d", value)
    except (StructError, OverflowError):
        return f"{value!r} is no {op[:3]}"
    return None
