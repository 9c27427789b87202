"""Rows of your own, which are held to their word at every application.

The rows of the table are proven by the tests; a new one is not, so here its shape rule is asked beside its
implementation, and what either raises says whose it is.

Reading order: primitive -> primitives (table, ..., indexing, **own**) -> ops -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from operator import index
from typing import Any

import numpy as np

from minigrad.abstract import Dtype
from minigrad.dims import Dim, Shape
from minigrad.primitive import Primitive, Rule, ShapeRule
from minigrad.primitives.table import TABLE
from minigrad.tensor import DTYPES, Array, Value


def primitive(
    name: str,
    impl: Callable[..., Any],
    shape: ShapeRule,
    vjp: Sequence[Rule | None] | Callable[[int], Rule | None],
) -> Primitive:
    """Add a row of your own to the table and return it, ready to be called on Tensors.

    `impl(*arrays, **params)` computes with NumPy and leaves its inputs alone; `shape(*values, **params)` returns the
    result's shape and dtype from the `.shape` and `.dtype` of values without numbers; `vjp` holds one rule
    `(g, z, *inputs, **params) -> cotangent` per input, or None where there is no gradient; for any number of inputs it
    is a function from the position of an input to its rule. A name already in the table raises `ValueError`, and so
    does the row when it is called with another number of inputs than it has rules, or when `impl` gives something else
    than `shape` says. Check its gradients with `minigrad.check.gradients`.

    >>> import numpy as np, minigrad
    >>> cube = primitive("cube", lambda x: x**3, lambda x: (x.shape, x.dtype), (lambda g, z, x: g * 3 * x * x,))
    >>> minigrad.grad(cube)(2.0)
    Tensor(12.)
    >>> del TABLE["cube"]
    """
    if name in TABLE:
        raise ValueError(f"there is already a primitive named {name!r}; choose another name")
    rules = _rules(name, vjp)
    compute = _owned_up(f"the implementation of {name}", impl)
    expect = _owned_up(f"the shape rule of {name}", shape)

    def checked_shape(*values: Value, **params: Any) -> tuple[Shape, Dtype]:
        if not isinstance(rules, tuple):
            for position in range(len(values)):
                rules(position)  # which raises where there is none
        elif len(rules) != len(values):
            raise ValueError(
                f"{name} is called with {len(values)} inputs and has {len(rules)} VJP rules; give it one for each "
                f"input, None where there is no gradient"
            )
        return _shape_and_dtype(name, expect(*values, **params))

    def checked_impl(*arrays: Array, **params: Any) -> Array:
        result = np.asarray(compute(*arrays, **params))
        expected, dtype = checked_shape(*arrays, **params)
        if result.shape != expected or result.dtype != dtype:
            inputs = ", ".join(f"{x.dtype}{list(x.shape)}" for x in arrays)
            raise ValueError(
                f"{name} of {inputs}: its shape rule says {dtype}{list(expected)}, but its implementation gives "
                f"{result.dtype}{list(result.shape)}; they have to agree"
            )
        return result

    return TABLE.setdefault(name, Primitive(name, checked_impl, checked_shape, rules))


def _rules(
    name: str, vjp: Sequence[Rule | None] | Callable[[int], Rule | None]
) -> tuple[Rule | None, ...] | Callable[[int], Rule | None]:
    if not callable(vjp):
        return tuple(_owned_rule(name, position, rule) for position, rule in enumerate(vjp))
    try:
        signature(vjp).bind(0)
    except ValueError:
        pass  # a built-in one does not say what it takes
    except TypeError:
        raise TypeError(
            f"the VJP of {name} is a function, which would have to give the rule of an input from its position; "
            f"for a row with one input write (rule,)"
        ) from None
    find = _owned_up(f"the VJP of {name}, which has to give the rule of an input from its position", vjp)
    return lambda position: _owned_rule(name, position, find(position))


def _owned_rule(name: str, position: int, rule: Any) -> Rule | None:
    if rule is None:
        return None
    if not callable(rule):
        raise TypeError(
            f"the VJP of {name} for its input {position} is {rule!r}, and no rule; write a function or None for each "
            f"input, (rule,) for a row with one"
        )
    return _owned_up(f"the VJP rule of {name} for its input {position}", rule)


def _shape_and_dtype(name: str, answer: Any) -> tuple[Shape, Dtype]:
    """What a shape rule answered, as a shape and a dtype that Tensors can have."""
    try:
        lengths, kind = answer
        shape = tuple(length if isinstance(length, Dim) else index(length) for length in lengths)
        dtype = DTYPES[DTYPES.index(np.dtype(kind))]
    except (TypeError, ValueError):
        raise TypeError(
            f"the shape rule of {name} answers {answer!r}; it has to return a shape and one of the dtypes of Tensors, "
            f"as in (x.shape, x.dtype)"
        ) from None
    return shape, dtype


def _owned_up(what: str, f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, whose errors say where they come from."""

    @wraps(f)
    def named(*args: Any, **params: Any) -> Any:
        try:
            return f(*args, **params)
        except Exception as error:
            error.add_note(f"This comes from {what}.")
            raise

    return named
