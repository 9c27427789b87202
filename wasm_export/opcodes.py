"""The table of WebAssembly instructions: mnemonic → opcode bytes, operand types, result type, immediates.

Reading order: `opcodes` → `instructions` → `wat` → `validate` → `encode`. Numbers and types are those of the
WebAssembly core specification, release 2.0, appendix "Index of Instructions"
(https://webassembly.github.io/spec/core/appendix/). Rows whose opcodes are consecutive are written as one run; an
underscore in a run stands for a number that is taken by another instruction or by none. Globals, tables and
references are left out: the compiler does not use them.
"""

import re
from typing import Literal, NamedTuple

Type = Literal["i32", "i64", "f32", "f64", "v128"]
Immediate = Literal["", "const", "memory", "memory lane", "lane", "shuffle", "local", "label", "function", "zeros"]


class Opcode(NamedTuple):
    """One row. `result` is None when nothing is left on the stack.

    `immediate` says what `Instr.imm` holds: `const` one value of the result type (for v128 its 16 bytes and, if wanted,
    the shape to print it in); `memory` (offset, alignment), both in bytes; `memory lane` (offset, alignment, lane);
    `lane` one lane number; `shuffle` 16 lane numbers; `local`, `label`, `function` a name; `zeros` nothing (the format
    wants a zero byte for each memory that is meant). `access` is how many bytes a load or store touches, its natural
    alignment. Lane numbers are below `lanes`.
    """

    code: bytes
    operands: tuple[Type, ...]
    result: Type | None
    immediate: Immediate = ""
    access: int = 0
    lanes: int = 0


OPCODES: dict[str, Opcode] = {}

# Operands and result of these depend on the function around them; `validate` knows how.
CONTEXTUAL = {"local.get", "local.set", "local.tee", "call", "br", "br_if", "return", "drop", "select", "unreachable"}


def _number(prefix: int | None, number: int) -> bytes:
    """One byte, or a prefix byte and the number in LEB128 (at most two bytes here)."""
    if prefix is None:
        return bytes([number])
    return bytes([prefix, number] if number < 0x80 else [prefix, number & 0x7F | 0x80, number >> 7])


def _run(
    first: int,
    names: str,
    operands: tuple[Type, ...] = (),
    result: Type | None = None,
    immediate: Immediate = "",
    *,
    of: str = "",
    access: int = 0,
    lanes: int = 0,
    prefix: int | None = None,
) -> None:
    """Add rows with consecutive opcodes from `first`; `of` is what stands before the dot of each name."""
    for number, name in enumerate(names.split(), first):
        if name != "_":
            mnemonic = f"{of}.{name}" if of else name
            OPCODES[mnemonic] = Opcode(_number(prefix, number), operands, result, immediate, access, lanes)


def _simd(
    first: int,
    shape: str,
    names: str,
    operands: tuple[Type, ...],
    result: Type | None = "v128",
    immediate: Immediate = "",
    access: int = 0,
    lanes: int = 0,
) -> None:
    _run(first, names, operands, result, immediate, of=shape, access=access, lanes=lanes, prefix=0xFD)


# Control, parametric and local instructions.
_run(0x00, "unreachable nop")
_run(0x0C, "br br_if", immediate="label")
_run(0x0F, "return")
_run(0x10, "call", immediate="function")
_run(0x1A, "drop select")
_run(0x20, "local.get local.set local.tee", immediate="local")

# Scalar memory access.
_scalars: tuple[Type, ...] = ("i32", "i64", "f32", "f64")
for _i, _t in enumerate(_scalars):
    _size = int(_t[1:]) // 8
    _run(0x28 + _i, "load", ("i32",), _t, "memory", of=_t, access=_size)
    _run(0x36 + _i, "store", ("i32", _t), None, "memory", of=_t, access=_size)
    _run(0x41 + _i, "const", (), _t, "const", of=_t)
for _load, _store, _t, _bits in (
    (0x2C, 0x3A, "i32", 8),
    (0x2E, 0x3B, "i32", 16),
    (0x30, 0x3C, "i64", 8),
    (0x32, 0x3D, "i64", 16),
    (0x34, 0x3E, "i64", 32),
):
    _run(_load, f"load{_bits}_s load{_bits}_u", ("i32",), _t, "memory", of=_t, access=_bits // 8)
    _run(_store, f"store{_bits}", ("i32", _t), None, "memory", of=_t, access=_bits // 8)
_run(0x3F, "memory.size", (), "i32", "zeros")
_run(0x40, "memory.grow", ("i32",), "i32", "zeros")
_run(0x0A, "memory.copy memory.fill", ("i32", "i32", "i32"), None, "zeros", prefix=0xFC)

# Scalar arithmetic.
for _first, _t in ((0x45, "i32"), (0x50, "i64")):
    _run(_first, "eqz", (_t,), "i32", of=_t)
    _run(_first + 1, "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", (_t, _t), "i32", of=_t)
for _first, _t in ((0x5B, "f32"), (0x61, "f64")):
    _run(_first, "eq ne lt gt le ge", (_t, _t), "i32", of=_t)
for _first, _t in ((0x67, "i32"), (0x79, "i64")):
    _run(_first, "clz ctz popcnt", (_t,), _t, of=_t)
    _arithmetic = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
    _run(_first + 3, _arithmetic, (_t, _t), _t, of=_t)
for _first, _t in ((0x8B, "f32"), (0x99, "f64")):
    _run(_first, "abs neg ceil floor trunc nearest sqrt", (_t,), _t, of=_t)
    _run(_first + 7, "add sub mul div min max copysign", (_t, _t), _t, of=_t)


def _conversions(first: int, names: str, prefix: int | None = None) -> None:
    """Rows whose types stand in their names: `f64.promote_f32` takes an f32 and gives an f64."""
    types: dict[str, Type] = {t: t for t in _scalars}
    for number, name in enumerate(names.split(), first):
        result, operand = types[name[:3]], types[re.split(r"[._]", name)[-2 if name.endswith(("_s", "_u")) else -1]]
        _run(number, name, (operand,), result, prefix=prefix)


_conversions(0xA7, "i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u")
_conversions(0xAC, "i64.extend_i32_s i64.extend_i32_u")
_conversions(0xAE, "i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u")
_conversions(0xB2, "f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64")
_conversions(0xB7, "f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32")
_conversions(0xBC, "i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64")
_conversions(0x00, "i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u", prefix=0xFC)
_conversions(0x04, "i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u", prefix=0xFC)
_run(0xC0, "extend8_s extend16_s", ("i32",), "i32", of="i32")
_run(0xC2, "extend8_s extend16_s extend32_s", ("i64",), "i64", of="i64")

# Vector memory access, constants and lanes.
_V: tuple[Type, ...] = ("v128",)
_VV: tuple[Type, ...] = ("v128", "v128")
_VS: tuple[Type, ...] = ("v128", "i32")
_simd(0x00, "v128", "load", ("i32",), "v128", "memory", access=16)
_simd(0x01, "v128", "load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u", ("i32",), "v128", "memory", 8)
_simd(0x0B, "v128", "store", ("i32", "v128"), None, "memory", access=16)
_simd(0x0C, "v128", "const", (), "v128", "const")
for _i, _size in enumerate((1, 2, 4, 8)):
    _simd(0x07 + _i, "v128", f"load{8 * _size}_splat", ("i32",), "v128", "memory", _size)
    _simd(0x54 + _i, "v128", f"load{8 * _size}_lane", ("i32", "v128"), "v128", "memory lane", _size, 16 // _size)
    _simd(0x58 + _i, "v128", f"store{8 * _size}_lane", ("i32", "v128"), None, "memory lane", _size, 16 // _size)
_simd(0x5C, "v128", "load32_zero", ("i32",), "v128", "memory", access=4)
_simd(0x5D, "v128", "load64_zero", ("i32",), "v128", "memory", access=8)
_simd(0x0D, "i8x16", "shuffle", _VV, "v128", "shuffle", lanes=32)
_simd(0x0E, "i8x16", "swizzle", _VV)
_shapes: tuple[tuple[str, Type, int, str], ...] = (
    ("i8x16", "i32", 0x15, "extract_lane_s extract_lane_u"),
    ("i16x8", "i32", 0x18, "extract_lane_s extract_lane_u"),
    ("i32x4", "i32", 0x1B, "extract_lane"),
    ("i64x2", "i64", 0x1D, "extract_lane"),
    ("f32x4", "f32", 0x1F, "extract_lane"),
    ("f64x2", "f64", 0x21, "extract_lane"),
)
for _i, (_shape, _t, _first, _extract) in enumerate(_shapes):
    _count = int(_shape.split("x")[1])
    _simd(0x0F + _i, _shape, "splat", (_t,))
    _simd(_first, _shape, _extract, _V, _t, "lane", lanes=_count)
    _simd(_first + len(_extract.split()), _shape, "replace_lane", ("v128", _t), "v128", "lane", lanes=_count)

# Vector comparison and bits.
for _first, _shape in ((0x23, "i8x16"), (0x2D, "i16x8"), (0x37, "i32x4")):
    _simd(_first, _shape, "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", _VV)
for _first, _shape in ((0x41, "f32x4"), (0x47, "f64x2")):
    _simd(_first, _shape, "eq ne lt gt le ge", _VV)
_simd(0xD6, "i64x2", "eq ne lt_s gt_s le_s ge_s", _VV)
_simd(0x4D, "v128", "not", _V)
_simd(0x4E, "v128", "and andnot or xor", _VV)
_simd(0x52, "v128", "bitselect", ("v128", "v128", "v128"))
_simd(0x53, "v128", "any_true", _V, "i32")

# Vector integer arithmetic: the four shapes share one numbering, 0x20 apart, with holes.
for _first, _shape, _bits in ((0x60, "i8x16", 8), (0x80, "i16x8", 16), (0xA0, "i32x4", 32), (0xC0, "i64x2", 64)):
    _simd(_first, _shape, "abs neg", _V)
    _simd(_first + 3, _shape, "all_true bitmask", _V, "i32")
    _simd(_first + 0x0B, _shape, "shl shr_s shr_u", _VS)
    _simd(_first + 0x0E, _shape, "add", _VV)
    _simd(_first + 0x11, _shape, "sub", _VV)
    if _bits <= 16:
        _simd(_first + 0x0F, _shape, "add_sat_s add_sat_u _ sub_sat_s sub_sat_u", _VV)
        _simd(_first + 0x1B, _shape, "avgr_u", _VV)
        _wide = f"i{2 * _bits}x{64 // _bits}"
        _simd(_first + 5, _shape, f"narrow_{_wide}_s narrow_{_wide}_u", _VV)
    if _bits <= 32:
        _simd(_first + 0x16, _shape, "min_s min_u max_s max_u", _VV)
    if _bits >= 16:
        _half = f"i{_bits // 2}x{256 // _bits}"
        _simd(_first + 0x15, _shape, "mul", _VV)
        _parts = f"low_{_half}_s high_{_half}_s low_{_half}_u high_{_half}_u".split()
        _simd(_first + 7, _shape, " ".join(f"extend_{part}" for part in _parts), _V)
        _simd(_first + 0x1C, _shape, " ".join(f"extmul_{part}" for part in _parts), _VV)
_simd(0x62, "i8x16", "popcnt", _V)
_simd(0x7C, "i16x8", "extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u", _V)
_simd(0x7E, "i32x4", "extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u", _V)
_simd(0x82, "i16x8", "q15mulr_sat_s", _VV)
_simd(0xBA, "i32x4", "dot_i16x8_s", _VV)

# Vector floating-point arithmetic and conversion.
_simd(0x67, "f32x4", "ceil floor trunc nearest", _V)
_simd(0x74, "f64x2", "ceil floor _ _ _ _ trunc", _V)
_simd(0x94, "f64x2", "nearest", _V)
for _first, _shape in ((0xE0, "f32x4"), (0xEC, "f64x2")):
    _simd(_first, _shape, "abs neg _ sqrt", _V)
    _simd(_first + 4, _shape, "add sub mul div min max pmin pmax", _VV)
_simd(0x5E, "f32x4", "demote_f64x2_zero", _V)
_simd(0x5F, "f64x2", "promote_low_f32x4", _V)
_simd(0xF8, "i32x4", "trunc_sat_f32x4_s trunc_sat_f32x4_u _ _ trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero", _V)
_simd(0xFA, "f32x4", "convert_i32x4_s convert_i32x4_u", _V)
_simd(0xFE, "f64x2", "convert_low_i32x4_s convert_low_i32x4_u", _V)
