"""The table of primitives: everything the library can compute, one row each.

A row is a name, a NumPy implementation, a shape rule and a VJP. Rows are strict: elementwise inputs have equal shapes
and dtypes, axes are sorted and non-negative, nothing is promoted. The NumPy-like face in `minigrad.ops` makes inputs
fit, so that each row stays one line of calculus and each back end (JAX, WebAssembly) is one more table with these
keys. Each row means something for every input of the right shape and dtype, because a compiled program cannot raise.

Reading order: primitive -> **primitives** (table, kernels, structure, broadcasting, elementwise,
reductions, indexing) -> ops -> ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.primitive import Primitive, Rule, ShapeRule
from minigrad.primitives import broadcasting, elementwise, indexing, reductions, structure
from minigrad.primitives.table import TABLE

__all__ = ["TABLE", "broadcasting", "elementwise", "indexing", "primitive", "reductions", "structure"]


def primitive(
    name: str,
    impl: Callable[..., Any],
    shape: ShapeRule,
    vjp: tuple[Rule | None, ...] | Callable[[int], Rule | None],
) -> Primitive:
    """Add a row of your own to the table and return it, ready to be called on Tensors.

    `impl(*arrays, **params)` computes with NumPy and leaves its inputs alone; `shape(*values, **params)` returns the
    result's shape and dtype from the `.shape` and `.dtype` of values without numbers; `vjp` holds one rule
    `(g, z, *inputs, **params) -> cotangent` per input, or None where there is no gradient. A name already in the
    table raises `ValueError`. Check the result with `minigrad.check.gradients`.

    >>> import numpy as np, minigrad
    >>> cube = primitive("cube", lambda x: x**3, lambda x: (x.shape, x.dtype), (lambda g, z, x: g * 3 * x * x,))
    >>> minigrad.grad(cube)(2.0)
    Tensor(12.)
    >>> del TABLE["cube"]
    """
    if name in TABLE:
        raise ValueError(f"there is already a primitive named {name!r}; choose another name")
    return TABLE.setdefault(name, Primitive(name, impl, shape, vjp))
