"""How wrong the compiled exp, log, tanh … are: the worst error over float32, in units in the last place.

    python -m benchmarks.math_error [--stride 1009] [exp log …]
    python -m benchmarks.math_error --between 0.0625 10 tanh

Every stride-th bit pattern, and the neighbourhood of every power of two, is computed in wasmtime and compared with
NumPy's float64; or every float32 number of an interval, and its negative. One unit is the spacing of float32 numbers
at the exact result.
"""

import argparse
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import wasmtime

from wasm_export.encode import encode
from wasm_export.instructions import Function, Loop, Module, Node, get, i32, load, op, set_, store
from wasm_export.math import ARGUMENTS, DEFINITIONS, ULP, expand, math_function
from wasm_export.opcodes import Type

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
BLOCK = 1 << 16  # numbers that the module's memory holds of each operand


def sweep(name: str, lanes: int, inline: bool) -> Module:
    """A module whose function `run(bytes)` computes result blocks from argument blocks in memory."""
    kind: Type = "v128" if lanes == 4 else "f32"
    declared: list[tuple[str, Type]] = [("i", "i32")]

    def fresh(local: Type) -> str:
        declared.append((f"t{len(declared)}", local))
        return declared[-1][0]

    count = ARGUMENTS.get(name, 1)
    arguments = [load(f"{kind}.load", get("i"), 4 * BLOCK * place) for place in range(count)]
    function = math_function(name, lanes)
    statements: list[Node] = []
    value: Node = op("call", *arguments, imm=(function.name,))
    if inline:
        statements, value = expand(name, lanes, arguments, fresh)
    again = op("br_if", op("i32.lt_u", get("i"), get("bytes")), imm=("next",))
    result = store(f"{kind}.store", get("i"), value, 4 * BLOCK * 2)
    body = (Loop("next", (*statements, result, set_("i", op("i32.add", get("i"), i32(4 * lanes))), again)),)
    run = Function("run", (("bytes", "i32"),), (), tuple(declared), body, export=True)
    return Module((run,) if inline else (run, function), pages=3 * 4 * BLOCK // 65536)


def evaluate(name: str, *arguments: Floats, lanes: int = 4, inline: bool = True) -> Floats:
    """The function of float32 arrays of one length, computed by the compiled instructions."""
    store_ = wasmtime.Store()
    module = wasmtime.Module(store_.engine, encode(sweep(name, lanes, inline)))
    exports = wasmtime.Instance(store_, module, []).exports(store_)
    run, memory = exports["run"], exports["memory"]
    assert isinstance(run, wasmtime.Func)
    assert isinstance(memory, wasmtime.Memory)
    result = np.empty(len(arguments[0]), np.float32)
    for start in range(0, len(result), BLOCK):
        blocks = [argument[start : start + BLOCK] for argument in arguments]
        for place, block in enumerate(blocks):
            memory.write(store_, block.tobytes(), 4 * BLOCK * place)
        size = 4 * len(blocks[0])
        run(store_, size)
        computed = memory.read(store_, 8 * BLOCK, 8 * BLOCK + size)
        result[start : start + BLOCK] = np.frombuffer(computed, np.float32)
    return result


def exact(name: str, *arguments: Floats) -> Doubles:
    """NumPy's float64, which is 2²⁹ times finer."""
    with np.errstate(all="ignore"):
        result: Doubles = getattr(np, "power" if name == "pow" else name)(*(a.astype(np.float64) for a in arguments))
    return result


def errors(computed: Floats, wanted: Doubles) -> Doubles:
    """Errors in units in the last place; 0 where both are NaN, inf where one is. Infinity counts as 2¹²⁸."""
    limit = 2.0**128
    with np.errstate(invalid="ignore"):  # signalling NaN
        doubles = computed.astype(np.float64)
    _, exponent = np.frexp(np.clip(np.abs(wanted), 0, np.finfo(np.float32).max))
    unit = np.ldexp(1.0, np.maximum(exponent - 24, -149))
    difference = np.abs(np.clip(doubles, -limit, limit) - np.clip(wanted, -limit, limit)) / unit
    one_nan = np.isnan(doubles) != np.isnan(wanted)
    result: Doubles = np.where(one_nan, np.inf, np.nan_to_num(difference, nan=0.0, posinf=np.inf))
    return result


def samples(stride: int) -> Floats:
    """Every stride-th bit pattern, and what lies at the borders and in the middle of every binade."""
    spread = np.arange(0, 1 << 32, stride, dtype=np.int64)
    binades = (np.arange(512, dtype=np.int64) << 23)[:, None]
    borders = (binades + np.array([0, 1, 2, 3, 0x3504F3, 0x3504F4, 0x400000, 0x7FFFFE, 0x7FFFFF])).ravel()
    return np.concatenate([spread, borders]).astype(np.uint32).view(np.float32)


def arguments_of(name: str, stride: int) -> tuple[Floats, ...]:
    """What the function is measured on: `samples`, in range for sin and cos, in pairs for pow."""
    x = samples(stride)
    if name in ("sin", "cos"):
        return (x[~(np.abs(x) >= 2.0**28)],)
    if name != "pow":
        return (x,)
    random = np.random.default_rng(0)
    ranges = ((0, 4), (-60, 60), (-9, 9))
    base, power, whole = (random.uniform(low, high, len(x)).astype(np.float32) for low, high in ranges)
    y = np.concatenate([random.permutation(x), power, np.rint(whole)])
    return np.concatenate([random.permutation(x), base, np.abs(x)]), y


def between(low: float, high: float) -> Iterator[Floats]:
    """Every float32 number from low to high, both positive, and their negatives, in blocks."""
    first, last = (int(np.float32(bound).view(np.uint32)) for bound in (low, high))
    for start in range(first, last + 1, 1 << 20):
        block = np.arange(start, min(start + (1 << 20), last + 1), dtype=np.uint32).view(np.float32)
        yield np.concatenate([block, -block])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(DEFINITIONS), metavar="name", help="default: all functions")
    parser.add_argument("--stride", type=int, default=1009, help="between bit patterns; 1 takes minutes")
    parser.add_argument("--between", nargs=2, type=float, metavar=("LOW", "HIGH"), help="positive; not for pow")
    options = parser.parse_args()
    print(f"{'':6} {'worst ulp':>9} {'bound':>6}   at")
    for name in options.names:
        worst, at = 0.0, ""
        blocks: Iterable[tuple[Floats, ...]] = (
            ((x,) for x in between(*options.between)) if options.between else [arguments_of(name, options.stride)]
        )
        for arguments in blocks:
            error = errors(evaluate(name, *arguments), exact(name, *arguments))
            if error.max() >= worst:
                worst = error.max()
                at = ", ".join(str(argument[np.argmax(error)]) for argument in arguments)
        print(f"{name:6} {worst:9.3f} {ULP[name]:6.1f}   {at}")


if __name__ == "__main__":
    main()
