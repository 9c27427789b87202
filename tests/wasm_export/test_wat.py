"""The text format is readable and exact."""

from wasm_export.instructions import (
    Block,
    Comment,
    Function,
    If,
    Instr,
    Loop,
    Module,
    f32,
    f32x4,
    get,
    i32,
    i32x4,
    load,
    op,
    set_,
    store,
)
from wasm_export.wat import number, phrase, wat

EXPECTED = """\
(module
  (memory (export "memory") 3)
  (func $scale (export "scale") (param $x i32) (param $n i32) (result i32)
    (local $i i32)
    ;; y[i] = 2 * x[i]
    (loop $next
      (v128.store offset=16
        (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 4)))
        (f32x4.mul
          (v128.load align=4 (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 4))))
          (f32x4.splat (f32.const 2.0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if
        (i32.lt_u (local.get $i) (local.get $n))
        (then
          (br $next)
          ;; never here
        )
        (else (br $next))))
    (block $empty)
    (if (result i32) (local.get $n) (then (i32.const 1)) (else (i32.const -1))))
  (data (i32.const 8) "a\\"\\00")
  (@custom "minigrad" "{}"))
"""


def test_a_module_reads_folded_and_indented() -> None:
    address = op("i32.add", get("x"), op("i32.shl", get("i"), i32(4)))
    again = op("br", imm=("next",))
    body = (
        Comment("y[i] = 2 * x[i]"),
        Loop(
            "next",
            (
                store("v128.store", address, op("f32x4.mul", load("v128.load", address, 0, 4), f32x4(2)), 16),
                set_("i", op("i32.add", get("i"), i32(1))),
                If(op("i32.lt_u", get("i"), get("n")), (again, Comment("never here")), (again,)),
            ),
        ),
        Block("empty", ()),
        If(get("n"), (i32(1),), (i32(-1),), "i32"),
    )
    function = Function("scale", (("x", "i32"), ("n", "i32")), ("i32",), (("i", "i32"),), body, export=True)
    assert wat(Module((function,), ((8, b'a"\0'),), {"minigrad": b"{}"}, 3)) == EXPECTED


def test_numbers_are_the_shortest_that_round_trip() -> None:
    assert [number("f32", value) for value in (1 / 3, 1e-45, 16777216.0)] == ["0.33333334", "1e-45", "1.6777216e+07"]
    assert [number("f64", value) for value in (1 / 3, float("-inf"))] == ["0.3333333333333333", "-inf"]
    assert number("f32", float("nan")).lstrip("-") == "nan"


def test_a_phrase_fits_its_width() -> None:
    node = op("f32.add", get("a long name"), f32(1))
    assert phrase(node) == '(f32.add (local.get $"a long name") (f32.const 1.0))'
    assert phrase(node, 12) == "(f32.add (l…"
    assert phrase(Instr("f32.ad", (), (3, "x"))) == "(f32.ad 3 x)"


def test_vector_constants_print_in_the_shape_they_were_written() -> None:
    assert phrase(f32x4(1, 2, 0.1, -4)) == "(v128.const f32x4 1.0 2.0 0.1 -4.0)"
    assert phrase(i32x4(1, 2, 3, -4)) == "(v128.const i32x4 1 2 3 -4)"
    assert phrase(Instr("v128.const", (), (bytes(16),))) == "(v128.const i32x4 0 0 0 0)"
