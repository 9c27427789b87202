"""The table of operations: how one operation of an expression is done on the machine, on scalars and on four lanes.

A row takes operands that are free to repeat (locals and constants) and returns a tree. Scalars are f32 and i32: uint8
lives in an i32 as 0…255, bool as 0 or 1. In lanes a bool is a mask (all bits of the lane, as comparisons leave it).
An operation without a vector row is done lane by lane. The transcendental functions are in `math`.

Reading order: … → `definitions` → **machine** → `nests` → …
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from wasm_export.instructions import Node, f32, f32x4, i32, i32x4, op
from wasm_export.opcodes import Type

Row: TypeAlias = Callable[..., Node]


LANES = 4  # numbers of 32 bits in a vector


def simple(name: str) -> Row:
    """One instruction."""
    return lambda *args: op(name, *args)


def choose(condition: Node, yes: Node, no: Node) -> Node:
    """`yes` where the i32 is not 0."""
    return op("select", yes, no, condition)


def machine_type(dtype: str) -> Type:
    """The type of a scalar on the machine."""
    return "f32" if dtype == "float32" else "i32"


def _byte(row: Row) -> Row:
    """uint8 arithmetic wraps at 256."""
    return lambda *args: op("i32.and", row(*args), i32(255))


def _lane_byte(row: Row) -> Row:
    return lambda *args: op("v128.and", row(*args), i32x4(255))


def _sign_f32(x: Node) -> Node:
    """NaN stays, and -0 becomes 0 by adding 0."""
    zero, one = f32(0.0), f32(1.0)
    below = choose(op("f32.lt", x, zero), f32(-1.0), op("f32.add", x, zero))
    return choose(op("f32.gt", x, zero), one, below)


def _sign_lanes(x: Node) -> Node:
    zero = f32x4(0.0)
    below = op("v128.bitselect", f32x4(-1.0), op("f32x4.add", x, zero), op("f32x4.lt", x, zero))
    return op("v128.bitselect", f32x4(1.0), below, op("f32x4.gt", x, zero))


def _floordiv_i32(x: Node, y: Node) -> Node:
    """Rounds down; x // 0 = 0; the division itself only sees divisors that cannot trap."""
    special = op("i32.or", op("i32.eqz", y), op("i32.eq", y, i32(-1)))
    safe = choose(special, i32(1), y)
    rest = op("i32.rem_s", x, safe)
    uneven = op("i32.and", op("i32.ne", rest, i32(0)), op("i32.lt_s", op("i32.xor", rest, safe), i32(0)))
    quotient = op("i32.sub", op("i32.div_s", x, safe), uneven)
    return choose(op("i32.eqz", y), i32(0), choose(op("i32.eq", y, i32(-1)), op("i32.sub", i32(0), x), quotient))


def _floordiv_u8(x: Node, y: Node) -> Node:
    zero = op("i32.eqz", y)
    return choose(zero, i32(0), op("i32.div_u", x, op("i32.or", y, zero)))


def _by_length(name: str) -> Row:
    """Division by an axis length, which may be 0 when there is nothing to divide."""
    return lambda x, y: op(name, x, op("i32.or", y, op("i32.eqz", y)))


def _extreme_i32(test: str) -> Row:
    return lambda x, y: choose(op(test, x, y), x, y)


# (operation, dtype of its first number operand) → on scalars, on lanes or None.
ROWS: dict[tuple[str, str], tuple[Row, Row | None]] = {}


def _row(name: str, dtype: str, scalar: Row | str, lanes: Row | str | None = None) -> None:
    rows = [simple(row) if isinstance(row, str) else row for row in (scalar, lanes)]
    assert rows[0] is not None
    ROWS[name, dtype] = (rows[0], rows[1])


for _name in ["neg", "abs", "sqrt", "floor", "add", "sub", "mul", "div"]:
    _row(_name, "float32", f"f32.{_name}", f"f32x4.{_name}")
_row("maximum", "float32", "f32.max", "f32x4.max")
_row("minimum", "float32", "f32.min", "f32x4.min")
_row(
    "relu",
    "float32",
    lambda x: choose(op("f32.lt", x, f32(0.0)), f32(0.0), x),
    lambda x: op("f32x4.pmax", x, f32x4(0.0)),
)
_row("sign", "float32", _sign_f32, _sign_lanes)

for _name in ["add", "sub", "mul"]:
    _row(_name, "int32", f"i32.{_name}", f"i32x4.{_name}")
    _row(_name, "uint8", _byte(simple(f"i32.{_name}")), _lane_byte(simple(f"i32x4.{_name}")))
_row("neg", "int32", lambda x: op("i32.sub", i32(0), x), "i32x4.neg")
_row("neg", "uint8", _byte(lambda x: op("i32.sub", i32(0), x)), _lane_byte(simple("i32x4.neg")))
_row("abs", "int32", lambda x: choose(op("i32.lt_s", x, i32(0)), op("i32.sub", i32(0), x), x), "i32x4.abs")
_row("sign", "int32", lambda x: op("i32.sub", op("i32.gt_s", x, i32(0)), op("i32.lt_s", x, i32(0))))
_row("relu", "int32", lambda x: choose(op("i32.lt_s", x, i32(0)), i32(0), x), lambda x: op("i32x4.max_s", x, i32x4(0)))
for _name in ("abs", "relu"):
    _row(_name, "uint8", lambda x: x, lambda x: x)
_row("sign", "uint8", lambda x: op("i32.ne", x, i32(0)), lambda x: op("i32x4.min_s", x, i32x4(1)))
for _dtype in ("int32", "uint8"):
    _row("maximum", _dtype, _extreme_i32("i32.gt_s"), "i32x4.max_s")
    _row("minimum", _dtype, _extreme_i32("i32.lt_s"), "i32x4.min_s")
_row("floordiv", "int32", _floordiv_i32)
_row("floordiv", "uint8", _floordiv_u8)
_row("idiv", "int32", _by_length("i32.div_s"))
_row("irem", "int32", _by_length("i32.rem_s"))

for _name in ("lt", "le", "gt", "ge"):
    _row(_name, "float32", f"f32.{_name}", f"f32x4.{_name}")
    for _dtype in ("int32", "uint8"):
        _row(_name, _dtype, f"i32.{_name}_s", f"i32x4.{_name}_s")
_row("lt", "bool", "i32.lt_s", lambda x, y: op("v128.andnot", y, x))
_row("gt", "bool", "i32.gt_s", simple("v128.andnot"))
_row("le", "bool", "i32.le_s", lambda x, y: op("v128.or", y, op("v128.not", x)))
_row("ge", "bool", "i32.ge_s", lambda x, y: op("v128.or", x, op("v128.not", y)))
for _name in ("eq", "ne"):
    _row(_name, "float32", f"f32.{_name}", f"f32x4.{_name}")
    for _dtype in ("int32", "uint8", "bool"):
        _row(_name, _dtype, f"i32.{_name}", f"i32x4.{_name}")
_row("maximum", "bool", "i32.or", "v128.or")
_row("minimum", "bool", "i32.and", "v128.and")


def choose_lanes(condition: Node, yes: Node, no: Node) -> Node:
    """`yes` where the mask is set. Choosing between a value and 0 is one `and`; -0 has a bit set."""
    if repr(no) in ZEROS:
        return op("v128.and", yes, condition)
    return op("v128.bitselect", yes, no, condition)


ZEROS = (repr(f32x4(0.0)), repr(i32x4(0)))
for _dtype in ("float32", "int32", "uint8", "bool"):
    _row("where", _dtype, choose, choose_lanes)


def _float_to_byte(x: Node) -> Node:
    whole = op("i32.trunc_sat_f32_u", x)
    return choose(op("i32.gt_u", whole, i32(255)), i32(255), whole)


def _float_to_lane_byte(x: Node) -> Node:
    """Signed, because engines have no single instruction for unsigned."""
    return op("i32x4.min_s", op("i32x4.max_s", op("i32x4.trunc_sat_f32x4_s", x), i32x4(0)), i32x4(255))


# (from, to) → on scalars, on lanes. Floats saturate and NaN gives 0; integers wrap.
CASTS: dict[tuple[str, str], tuple[Row, Row]] = {
    ("float32", "int32"): (simple("i32.trunc_sat_f32_s"), simple("i32x4.trunc_sat_f32x4_s")),
    ("float32", "uint8"): (_float_to_byte, _float_to_lane_byte),
    ("float32", "bool"): (lambda x: op("f32.ne", x, f32(0.0)), lambda x: op("f32x4.ne", x, f32x4(0.0))),
    ("int32", "uint8"): (_byte(lambda x: x), _lane_byte(lambda x: x)),
    ("uint8", "int32"): (lambda x: x, lambda x: x),
    ("bool", "float32"): (simple("f32.convert_i32_s"), lambda x: op("v128.and", x, f32x4(1.0))),
    ("bool", "int32"): (lambda x: x, lambda x: op("v128.and", x, i32x4(1))),
    ("bool", "uint8"): (lambda x: x, lambda x: op("v128.and", x, i32x4(1))),
}
for _dtype in ("int32", "uint8"):
    CASTS[_dtype, "float32"] = (simple("f32.convert_i32_s"), simple("f32x4.convert_i32x4_s"))
    CASTS[_dtype, "bool"] = (lambda x: op("i32.ne", x, i32(0)), lambda x: op("i32x4.ne", x, i32x4(0)))


# Elements in memory: size in bytes, how a scalar is loaded and stored, how a lane of a vector is taken out and put in.
SIZES = {"float32": 4, "int32": 4, "uint8": 1, "bool": 1}
LOADS = {"float32": "f32.load", "int32": "i32.load", "uint8": "i32.load8_u", "bool": "i32.load8_u"}
STORES = {"float32": "f32.store", "int32": "i32.store", "uint8": "i32.store8", "bool": "i32.store8"}


def splat(dtype: str, x: Node) -> Node:
    """A scalar in all lanes."""
    if dtype == "float32":
        return op("f32x4.splat", x)
    return op("i32x4.splat", op("i32.sub", i32(0), x) if dtype == "bool" else x)


def extract(dtype: str, x: Node, lane: int) -> Node:
    """One lane as a scalar."""
    if dtype == "float32":
        return op("f32x4.extract_lane", x, imm=(lane,))
    value = op("i32x4.extract_lane", x, imm=(lane,))
    return op("i32.and", value, i32(1)) if dtype == "bool" else value


def gather(dtype: str, lanes: Sequence[Node]) -> Node:
    """Four scalars as a vector."""
    vector = splat(dtype, lanes[0])
    for lane, x in enumerate(lanes[1:], 1):
        shape = "f32x4" if dtype == "float32" else "i32x4"
        value = op("i32.sub", i32(0), x) if dtype == "bool" else x
        vector = op(f"{shape}.replace_lane", vector, value, imm=(lane,))
    return vector


def first_lanes(count: Node) -> Node:
    """A mask of so many lanes, of all from 4 on and of none below 1."""
    return op("i32x4.gt_s", op("i32x4.splat", count), i32x4(0, 1, 2, 3))


def zero_of(dtype: str, lanes: bool) -> Node:
    """What a sum starts with."""
    return constant(dtype, 0, lanes)


def lowest_of(dtype: str, lanes: bool) -> Node:
    """What a maximum starts with."""
    number = {"float32": float("-inf"), "int32": -(2**31), "uint8": 0, "bool": 0}[dtype]
    return constant(dtype, number, lanes)


def constant(dtype: str, number: float, lanes: bool) -> Node:
    """A number, or four of it."""
    if dtype == "float32":
        return f32x4(number) if lanes else f32(number)
    whole = int(number)
    return i32x4(-whole if dtype == "bool" else whole) if lanes else i32(whole)
