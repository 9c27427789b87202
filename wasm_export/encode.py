"""Instruction trees become bytes: WebAssembly's binary format, whole.

A module is a magic number and a row of sections; a section is an id, a length and its content; every integer is LEB128,
seven bits a byte, lowest first. Names are gone: locals and functions are numbers, and a label is the number of blocks
between a branch and the one it leaves. (WebAssembly core specification, chapter "Binary Format".)
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from struct import pack

from wasm_export.instructions import Block, Else, End, Function, If, Instr, Loop, Module, Node, linear
from wasm_export.opcodes import OPCODES
from wasm_export.validate import check_module

TYPES = {"i32": b"\x7f", "i64": b"\x7e", "f32": b"\x7d", "f64": b"\x7c", "v128": b"\x7b", None: b"\x40"}


def encode(module: Module, names: bool = False) -> bytes:
    """The module as a .wasm file; `names` adds the names of functions and locals for debuggers and profilers.

    Raises:
        ValidationError: when a tree is not valid WebAssembly.
    """
    check_module(module)
    signatures = [_signature(function) for function in module.functions]
    types = list(dict.fromkeys(signatures))
    exports = [_string("memory") + b"\x02" + unsigned(0)]
    exports += [_string(f.name) + b"\x00" + unsigned(i) for i, f in enumerate(module.functions) if f.export]
    indices = {function.name: i for i, function in enumerate(module.functions)}
    data = [b"\x00\x41" + signed(offset) + b"\x0b" + _sized(content) for offset, content in module.data]
    sections = [
        _list_section(1, types),
        _list_section(3, [unsigned(types.index(signature)) for signature in signatures]),
        _list_section(5, [b"\x00" + unsigned(module.pages)]),
        _list_section(7, exports),
        _list_section(10, [_sized(_code(function, indices)) for function in module.functions]),
        _list_section(11, data),
        *(_section(0, _string(name) + content) for name, content in module.custom.items()),
        name_section(module) if names else b"",
    ]
    return b"\0asm" + pack("<I", 1) + b"".join(sections)


def unsigned(value: int) -> bytes:
    """LEB128 of a number from 0 up.

    >>> unsigned(624485).hex()
    'e58e26'
    """
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def signed(value: int) -> bytes:
    """LEB128 of any integer, in two's complement; bit 6 of the last byte is the sign.

    >>> signed(-123456).hex()
    'c0bb78'
    """
    encoded = bytearray()
    while not -0x40 <= value < 0x40:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value & 0x7F])


def _sized(content: bytes) -> bytes:
    return unsigned(len(content)) + content


def _string(text: str) -> bytes:
    return _sized(text.encode())


def _vector(items: Iterable[bytes]) -> bytes:
    listed = list(items)
    return unsigned(len(listed)) + b"".join(listed)


def _section(number: int, content: bytes) -> bytes:
    return bytes([number]) + _sized(content)


def _list_section(number: int, items: list[bytes]) -> bytes:
    return _section(number, _vector(items)) if items else b""


def _signature(function: Function) -> bytes:
    params = _vector(TYPES[kind] for _, kind in function.params)
    return b"\x60" + params + _vector(TYPES[kind] for kind in function.results)


def _code(function: Function, functions: Mapping[str, int]) -> bytes:
    groups = [list(group) for _, group in groupby(kind for _, kind in function.locals)]
    locals_ = {name: i for i, (name, _) in enumerate((*function.params, *function.locals))}
    declared = _vector(unsigned(len(group)) + TYPES[group[0]] for group in groups)
    return declared + _body(function.body, locals_, functions) + b"\x0b"


def _body(nodes: Iterable[Node], locals_: Mapping[str, int], functions: Mapping[str, int]) -> bytes:
    code = bytearray()
    labels: list[str | None] = []  # of the open blocks, outermost first; None is an If
    for step in linear(nodes):
        if isinstance(step, Instr):
            code += OPCODES[step.op].code + _immediates(step, locals_, functions, labels)
        elif isinstance(step, (Block, Loop)):
            code += (b"\x02" if isinstance(step, Block) else b"\x03") + TYPES[None]
            labels.append(step.label)
        elif isinstance(step, If):
            code += b"\x04" + TYPES[step.result]
            labels.append(None)
        elif isinstance(step, Else):
            code += b"\x05"
        elif isinstance(step, End):
            code += b"\x0b"
            labels.pop()
    return bytes(code)


def _immediates(
    node: Instr, locals_: Mapping[str, int], functions: Mapping[str, int], labels: list[str | None]
) -> bytes:
    """The bytes behind the opcode."""
    kind = OPCODES[node.op].immediate
    if kind == "const":
        return _constant(node)
    if kind == "local":
        return unsigned(locals_[node.imm[0]])
    if kind == "function":
        return unsigned(functions[node.imm[0]])
    if kind == "label":
        return unsigned(labels[::-1].index(node.imm[0]))
    if kind == "zeros":
        return bytes(2 if node.op == "memory.copy" else 1)
    if kind.startswith("memory"):
        offset, align, *lane = node.imm
        return unsigned(align.bit_length() - 1) + unsigned(offset) + bytes(lane)
    return bytes(node.imm)


def _constant(node: Instr) -> bytes:
    value = node.imm[0]
    if node.op in ("i32.const", "i64.const"):
        bits = int(node.op[1:3])
        return signed(value - (1 << bits) if value >> (bits - 1) == 1 else value)
    if node.op == "v128.const":
        return bytes(value)
    return pack("<f" if node.op == "f32.const" else "<d", value)


def name_section(module: Module) -> bytes:
    """The section "name" (specification, appendix "Custom Sections"): functions (1) and their locals (2)."""
    functions = _vector(unsigned(i) + _string(function.name) for i, function in enumerate(module.functions))
    locals_ = _vector(
        unsigned(i) + _vector(unsigned(j) + _string(name) for j, (name, _) in enumerate((*f.params, *f.locals)))
        for i, f in enumerate(module.functions)
    )
    return _section(0, _string("name") + _section(1, functions) + _section(2, locals_))
