"""Elementwise primitives: a table of derivatives.

Each row reads: name, NumPy function, dtype kinds, then for every input the rule from the cotangent `g` of the output
`z` to the cotangent of that input. Where a derivative does not exist a choice is made: relu'(0) = 0, abs'(0) = 0,
ties of maximum and minimum share equally, and the power rule is guarded where 0 * inf would arise. `docs/kinks.md`
lists all of them beside JAX's.

Reading order: tensor -> primitives (..., structure, broadcasting, **elementwise**, reductions, ...) -> ops -> ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.abstract import Dtype
from minigrad.dims import Shape
from minigrad.primitive import Primitive, Rule, ShapeRule
from minigrad.primitives import kernels
from minigrad.primitives.broadcasting import fill
from minigrad.primitives.table import require_kind, row
from minigrad.tensor import DTYPES, Array, Tensor, Value

BOOL = np.dtype("bool")


def _same(name: str, kinds: str, result: Dtype | None = None) -> ShapeRule:
    """The shape rule of an elementwise row: inputs of one shape and dtype give that shape."""

    def shape(*xs: Value) -> tuple[Shape, Dtype]:
        first = xs[0]
        require_kind(name, first, kinds)
        for x in xs[1:]:
            if x.shape != first.shape or x.dtype != first.dtype:
                raise ValueError(
                    f"{name} needs inputs of equal shape and dtype, and got {first.dtype}{list(first.shape)} and "
                    f"{x.dtype}{list(x.shape)}; the functions under minigrad broadcast and promote"
                )
        return first.shape, result or first.dtype

    return shape


def _unary(name: str, impl: Any, kinds: str, rule: Rule | None) -> Primitive:
    return row(name, impl, _same(name, kinds), rule, reuse=isinstance(impl, np.ufunc))


def _binary(name: str, impl: Any, kinds: str, rule_x: Rule | None, rule_y: Rule | None) -> Primitive:
    return row(name, impl, _same(name, kinds), rule_x, rule_y, reuse=isinstance(impl, np.ufunc))


def _compare(name: str, impl: Any) -> Primitive:
    return row(name, impl, _same(name, "fiub", BOOL), None, None)


def _floordiv(x: Array, y: Array) -> Any:
    with np.errstate(divide="ignore", over="ignore"):  # x // 0 = 0, and the one overflow wraps: both are the meaning
        return np.floor_divide(x, y)


def _where_shape(condition: Value, x: Value, y: Value) -> tuple[Shape, Dtype]:
    require_kind("where", condition, "b")
    shape, dtype = _same("where", "fiub")(x, y)
    if condition.shape != shape:
        raise ValueError(f"where needs a condition of the branches' shape {shape}, and got {condition.shape}")
    return shape, dtype


def _cast(x: Array, dtype: Dtype) -> Array:
    """Float to integer truncates, saturates at the ends and sends NaN to 0: a meaning for every value."""
    if x.dtype.kind != "f" or dtype.kind not in "iu":
        return x.astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    inside = np.where((x > float(low)) & (x < float(high)), x, 0).astype(dtype)
    saturated = np.where(x >= float(high), dtype.type(high), np.where(x <= float(low), dtype.type(low), inside))
    return np.asarray(saturated, dtype)


def _cast_shape(x: Value, dtype: Dtype) -> tuple[Shape, Dtype]:
    if dtype not in DTYPES:
        raise TypeError(f"cast cannot make {dtype}; choose one of {', '.join(d.name for d in DTYPES)}")
    return x.shape, np.dtype(dtype)


neg = _unary("neg", np.negative, "fiu", lambda g, z, x: -g)
exp = _unary("exp", np.exp, "f", lambda g, z, x: g * z)
log = _unary("log", np.log, "f", lambda g, z, x: g / x)
log1p = _unary("log1p", np.log1p, "f", lambda g, z, x: g / (1 + x))
tanh = _unary("tanh", np.tanh, "f", lambda g, z, x: g * (1 - z * z))
sin = _unary("sin", np.sin, "f", lambda g, z, x: g * cos(x))
cos: Primitive = _unary("cos", np.cos, "f", lambda g, z, x: -(g * sin(x)))
sqrt = _unary("sqrt", np.sqrt, "f", lambda g, z, x: g / (2 * z))
abs_ = _unary("abs", np.abs, "fiu", lambda g, z, x: g * sign(x))
sign: Primitive = _unary("sign", np.sign, "fiu", None)
floor = _unary("floor", np.floor, "f", None)
relu = _unary("relu", kernels.relu, "fiu", lambda g, z, x: _where0(z > 0, g))

add = _binary("add", np.add, "fiu", lambda g, z, x, y: g, lambda g, z, x, y: g)
sub = _binary("sub", np.subtract, "fiu", lambda g, z, x, y: g, lambda g, z, x, y: -g)
mul = _binary("mul", np.multiply, "fiu", lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
div = _binary("div", np.divide, "f", lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y)
floordiv = _binary("floordiv", _floordiv, "iu", None, None)
pow_: Primitive = _binary(
    "pow",
    np.power,
    "f",
    lambda g, z, x, y: g * y * pow_(where(y != 0, x, where(x != 0, x, fill(x, 1))), y - 1),
    lambda g, z, x, y: g * z * log(where(x != 0, x, fill(x, 1))),
)
maximum = _binary(
    "maximum", np.maximum, "fiub", lambda g, z, x, y: _winner(g, x, y), lambda g, z, x, y: _winner(g, y, x)
)
minimum = _binary(
    "minimum", np.minimum, "fiub", lambda g, z, x, y: _winner(g, y, x), lambda g, z, x, y: _winner(g, x, y)
)

lt, le = _compare("lt", np.less), _compare("le", np.less_equal)
gt, ge = _compare("gt", np.greater), _compare("ge", np.greater_equal)
eq, ne = _compare("eq", np.equal), _compare("ne", np.not_equal)

where: Primitive = row(
    "where",
    kernels.where,
    _where_shape,
    None,
    lambda g, z, c, x, y: _where0(c, g),
    lambda g, z, c, x, y: where(c, fill(g, 0), g),
)
cast: Primitive = row("cast", _cast, _cast_shape, lambda g, z, x, dtype: cast(g, dtype=x.dtype))
stop_gradient = row("stop_gradient", lambda x: x, _same("stop_gradient", "fiub"), None)
alias = row("alias", lambda x: x, _same("alias", "fiub"), lambda g, z, x: g)


def _where0(condition: Tensor, x: Tensor) -> Tensor:
    """`x` where the condition holds, else 0: a product with the condition would let inf * 0 through."""
    return where(condition, x, fill(x, 0))


def _winner(g: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The cotangent that goes to `x` when the larger of `x` and `y` is taken: all of it, half at a tie, or none."""
    return where(x == y, g * 0.5, _where0(x > y, g))
