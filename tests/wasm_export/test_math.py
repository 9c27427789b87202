"""The compiled transcendental functions against NumPy: errors, special values, and lanes that equal scalars."""

from itertools import count
from math import inf, nan, pi

import numpy as np
import pytest
import wasmtime

from benchmarks.math_error import Floats, arguments_of, errors, evaluate, exact, sweep
from wasm_export.encode import encode
from wasm_export.instructions import Module, get, op
from wasm_export.math import DEFINITIONS, ULP, expand, math_function
from wasm_export.validate import check

STRIDE = 20011
SMALLEST, NORMAL, LARGEST = 1e-45, 1.1754944e-38, 3.4028235e38


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def identical(a: Floats, b: Floats) -> bool:
    """The same bits, any NaN equal to any other."""
    return bool(np.all((a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(a) & np.isnan(b))))


@pytest.mark.parametrize("name", DEFINITIONS)
def test_errors_are_below_the_bound(name: str) -> None:
    arguments = arguments_of(name, STRIDE)
    error = errors(evaluate(name, *arguments), exact(name, *arguments))
    worst = int(np.argmax(error))
    assert error[worst] <= ULP[name], [argument[worst] for argument in arguments]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_lanes_have_the_bits_of_scalars_and_calls_those_of_inline_code(name: str) -> None:
    arguments = arguments_of(name, 4 * STRIDE)
    lanes = evaluate(name, *arguments)
    assert identical(lanes, evaluate(name, *arguments, lanes=1))
    assert identical(lanes, evaluate(name, *arguments, inline=False))
    assert identical(lanes, evaluate(name, *arguments, lanes=1, inline=False))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("exp", -104, 89),
        ("exp", -1, 1),
        ("log", 0.4, 2.5),
        ("log1p", -0.99, 2),
        ("log1p", -1e-3, 1e-3),
        ("tanh", -10, 10),
        ("tanh", -0.5, 0.5),
        ("sin", -4, 4),
        ("cos", -4, 4),
        ("sin", -1e4, 1e4),
        ("cos", -1e4, 1e4),
    ],
)
def test_errors_are_below_the_bound_where_functions_are_used(name: str, low: float, high: float) -> None:
    x = np.linspace(low, high, 200_000).astype(np.float32)
    assert errors(evaluate(name, x), exact(name, x)).max() <= ULP[name]


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        (
            "exp",
            [(0, 1), (-0.0, 1), (inf, inf), (-inf, 0), (nan, nan), (88.73, inf), (1e30, inf), (-104, 0), (-1e30, 0)],
        ),
        ("exp", [(SMALLEST, 1), (-SMALLEST, 1), (-103, SMALLEST), (-103.9, SMALLEST)]),
        ("log", [(0, -inf), (-0.0, -inf), (inf, inf), (-inf, nan), (-1, nan), (-SMALLEST, nan), (nan, nan), (1, 0)]),
        ("log", [(SMALLEST, -103.27893), (NORMAL, -87.33655), (LARGEST, 88.72284)]),
        ("log1p", [(0, 0), (-0.0, -0.0), (-1, -inf), (-1.0000001, nan), (-inf, nan), (inf, inf), (nan, nan)]),
        ("log1p", [(SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST), (1e-20, 1e-20), (LARGEST, 88.72284)]),
        ("tanh", [(0, 0), (-0.0, -0.0), (inf, 1), (-inf, -1), (nan, nan), (10, 1), (-1e30, -1), (9.1, 1)]),
        ("tanh", [(SMALLEST, SMALLEST), (-1e-40, -1e-40), (NORMAL, NORMAL), (1e-5, 1e-5)]),
        ("sin", [(0, 0), (-0.0, -0.0), (inf, nan), (-inf, nan), (nan, nan), (SMALLEST, SMALLEST), (1e-20, 1e-20)]),
        ("cos", [(0, 1), (-0.0, 1), (inf, nan), (-inf, nan), (nan, nan), (SMALLEST, 1), (1e-20, 1)]),
    ],
)
def test_special_values(name: str, pairs: list[tuple[float, float]]) -> None:
    x, wanted = (floats(*column) for column in zip(*pairs))
    for lanes in (1, 4):
        assert identical(evaluate(name, x, lanes=lanes), wanted), evaluate(name, x, lanes=lanes)


@pytest.mark.parametrize("lanes", [1, 4])
def test_pow_has_numpys_special_values(lanes: int) -> None:
    values = floats(0, 0.5, 1, 1.5, 2, 3, 4, 1e10, 16777215, 16777216, 0.1, 1e-10, SMALLEST, NORMAL, LARGEST, inf, nan)
    values = np.concatenate([values, -values])
    x, y = (grid.ravel() for grid in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        wanted = np.where(y == 1, x, np.where(y == -1, 1 / x, np.power(x, y)))  # with AVX-512 NumPy's 0.1**-1 is not 10
    computed = evaluate("pow", x, y, lanes=lanes)
    special = ~np.isfinite(wanted) | (wanted == 0) | np.isin(np.abs(y), (0, 1)) | (np.abs(x) == 1)
    wrong = special & ((computed.view(np.uint32) != wanted.view(np.uint32)) & ~(np.isnan(computed) & np.isnan(wanted)))
    assert not wrong.any(), list(zip(x[wrong], y[wrong], computed[wrong], wanted[wrong]))
    assert errors(computed, exact("pow", x, y)).max() <= ULP["pow"]


def test_whole_powers_are_exact() -> None:
    x, y = floats(*range(-9, 10)).repeat(6), floats(*(list(range(6)) * 19))
    assert np.array_equal(evaluate("pow", x, y), x**y)


def test_tanh_stays_within_one_and_grows() -> None:
    x = np.linspace(0, 12, 300_001).astype(np.float32)
    y = evaluate("tanh", x)
    assert y.max() == 1
    assert np.diff(y).min() >= -(2.0**-24)
    assert identical(evaluate("tanh", -x), -y)


def test_exp_and_log_reach_the_subnormal_numbers() -> None:
    x = np.linspace(-103.9, -87.4, 50_000).astype(np.float32)
    assert errors(evaluate("exp", x), exact("exp", x)).max() <= ULP["exp"]
    tiny = np.arange(1, 1 << 23, 97, dtype=np.uint32).view(np.float32)
    assert errors(evaluate("log", tiny), exact("log", tiny)).max() <= ULP["log"]


def test_sin_and_cos_of_large_numbers() -> None:
    x = np.concatenate([np.logspace(8.5, 38.5, 3000).astype(np.float32), floats(LARGEST)])
    for name in ("sin", "cos"):
        y = evaluate(name, np.concatenate([x, -x]))
        assert np.abs(y).max() <= 1
    multiples = (np.arange(1, 100_000) * (pi / 2)).astype(np.float32)
    for name in ("sin", "cos"):
        assert errors(evaluate(name, multiples), exact(name, multiples)).max() <= ULP[name]


def test_an_argument_is_computed_once() -> None:
    names = map(str, count())
    argument = op("f32.sqrt", get("p"))
    for name in set(DEFINITIONS) - {"pow"}:
        statements, value = expand(name, 1, [argument], lambda _: next(names))
        assert str([*statements, value]).count("f32.sqrt") == 1, name


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_functions_are_valid_and_small(name: str, lanes: int) -> None:
    function = math_function(name, lanes)
    assert function.name == f"{name}_{'f32x4' if lanes == 4 else 'f32'}"
    check(function)
    wasmtime.Module.validate(wasmtime.Engine(), encode(sweep(name, lanes, inline=True)))
    assert len(encode(Module((function,)))) < {"pow": 1400, "sin": 850, "cos": 850}.get(name, 450)


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no function is called 'sinh'; there are exp, log"):
        math_function("sinh", 4)
    with pytest.raises(ValueError, match="exp comes with 1 or 4 lanes, not 2"):
        math_function("exp", 2)
    with pytest.raises(ValueError, match="pow takes 2 arguments, not 1"):
        expand("pow", 4, [get("x")], lambda _: "t")
