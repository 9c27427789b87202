"""The peak of 128-bit SIMD: a module that multiplies and adds in registers, and does nothing else.

Thirteen independent accumulators hide the latency of both, and with two constants fill the registers that an engine
has for them on x86, 15 of 16. Ten reach nine tenths of it (Chromium and Firefox on an Intel Xeon with AMX).
The share of this rate that a compiled step reaches is counted on the multiply-adds of its contractions.
"""

from wasm_export.encode import encode
from wasm_export.instructions import Function, Loop, Module, Node, f32x4, get, i32, op, set_

CHAINS = 13
UNROLLED = 8
EACH = 1000
"""Iterations that count as one piece of work."""

FLOPS = EACH * CHAINS * UNROLLED * 4 * 2
"""Floating-point operations in one piece of work: 4 lanes, a multiplication and an addition."""


def wasm() -> bytes:
    """A module that exports `peak(k)`: k iterations; returns a sum, so that none can be left out."""
    chains = [f"r{i}" for i in range(CHAINS)]
    start = [set_("m", f32x4(0.999)), set_("a", f32x4(1e-3)), *(set_(r, f32x4(i)) for i, r in enumerate(chains))]
    step = [set_(r, op("f32x4.add", op("f32x4.mul", get(r), get("m")), get("a"))) for r in chains] * UNROLLED
    again = (set_("k", op("i32.sub", get("k"), i32(1))), op("br_if", get("k"), imm=("next",)))
    total: Node = get(chains[0])
    for r in chains[1:]:
        total = op("f32x4.add", total, get(r))
    body = (*start, Loop("next", (*step, *again)), op("f32x4.extract_lane", total, imm=(0,)))
    locals_ = tuple((name, "v128") for name in ("m", "a", *chains))
    return encode(Module((Function("peak", (("k", "i32"),), ("f32",), locals_, body, export=True),)))
