"""Elementwise functions of the NumPy-like face: they promote, broadcast, and apply one row.

Reading order: primitives -> ops (convert, **arithmetic**, reduce, shaping, ...) -> tree -> ...
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.ops.convert import (
    as_dtype,
    as_float,
    as_number,
    common_shape,
    fit,
    promote,
    stretch,
    to_tensor,
)
from minigrad.primitive import Primitive
from minigrad.primitives import elementwise as rows
from minigrad.primitives.broadcasting import fill
from minigrad.primitives.elementwise import BOOL
from minigrad.tensor import DTYPES, Tensor

__all__ = [
    "abs", "absolute", "add", "astype", "clip", "cos", "divide", "equal", "exp", "floor", "floor_divide", "gelu",
    "greater", "greater_equal", "isfinite", "isnan", "less", "less_equal", "log", "log1p", "logical_and",
    "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply", "negative", "not_equal",
    "power", "reciprocal", "relu", "sigmoid", "sign", "silu", "sin", "softplus", "sqrt", "square", "stop_gradient",
    "subtract", "tanh", "where",
]  # fmt: skip


def _unary(row: Primitive, prepare: Callable[[Any], Tensor], text: str) -> Callable[[Any], Tensor]:
    apply = row.__call__

    def function(x: Any) -> Tensor:
        return apply(x if type(x) is Tensor and x.value.dtype.kind == "f" else prepare(x))

    function.__name__ = function.__qualname__ = row.name
    function.__doc__ = text
    return function


def _binary(row: Primitive, text: str, kinds: str = "fiub") -> Callable[[Any, Any], Tensor]:
    apply, allowed = row.__call__, frozenset(dtype for dtype in DTYPES if dtype.kind in kinds)

    def function(x: Any, y: Any) -> Tensor:
        # The common cases need no search for a common type: floats of one dtype, and a float Tensor beside a number.
        if type(x) is Tensor and type(y) is Tensor:
            a, b = x.value, y.value
            if a.dtype is b.dtype and a.dtype.kind == "f":
                if a.shape != b.shape:
                    shape = common_shape(a.shape, b.shape)
                    x, y = stretch(x, shape), stretch(y, shape)
                return apply(x, y)
        elif type(x) is Tensor and type(y) in (float, int) and x.value.dtype.kind == "f":
            return apply(x, fill(x, y))
        elif type(y) is Tensor and type(x) in (float, int) and y.value.dtype.kind == "f":
            return apply(fill(y, x), y)
        x, y = fit(x, y)
        if x.value.dtype not in allowed:
            x, y = (as_number(x), as_number(y)) if "i" in kinds else (as_float(x), as_float(y))
        return apply(x, y)

    function.__name__ = function.__qualname__ = row.name
    function.__doc__ = text
    return function


exp = _unary(rows.exp, as_float, "e to the power of each element.")
log = _unary(rows.log, as_float, "Natural logarithm; -inf at 0, NaN below.")
log1p = _unary(rows.log1p, as_float, "log(1 + x), exact for small x.")
tanh = _unary(rows.tanh, as_float, "Hyperbolic tangent.")
sin = _unary(rows.sin, as_float, "Sine of radians.")
cos = _unary(rows.cos, as_float, "Cosine of radians.")
sqrt = _unary(rows.sqrt, as_float, "Square root; NaN below 0.")
floor = _unary(rows.floor, as_float, "The largest whole number not above x; its gradient is 0.")
negative = _unary(rows.neg, as_number, "-x.")
absolute = _unary(rows.abs_, as_number, "The magnitude |x|; its derivative at 0 is 0.")
abs = absolute
sign = _unary(rows.sign, as_number, "-1, 0 or 1; its gradient is 0.")
relu = _unary(rows.relu, as_number, "max(x, 0); its derivative at 0 is 0.")
stop_gradient = _unary(rows.stop_gradient, to_tensor, "x itself, through which no gradient flows.")

add = _binary(rows.add, "x + y with broadcasting.", "fiu")
subtract = _binary(rows.sub, "x - y with broadcasting.", "fiu")
multiply = _binary(rows.mul, "x * y with broadcasting.", "fiu")
divide = _binary(rows.div, "x / y with broadcasting, always in floats.", "f")
maximum = _binary(rows.maximum, "The larger of x and y, NaN if one is; at ties the gradient is shared equally.")
minimum = _binary(rows.minimum, "The smaller of x and y, NaN if one is; at ties the gradient is shared equally.")
less = _binary(rows.lt, "x < y, element by element.")
less_equal = _binary(rows.le, "x <= y, element by element.")
greater = _binary(rows.gt, "x > y, element by element.")
greater_equal = _binary(rows.ge, "x >= y, element by element.")
equal = _binary(rows.eq, "x == y, element by element.")
not_equal = _binary(rows.ne, "x != y, element by element.")


def floor_divide(x: Any, y: Any) -> Tensor:
    """x // y, rounded down; for integers x // 0 is 0. It has no gradient."""
    x, y = (as_number(a) for a in fit(x, y))
    return rows.floor(rows.div(x, y)) if x.dtype.kind == "f" else rows.floordiv(x, y)


def mod(x: Any, y: Any) -> Tensor:
    """x - y * (x // y): the remainder, with the sign of y."""
    x, y = (as_number(a) for a in fit(x, y))
    times = floor_divide(x, y)
    return where(equal(times, 0), x, subtract(x, multiply(y, times)))  # 0 * inf would be NaN


def power(x: Any, y: Any) -> Tensor:
    """x to the power y. Small whole powers, and those of integers, multiply: exact also for negative x."""
    if type(y) in (int, float) and math.isfinite(y) and y == int(y) and y >= 0:
        base = as_number(x) if type(y) is int else as_float(x)
        if y <= 4 or base.dtype.kind != "f":
            return _whole_power(base, int(y))
    x, y = fit(x, y)
    return rows.pow_(as_float(x), as_float(y))


def _whole_power(base: Tensor, exponent: int) -> Tensor:
    """By squaring: base**13 is base**8 * base**4 * base."""
    result, factor = None, base
    while exponent:
        if exponent % 2:
            result = factor if result is None else multiply(factor, result)
        exponent //= 2
        if exponent:
            factor = multiply(factor, factor)
    return fill(base, 1) if result is None else result


def where(condition: Any, x: Any, y: Any) -> Tensor:
    """x where the condition holds and y elsewhere; no gradient flows to the branch not taken."""
    if type(x) is Tensor and type(y) in (float, int) and x.value.dtype.kind == "f":
        y = fill(x, y)
    else:
        x, y = promote(x, y)
    condition = as_dtype(to_tensor(condition), BOOL)
    shape = common_shape(condition.value.shape, x.value.shape, y.value.shape)
    return rows.where(stretch(condition, shape), stretch(x, shape), stretch(y, shape))


def astype(x: Any, dtype: Any) -> Tensor:
    """x cast to a dtype; from float to integer it truncates, saturates, and sends NaN to 0."""
    return as_dtype(to_tensor(x), dtype)


def square(x: Any) -> Tensor:
    """x * x."""
    x = as_number(x)
    return rows.mul(x, x)


def reciprocal(x: Any) -> Tensor:
    """1 / x."""
    return divide(1.0, x)


def clip(x: Any, low: Any = None, high: Any = None) -> Tensor:
    """x held within low..high; a bound of None is none."""
    x = to_tensor(x) if low is None else maximum(x, low)
    return x if high is None else minimum(x, high)


def logical_and(x: Any, y: Any) -> Tensor:
    """Whether both hold; what is not bool counts as true where it is not 0."""
    return minimum(astype(x, np.bool_), astype(y, np.bool_))


def logical_or(x: Any, y: Any) -> Tensor:
    """Whether at least one holds."""
    return maximum(astype(x, np.bool_), astype(y, np.bool_))


def logical_xor(x: Any, y: Any) -> Tensor:
    """Whether exactly one holds."""
    return not_equal(astype(x, np.bool_), astype(y, np.bool_))


def logical_not(x: Any) -> Tensor:
    """Whether it does not hold."""
    return equal(astype(x, np.bool_), False)


def isnan(x: Any) -> Tensor:
    """Where x is not a number."""
    return not_equal(x, x)


def isfinite(x: Any) -> Tensor:
    """Where x is neither infinite nor NaN."""
    return less(absolute(x), math.inf)


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x)), written so that nothing overflows and the digits of small results are kept."""
    x = as_float(x)
    positive = greater(x, 0)
    e = exp(where(positive, -x, x))
    return divide(where(positive, 1, e), 1 + e)


def softplus(x: Any) -> Tensor:
    """log(1 + exp(x)), a smooth relu, written so that nothing overflows and every derivative at 0 is right."""
    x = as_float(x)
    positive = greater(x, 0)
    return where(positive, x, 0) + log1p(exp(where(positive, -x, x)))


def gelu(x: Any) -> Tensor:
    """x times the normal distribution function, in the tanh form of Hendrycks & Gimpel (2016), arXiv:1606.08415."""
    a = as_float(x)
    return 0.5 * a * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (a + 0.044715 * a * a * a)))


def silu(x: Any) -> Tensor:
    """x * sigmoid(x)."""
    return multiply(x, sigmoid(x))
