"""Every row of the table of primitives, compiled, against NumPy replay of the same Program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.primitives import TABLE
from minigrad.program import Program
from wasm_export.compile import Compiled, compile
from wasm_export.index_rules import RULES

N, H = mg.dims("n h")
SIZES = [(1, 1), (2, 3), (5, 4), (9, 13)]
Case = tuple[str, Callable[..., Any], tuple[Any, ...]]


def real(*shape: Any) -> Any:
    return mg.spec(shape, "float32")


def whole(*shape: Any, dtype: str = "int32") -> Any:
    return mg.spec(shape, dtype)


def row(name: str, **params: Any) -> Callable[..., Any]:
    return lambda *args: TABLE[name](*args, **params)


UNARY = ["neg", "exp", "log", "log1p", "tanh", "sin", "cos", "sqrt", "abs", "sign", "relu", "floor"]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"]
COMPARE = ["lt", "le", "gt", "ge", "eq", "ne"]
INTS = ("int32", "uint8")

CASES: list[Case] = [
    *[(name, row(name), (real(N, H),)) for name in UNARY],
    *[(name, row(name), (whole(N, H, dtype=d),)) for name in ("neg", "abs", "sign", "relu") for d in INTS],
    *[(name, row(name), (real(N, H), real(N, H))) for name in BINARY + COMPARE],
    *[(name, row(name), (whole(N, H, dtype=d),) * 2) for name in COMPARE for d in (*INTS, "bool")],
    *[
        (name, row(name), (whole(N, dtype=d),) * 2)
        for name in ("add", "sub", "mul", "floordiv", "maximum", "minimum")
        for d in INTS
    ],
    *[(name, row(name), (whole(N, dtype="bool"),) * 2) for name in ("maximum", "minimum")],
    *[
        ("where", row("where"), (mg.spec((N, H), "bool"), *(mg.spec((N, H), d),) * 2))
        for d in ("float32", *INTS, "bool")
    ],
    *[
        ("cast", row("cast", dtype=np.dtype(to)), (mg.spec((N, H), d),))
        for d in ("float32", "int32", "uint8", "bool", "int64")
        for to in ("float32", "int32", "uint8", "bool", "int64")
    ],
    ("stop_gradient", row("stop_gradient"), (real(N, H),)),
    *[("sum", row("sum", axes=axes), (real(N, 3, H),)) for axes in ((0,), (1,), (2,), (0, 2), (0, 1, 2), ())],
    ("sum", row("sum", axes=(0,)), (whole(N, H),)),
    ("sum", row("sum", axes=(1,)), (whole(N, H, dtype="uint8"),)),
    ("sum", row("sum", axes=(0, 1)), (real(20, 30),)),
    *[("max", row("max", axes=axes), (real(N, 3, H),)) for axes in ((0,), (1,), (2,), (0, 2), (0, 1, 2))],
    *[("max", row("max", axes=(1,)), (whole(N, H, dtype=d),)) for d in (*INTS, "bool")],
    *[("argmax", row("argmax", axis=axis), (real(N, 3, H),)) for axis in (0, 1, 2)],
    *[("argmax", row("argmax", axis=1), (whole(N, H, dtype=d),)) for d in (*INTS, "bool")],
    ("matmul", row("matmul"), (real(N, H), real(H, N))),
    ("matmul", row("matmul"), (real(N, 2), real(2, H))),
    ("matmul", row("matmul"), (real(4, N, H), real(4, H, 3))),
    ("matmul", row("matmul"), (real(20, 30), real(30, 10))),
    ("matmul", row("matmul"), (whole(N, H), whole(H, 3))),
    ("reshape", lambda x: x.reshape(N, 1, 3 * H), (real(N, 3, H),)),
    ("reshape", lambda x: x.reshape(3 * N, 1, H), (real(N, 3, H),)),
    ("reshape", lambda x: x.reshape(-1), (real(N, 3, H),)),
    ("reshape", lambda x: mg.exp(x.reshape(N, 3, H)), (real(3 * N * H),)),
    ("reshape", lambda x: x.reshape(6, 4), (real(2, 3, 4),)),
    ("reshape", lambda x: x.reshape(4, 6), (real(2, 3, 4),)),
    ("transpose", row("transpose", axes=(2, 0, 1)), (real(N, 3, H),)),
    ("transpose", row("transpose", axes=(1, 0)), (real(N, N),)),
    ("broadcast", row("broadcast", shape=(N, H)), (real(H),)),
    ("broadcast", row("broadcast", shape=(4, N, H)), (real(N, 1),)),
    ("flip", row("flip", axes=(0, 2)), (real(N, 3, H),)),
    ("slice", row("slice", start=(0, 1), stop=(N, 3), step=(1, 1)), (real(N, 4),)),
    ("slice", row("slice", start=(1, 1), stop=(N + 1, 9), step=(1, 3)), (real(N + 1, 10),)),
    ("slice", row("slice", start=(1,), stop=(N,), step=(1,)), (real(N),)),
    ("pad", row("pad", low=(1, 0), high=(0, 2), interior=(0, 0)), (real(N, H),)),
    ("pad", row("pad", low=(1, 2), high=(2, 1), interior=(2, 0)), (real(4, H),)),
    ("pad", row("pad", low=(0,), high=(N,), interior=(0,)), (whole(H),)),
    ("concatenate", row("concatenate", axis=0), (real(N, 3), real(2, 3), real(H, 3))),
    ("concatenate", row("concatenate", axis=1), (real(N, 1), real(N, 2))),
    ("gather", row("gather", axis=0), (real(5, H), whole(N))),
    ("gather", row("gather", axis=1), (real(N, H), whole(2, 3))),
    ("gather", row("gather", axis=0), (real(H), whole(N, dtype="uint8"))),
    ("gather", row("gather", axis=0), (real(H), whole(N, dtype="int64"))),
    ("scatter_add", row("scatter_add", axis=0, size=5), (real(N, H), whole(N))),
    ("scatter_add", row("scatter_add", axis=1, size=H), (real(N, 2, 3), whole(2, 3))),
    ("scatter_add", row("scatter_add", axis=0, size=3), (whole(N, dtype="uint8"), whole(N))),
    *[("one_hot", row("one_hot", size=3, dtype=np.dtype(d)), (whole(N),)) for d in ("float32", "int32", "bool")],
    ("one_hot", row("one_hot", size=H, dtype=np.dtype("float32")), (whole(N, H, dtype="int64"),)),
    *[("iota", lambda x, d=d: mg.arange(H, d), (real(H),)) for d in ("float32", "int32", "uint8")],
    ("iota", lambda x: mg.arange(H, "int32").astype("float32") * x, (real(N, H),)),
    ("size", lambda x: mg.mean(x), (real(N, H),)),
    ("size", lambda x: x / row("size", dim=2 * N * H + 1, dtype=np.dtype("float32"))(), (real(N, H),)),
]


def sample(spec_: Any, rng: np.random.RandomState, sizes: dict[str, int]) -> np.ndarray[Any, Any]:
    shape = tuple(n if isinstance(n, int) else n.evaluate(sizes) for n in spec_.shape)
    dtype = np.dtype(spec_.dtype)
    if dtype.kind == "f":
        values = rng.randn(*shape) * rng.choice([1, 5, 0], size=shape, p=[0.7, 0.2, 0.1])
        return np.asarray(values, dtype)
    if dtype.kind == "b":
        return np.asarray(rng.rand(*shape) < 0.5)
    return np.asarray(rng.randint(0 if dtype == np.uint8 else -7, 9, shape), dtype)


def agree(program: Program, module: Compiled, args: list[Any], dims: dict[str, int], ulps: float = 4.0) -> None:
    """Integers and comparisons exactly, floats to a few units in the last place of what went in and came out."""
    before = [a.copy() for a in args]
    with np.errstate(all="ignore"):
        want = np.asarray(program(*args, dims=dims))
    got = np.asarray(module(*args, dims=dims))
    for a, b in zip(before, args, strict=True):
        np.testing.assert_array_equal(a, b)
    assert want.dtype == got.dtype
    assert want.shape == got.shape
    if want.dtype.kind == "f":
        magnitudes = [np.abs(a[np.isfinite(a)]).max(initial=0.0) for a in (want, *args) if a.dtype.kind == "f"]
        np.testing.assert_allclose(got, want, rtol=ulps * 1.2e-7, atol=ulps * np.spacing(np.float32(max(magnitudes))))
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda c: f"{c[0]}-{'-'.join(str(s.dtype) + str(list(s.shape)) for s in c[2])}"
)
def test_each_row_computes_what_numpy_does(case: Case) -> None:
    name, function, specs = case
    program = mg.record(function, *specs)
    assert name in {eq.primitive for eq in program.equations}
    module = compile(program)
    rng = np.random.RandomState(0)
    for n, h in SIZES:
        if any(c.evaluate({"n": n, "h": h}) < 0 for c in program.conditions):
            continue
        args = [sample(s, rng, {"n": n, "h": h}) for s in specs]
        unbound = {k: v for k, v in {"n": n, "h": h}.items() if k in program.dims}
        agree(program, module, args, unbound)


def test_every_primitive_has_a_rule_and_a_case() -> None:
    assert set(RULES) == set(TABLE)
    assert {case[0] for case in CASES} == set(TABLE) - {"alias"}
