"""WebAssembly as trees: instructions, functions and modules that a compiler can build, print and encode.

Reading order: `opcodes` → `instructions` → `wat` → `validate` → `encode`. An instruction is a node whose children are
its operands, named by WebAssembly's own mnemonic; locals, functions and labels go by name. So a tree reads as the
folded text format does, and `linear` gives the order in which the stack machine runs it:

>>> tree = set_("y", op("f32.add", get("x"), f32(1.0)))
>>> [node.op for node in linear([tree])]
['local.get', 'f32.const', 'f32.add', 'local.set']
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import pack
from typing import Any, TypeAlias

from wasm_export.opcodes import OPCODES, Type


@dataclass(frozen=True)
class Instr:
    """One instruction: a mnemonic of `OPCODES`, its operands, and its immediates (which its row in the table names)."""

    op: str
    args: "tuple[Node, ...]" = ()
    imm: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Block:
    """Statements; `br` to the label jumps behind them."""

    label: str
    body: "tuple[Node, ...]"


@dataclass(frozen=True)
class Loop:
    """Statements; `br` to the label jumps to their start. Without such a jump they run once."""

    label: str
    body: "tuple[Node, ...]"


@dataclass(frozen=True)
class If:
    """Runs `then` when the i32 `cond` is not 0, else `otherwise`. With a `result` type both leave one value."""

    cond: "Node"
    then: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]" = ()
    result: Type | None = None


@dataclass(frozen=True)
class Comment:
    """A line for the reader of the text format; no bytes."""

    text: str


Node: TypeAlias = Instr | Block | Loop | If | Comment


@dataclass(frozen=True)
class Function:
    """Parameters and locals are (name, type) pairs; locals start at zero. `export` shows the function to the host."""

    name: str
    params: tuple[tuple[str, Type], ...]
    results: tuple[Type, ...]
    locals: tuple[tuple[str, Type], ...]
    body: tuple[Node, ...]
    export: bool = False


@dataclass(frozen=True)
class Module:
    """Functions over one memory of `pages` × 64 KiB, exported as "memory"; no imports.

    `data` are (byte offset, bytes) that the memory starts with; `custom` are custom sections by name.
    """

    functions: tuple[Function, ...]
    data: tuple[tuple[int, bytes], ...] = ()
    custom: Mapping[str, bytes] = field(default_factory=dict)
    pages: int = 1


@dataclass(frozen=True)
class Else:
    """In `linear` order: between the `then` part and the `otherwise` part of `node`."""

    node: If


@dataclass(frozen=True)
class End:
    """In `linear` order: behind the last statement of `node`."""

    node: Block | Loop | If


Step: TypeAlias = Node | Else | End


def linear(nodes: Iterable[Node]) -> Iterator[Step]:
    """The nodes in the order of the stack machine: operands, then their instruction; blocks as opening … `End`.

    An `If` follows its condition. It walks with a list instead of recursion, so that depth has no limit.
    """
    pending: list[tuple[Step, bool]] = [(node, False) for node in reversed(tuple(nodes))]
    while pending:
        node, operands_done = pending.pop()
        operands = () if operands_done else _operands(node)
        if operands:
            pending.append((node, True))
            pending.extend((operand, False) for operand in reversed(operands))
        else:
            yield node
            pending.extend((step, False) for step in reversed(_inside(node)))


def _operands(node: Step) -> tuple[Node, ...]:
    if isinstance(node, If):
        return (node.cond,)
    return node.args if isinstance(node, Instr) else ()


def _inside(node: Step) -> tuple[Step, ...]:
    if isinstance(node, If):
        otherwise = (Else(node), *node.otherwise) if node.otherwise else ()
        return (*node.then, *otherwise, End(node))
    return (*node.body, End(node)) if isinstance(node, (Block, Loop)) else ()


def op(name: str, *args: Node, imm: tuple[Any, ...] = ()) -> Instr:
    """`op("f32.add", a, b)`, `op("f32x4.extract_lane", v, imm=(0,))`."""
    return Instr(name, args, imm)


def get(name: str) -> Instr:
    """The value of a local or parameter."""
    return Instr("local.get", (), (name,))


def set_(name: str, value: Node) -> Instr:
    """Sets the local; a statement."""
    return Instr("local.set", (value,), (name,))


def tee(name: str, value: Node) -> Instr:
    """Sets the local and leaves the value."""
    return Instr("local.tee", (value,), (name,))


def i32(value: int) -> Instr:
    """A constant, signed or unsigned."""
    return Instr("i32.const", (), (value,))


def i64(value: int) -> Instr:
    """A constant, signed or unsigned."""
    return Instr("i64.const", (), (value,))


def f32(value: float) -> Instr:
    """The nearest float32 of `value`."""
    return Instr("f32.const", (), (value,))


def f64(value: float) -> Instr:
    """A float64 constant."""
    return Instr("f64.const", (), (value,))


def f32x4(*values: float) -> Instr:
    """A constant of four float32 lanes; one value fills all."""
    return op("f32x4.splat", f32(*values)) if len(values) == 1 else _vector("f32x4", "<4f", values)


def f64x2(*values: float) -> Instr:
    """A constant of two float64 lanes; one value fills both."""
    return op("f64x2.splat", f64(*values)) if len(values) == 1 else _vector("f64x2", "<2d", values)


def i32x4(*values: int) -> Instr:
    """A constant of four 32-bit lanes, signed or unsigned; one value fills all."""
    if len(values) == 1:
        return op("i32x4.splat", i32(*values))
    return _vector("i32x4", "<4I", [value & 0xFFFFFFFF for value in values])


def i64x2(*values: int) -> Instr:
    """A constant of two 64-bit lanes, signed or unsigned; one value fills both."""
    if len(values) == 1:
        return op("i64x2.splat", i64(*values))
    return _vector("i64x2", "<2Q", [value & 0xFFFFFFFFFFFFFFFF for value in values])


# A splat of a constant takes 7 bytes where v128.const takes 18, and engines make the same code of both.
def _vector(shape: str, form: str, values: Sequence[float]) -> Instr:
    if len(values) != int(shape[-1]):
        raise ValueError(f"an {shape} constant takes 1 or {shape[-1]} values, not {len(values)}")
    # The shape is for the text format alone.
    return Instr("v128.const", (), (pack(form, *values), shape))


def load(name: str, address: Node, offset: int = 0, align: int | None = None) -> Instr:
    """A load `name` (`f32.load`, `v128.load32_splat`) from address + offset, all in bytes; natural alignment."""
    return Instr(name, (address,), (offset, align or OPCODES[name].access))


def store(name: str, address: Node, value: Node, offset: int = 0, align: int | None = None) -> Instr:
    """A store `name` (`v128.store`, `i32.store8`) of value to address + offset, all in bytes; natural alignment."""
    return Instr(name, (address, value), (offset, align or OPCODES[name].access))
