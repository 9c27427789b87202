"""Our bytes against wasmtime's assembler and validator."""

import math
import struct
from typing import Any

import numpy as np
import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from wasm_export.encode import encode, signed, unsigned
from wasm_export.instructions import (
    Block,
    Comment,
    Function,
    If,
    Instr,
    Loop,
    Module,
    Node,
    f32,
    f32x4,
    f64,
    f64x2,
    get,
    i32,
    i32x4,
    i64,
    i64x2,
    load,
    op,
    set_,
    store,
    tee,
)
from wasm_export.opcodes import CONTEXTUAL, OPCODES, Type
from wasm_export.wat import wat


def sections(binary: bytes) -> list[tuple[int, bytes]]:
    """(id, content) of each section, the "name" section left out."""
    found, at = [], 8
    while at < len(binary):
        number, at, size, shift = binary[at], at + 1, 0, 0
        while True:
            byte, at = binary[at], at + 1
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                break
        content, at = binary[at : at + size], at + size
        if number or not content.startswith(b"\x04name"):
            found.append((number, content))
    return found


def agreed(module: Module) -> bytes:
    """Our bytes, after checking that the assembler makes the same from our text and that the validator accepts them."""
    ours, theirs = encode(module), wasmtime.wat2wasm(wat(module))
    assert sections(ours) == sections(bytes(theirs)), wat(module)
    wasmtime.Module.validate(wasmtime.Engine(), ours)
    return ours


def run(module: Module, name: str, *args: Any) -> Any:
    store_ = wasmtime.Store()
    instance = wasmtime.Instance(store_, wasmtime.Module(store_.engine, agreed(module)), [])
    function = instance.exports(store_)[name]
    assert isinstance(function, wasmtime.Func)
    return function(store_, *args)


def returning(value: Any, kind: Any) -> Module:
    return Module((Function("f", (), (kind,), (), (value,), export=True),))


IMMEDIATES = {
    "": (),
    "zeros": (),
    "lane": (1,),
    "shuffle": tuple(range(16, 32)),
    "memory": (200, 1),
    "memory lane": (300, 1, 1),
}
CONSTANTS = {"i32": -7, "i64": 1 << 40, "f32": 0.1, "f64": 0.1, "v128": bytes(range(16))}


@pytest.mark.parametrize("name", sorted(set(OPCODES) - CONTEXTUAL))
def test_an_instruction_has_the_assemblers_bytes(name: str) -> None:
    row = OPCODES[name]
    params = tuple((f"x{i}", kind) for i, kind in enumerate(row.operands))
    imm = (CONSTANTS[row.result or ""],) if row.immediate == "const" else IMMEDIATES[row.immediate]
    node = Instr(name, tuple(get(param) for param, _ in params), imm)
    results = (row.result,) if row.result else ()
    agreed(Module((Function("f", params, results, (), (node,)),)))
    if row.access:
        natural = Instr(name, node.args, (0, row.access, *imm[2:]))
        agreed(Module((Function("f", params, results, (), (natural,)),)))


def test_the_table_has_no_opcode_twice() -> None:
    assert len({row.code for row in OPCODES.values()}) == len(OPCODES) > 400


def test_control_flow_computes() -> None:
    """Squares summed in a function that is called, with a loop, an early exit, an If of each kind and a select."""
    square = Function("square", (("x", "i32"),), ("i32",), (), (op("i32.mul", get("x"), get("x")),))
    body = (
        If(op("i32.lt_s", get("n"), i32(0)), (op("return", i32(-1)),)),
        Block(
            "done",
            (
                Comment("the sum of i² for i < n,\nbut never beyond 1000"),
                Loop(
                    "next",
                    (
                        op("br_if", op("i32.ge_s", get("i"), get("n")), imm=("done",)),
                        set_("sum", op("i32.add", get("sum"), op("call", get("i"), imm=("square",)))),
                        set_("i", op("i32.add", get("i"), i32(1))),
                        If(
                            op("i32.gt_s", get("sum"), i32(1000)),
                            (op("br", imm=("done",)),),
                            (op("br", imm=("next",)),),
                        ),
                    ),
                ),
            ),
        ),
        op("drop", op("select", f32(1), f32(2), get("n"))),
        If(op("i32.eqz", get("n")), (i32(-2),), (Comment("not empty"), get("sum")), result="i32"),
    )
    locals_ = (("i", "i32"), ("unused", "v128"), ("sum", "i32"), ("other", "i32"))
    total = Function("total", (("n", "i32"),), ("i32",), locals_, body, export=True)  # type: ignore[arg-type]
    module = Module((square, total))
    assert [run(module, "total", n) for n in (-1, 0, 1, 4, 100)] == [-1, -2, 0, 14, 1015]
    exports = wasmtime.Module(wasmtime.Engine(), agreed(module)).exports
    assert [export.name for export in exports] == ["memory", "total"]


def test_labels_may_be_used_again_inside() -> None:
    inner = Block("a", (op("br", imm=("a",)),))
    body = (Block("a", (Loop("b", (inner, op("br_if", i32(0), imm=("b",)), op("br", imm=("a",)))),)), i32(5))
    assert run(Module((Function("f", (), ("i32",), (), body, export=True),)), "f") == 5


def test_memory_and_data() -> None:
    body = (
        store("f32.store", i32(64), op("f32.mul", load("f32.load", i32(0), 4), f32(2))),
        op("memory.copy", i32(68), i32(64), i32(4)),
        op("memory.fill", i32(65), i32(0), i32(0)),
        op("f32.add", load("f32.load", i32(68)), op("f32.convert_i32_s", op("memory.size"))),
    )
    module = Module(
        (Function("f", (), ("f32",), (), body, export=True),),
        ((4, struct.pack("<f", 1.25)), (70000, b'"\\\n\xff')),
        pages=2,
    )
    assert run(module, "f") == 4.5


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 0.1, 1 / 3, 1e-45, 1.1754944e-38, 3.4028235e38, 16777217.0, 1e10, -1e-7, math.inf, -math.inf],
)
def test_float_constants_are_exact(value: float) -> None:
    as_f32, as_f64 = run(returning(f32(value), "f32"), "f"), run(returning(f64(value), "f64"), "f")
    assert struct.pack("<f", as_f32) == np.float32(value).tobytes()
    assert struct.pack("<d", as_f64) == struct.pack("<d", value)
    agreed(returning(f32x4(value), "v128"))
    agreed(returning(f64x2(value, -value), "v128"))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_any_bit_pattern_is_a_float_constant(bits32: int, bits64: int) -> None:
    single, double = struct.pack("<I", bits32), struct.pack("<Q", bits64)
    agreed(returning(f64(struct.unpack("<d", double)[0]), "f64"))
    agreed(returning(f32x4(*struct.unpack("<4f", single * 4)), "v128"))
    agreed(returning(f64x2(*struct.unpack("<2d", double * 2)), "v128"))
    value = np.frombuffer(single, "<f4")[0]
    assert np.isnan(value) or b"\x43" + single in agreed(returning(f32(value), "f32"))


@given(st.integers(-(2**31), 2**32 - 1), st.integers(-(2**63), 2**64 - 1))
def test_integer_constants_wrap(small: int, large: int) -> None:
    assert (run(returning(i32(small), "i32"), "f") - small) % 2**32 == 0
    assert (run(returning(i64(large), "i64"), "f") - large) % 2**64 == 0
    lane = op("i32x4.extract_lane", i32x4(0, 1, small, 3), imm=(2,))
    assert (run(returning(lane, "i32"), "f") - small) % 2**32 == 0
    wide = op("i64x2.extract_lane", i64x2(large), imm=(1,))
    assert (run(returning(wide, "i64"), "f") - large) % 2**64 == 0


@given(st.integers(0, 2**70))
def test_unsigned_leb128_is_sevenths_lowest_first(value: int) -> None:
    encoded = unsigned(value)
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(encoded)) == value
    assert [byte >> 7 for byte in encoded] == [1] * (len(encoded) - 1) + [0]
    assert len(encoded) == max(1, -(-value.bit_length() // 7))


@given(st.integers(-(2**70), 2**70))
def test_signed_leb128_is_twos_complement(value: int) -> None:
    encoded = signed(value)
    number = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(encoded))
    assert number - (encoded[-1] >> 6 << 7 * len(encoded)) == value
    assert [byte >> 7 for byte in encoded] == [1] * (len(encoded) - 1) + [0]
    assert len(encoded) == (value if value >= 0 else ~value).bit_length() // 7 + 1


def test_odd_names_are_escaped() -> None:
    names = ["a b", 'quote"s', "back\\slash", "naïve ∂", "params.0.W", "new\nline", "(;", ";;"]
    locals_ = tuple((name, "f32") for name in names)
    body = tuple(set_(name, tee("a b", f32(i))) for i, name in enumerate(names))
    functions = tuple(Function(name, (), (), locals_, body, export=True) for name in names)  # type: ignore[arg-type]
    binary = agreed(Module(functions, custom={'mini"grad\n': "{∂}\\".encode()}))
    exports = wasmtime.Module(wasmtime.Engine(), binary).exports
    assert [export.name for export in exports] == ["memory", *names]


def test_names_are_added_only_on_request() -> None:
    module = Module((Function("inner", (("x", "f32"),), (), (("y", "f32"),), (set_("y", get("x")),)),))
    plain, named = encode(module), encode(module, names=True)
    assert b"inner" not in plain
    assert named.startswith(plain)
    assert named[len(plain) :] == bytes(wasmtime.wat2wasm(wat(module)))[len(plain) :]


def test_a_custom_section_holds_its_bytes() -> None:
    module = Module((), custom={"minigrad": b'{"version":1}'})
    assert (0, b'\x08minigrad{"version":1}') in sections(agreed(module))


KINDS: tuple[Type, ...] = ("i32", "i64", "f32", "f64", "v128")


def trees(kind: Type, depth: int) -> st.SearchStrategy[Node]:
    """Random expressions of one type over a local of each type."""
    rows = [name for name, row in OPCODES.items() if row.result == kind and name not in CONTEXTUAL]
    leaf: st.SearchStrategy[Node] = st.builds(get, st.just(kind))
    if depth == 0:
        return leaf

    def applied(name: str) -> st.SearchStrategy[Node]:
        row = OPCODES[name]
        imm = (CONSTANTS[kind],) if row.immediate == "const" else IMMEDIATES[row.immediate]
        return st.tuples(*(trees(t, depth - 1) for t in row.operands)).map(lambda args: Instr(name, args, imm))

    part = st.deferred(lambda: trees(kind, depth - 1))
    choice = st.builds(lambda c, a, b: If(c, (Comment("a;;"), a), (b,), kind), trees("i32", 0), part, part)
    chosen = st.builds(lambda a, b, c: op("select", a, b, c), part, part, trees("i32", 0))
    return st.one_of(st.sampled_from(rows).flatmap(applied), choice, chosen, leaf)


@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), trees(kind, 3))))
def test_random_trees_have_the_assemblers_bytes(tree: tuple[Type, Node]) -> None:
    kind, node = tree
    params = tuple((kind, kind) for kind in KINDS)
    agreed(Module((Function("f", params, (kind,), (), (node,)),)))


def test_a_deep_tree_encodes_and_prints() -> None:
    value = f32(0)
    for i in range(1100):
        value = op("f32.add", value, f32(i))
    module = returning(value, "f32")
    assert len(encode(module)) > 1100 * 6
    assert wat(module).count("f32.add") == 1100
