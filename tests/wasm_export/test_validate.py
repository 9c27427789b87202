"""Malformed trees are refused with the function, the instruction and the reason."""

from typing import Any

import pytest
import wasmtime

from wasm_export.encode import encode
from wasm_export.instructions import (
    Block,
    Comment,
    Function,
    If,
    Instr,
    Loop,
    Module,
    f32,
    get,
    i32,
    load,
    op,
    set_,
    tee,
)
from wasm_export.validate import ValidationError, check, check_module

V = f32(1)


def function(*body: Any, results: Any = (), name: str = "f") -> Function:
    return Function(name, (("x", "f32"), ("v", "v128")), results, (("i", "i32"),), body)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (op("f32.add", V, i32(1)), r"function f: f32.add takes \(f32, f32\), was given \(f32, i32\)\n  in \(f32.add"),
        (op("f32.add", V), r"f32.add takes \(f32, f32\), was given \(f32\)"),
        (op("f32.neg", set_("x", V)), r"f32.neg takes \(f32\), was given \(no value\)"),
        (op("f32.neg", Comment("hm")), r"f32.neg takes \(f32\), was given \(no value\)"),
        (op("f32.ad", V, V), "no instruction is called 'f32.ad'; is f32.add meant"),
        (V, r"the body leaves \(f32\) where \(\) is wanted"),
        (Block("b", (V,)), r"the body leaves \(f32\) where \(\) is wanted\n  in \(block \$b"),
        (get("y"), "no local is called 'y'"),
        (set_("i", V), r"local.set takes \(i32\), was given \(f32\)"),
        (op("drop", tee("i", V)), r"local.tee takes \(i32\)"),
        (op("call", imm=("g",)), "no function is called 'g'"),
        (op("br", imm=("out",)), "no open label is called 'out'"),
        (Block("b", (op("br_if", V, imm=("b",)),)), r"br_if takes \(i32\)"),
        (op("return", V), r"return takes \(\), was given \(f32\)"),
        (op("drop", op("select", V, i32(1), i32(1))), r"select takes \(f32, f32, i32\), was given \(f32, i32, i32\)"),
        (op("drop", set_("x", V)), r"drop takes \(\), was given \(no value\)"),
        (If(V, ()), r"if takes \(i32\), was given \(f32\)"),
        (op("drop", If(i32(1), (V,), (i32(1),), "f32")), r"the body leaves \(i32\) where \(f32\) is wanted"),
        (op("drop", If(i32(1), (V,), (), "f32")), "an If with result f32 needs `otherwise`"),
        (op("drop", i32(1 << 32)), "i32.const takes an integer of 32 bits, not 4294967296"),
        (op("drop", i32(1.5)), "i32.const takes an integer of 32 bits, not 1.5"),  # type: ignore[arg-type]
        (op("drop", f32(1e39)), r"1e\+39 is no f32"),
        (op("drop", f32("1")), "'1' is no f32"),  # type: ignore[arg-type]
        (
            op("drop", Instr("v128.const", (), (b"short",))),
            r"v128.const takes 16 bytes and perhaps a shape, not \(b'short',\)",
        ),
        (op("drop", Instr("f32.const")), r"f32.const takes one value, not \(\)"),
        (op("drop", Instr("f32.load", (i32(0),), (4,))), r"f32.load has 2 immediates, not \(4,\)"),
        (op("drop", load("f32.load", i32(0), -4)), "the immediates of f32.load are numbers from 0 up"),
        (op("drop", load("f32.load", i32(0), 0, 8)), "f32.load takes .* an alignment of 1 … 4 bytes"),
        (op("drop", load("f32.load", i32(0), 0, 3)), "f32.load takes .* an alignment of 1 … 4 bytes"),
        (op("drop", op("f32x4.extract_lane", get("v"), imm=(4,))), "lanes of f32x4.extract_lane are 0 … 3"),
        (op("drop", op("i8x16.shuffle", get("v"), get("v"), imm=tuple(range(17, 33)))), "lanes of i8x16.shuffle are"),
        (op("drop", op("i8x16.shuffle", get("v"), get("v"), imm=(0,))), "i8x16.shuffle has 16 immediates"),
        (op("drop", Instr("v128.load8_lane", (i32(0), get("v")), (0, 1, 16))), "lanes of v128.load8_lane are 0 … 15"),
        (Instr("local.get", (), (3,)), "local.get takes a name, not 3"),
    ],
)
def test_a_malformed_tree_is_refused(node: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check(function(node))
    with pytest.raises(ValidationError, match=message):
        encode(Module((function(node),)))


def test_results_are_those_of_the_signature() -> None:
    check(function(V, i32(1), results=("f32", "i32")))
    with pytest.raises(ValidationError, match=r"the body leaves \(f32\) where \(f32, i32\) is wanted"):
        check(function(V, results=("f32", "i32")))


def test_nothing_is_wanted_behind_a_jump() -> None:
    back = op("br", imm=("l",))
    for good in (
        function(Loop("l", (back,)), op("unreachable"), results=("f32",)),
        function(op("return", V), set_("x", V), results=("f32",)),
        function(i32(1), op("return", V), results=("f32",)),
        function(i32(1), op("return", V), V, results=("f32",)),
        function(op("drop", If(i32(1), (op("return", V),), (V,), "f32")), V, results=("f32",)),
    ):
        wasmtime.Module.validate(wasmtime.Engine(), encode(Module((good,))))
    with pytest.raises(ValidationError, match="the body leaves"):
        check(function(op("return", V), i32(1), results=("f32",)))
    with pytest.raises(ValidationError, match="the body leaves"):
        check(function(Loop("l", (back,)), results=("f32",)))


def test_calls_have_the_types_of_the_callee() -> None:
    callee = Function("g", (("a", "f32"),), ("i32",), (), (i32(1),))
    check(function(set_("i", op("call", V, imm=("g",)))), {"g": callee})
    with pytest.raises(ValidationError, match=r"call takes \(f32\), was given \(\)"):
        check(function(op("call", imm=("g",))), {"g": callee})
    pair = Function("g", (), ("i32", "i32"), (), (i32(1), i32(1)))
    with pytest.raises(ValidationError, match="g has 2 results"):
        check(function(op("call", imm=("g",))), {"g": pair})


def test_names_are_unique_and_data_lies_in_memory() -> None:
    with pytest.raises(ValidationError, match="two functions are called 'f'"):
        check_module(Module((function(), function())))
    with pytest.raises(ValidationError, match="function f: two locals are called 'x'"):
        check(Function("f", (("x", "f32"),), (), (("x", "i32"),), ()))
    with pytest.raises(ValidationError, match="8 bytes of data at 65530 leave the memory of 1 page"):
        check_module(Module((), ((65530, bytes(8)),)))
