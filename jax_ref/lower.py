"""Lowering: a Program as a JAX function, equation by equation.

The result is an ordinary traceable function of the Program's arguments, so `jax.jit`, `jax.grad` and `jax.vmap`
accept it. JAX is traced once per set of shapes, and that is when symbolic dimensions get their lengths.

Reading order: meanings -> **lower** -> model -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_ref.meanings import MEANINGS
from minigrad import tree
from minigrad.program import Atom, Constant, Program
from minigrad.tensor import Tensor


def lower(program: Program, dims: Mapping[str, int] | None = None) -> Callable[..., Any]:
    """A JAX function with the Program's argument tree, result tree, shapes and dtypes.

    `dims` gives the length of names that no input axis binds; all others are read off the arguments' shapes whenever
    the function is traced. Python numbers take the recorded dtype. `TypeError` and `ValueError`, when called, for
    another tree, dtype or shape, and `KeyError` here for a primitive without a meaning in JAX.

    >>> import jax, minigrad, numpy as np
    >>> (n,) = minigrad.dims("n")
    >>> program = minigrad.record(lambda x: minigrad.sum(x * x), minigrad.spec([n], "float64"))
    >>> jax.jit(jax.grad(lower(program)))(np.array([1.0, 2.0])).tolist()
    [2.0, 4.0]
    """
    missing = {eq.primitive for eq in program.equations} - MEANINGS.keys()
    if missing:
        raise KeyError(f"no meaning in JAX for {', '.join(sorted(missing))}; add it to jax_ref.MEANINGS")

    def function(*args: Any) -> Any:
        arrays = _arguments(program, args)
        return tree.unflatten(program.out_tree, evaluate(program, arrays, dims))

    function.__name__ = function.__qualname__ = "lowered"
    return function


def evaluate(program: Program, arrays: Sequence[jax.Array], dims: Mapping[str, int] | None = None) -> list[jax.Array]:
    """The outputs for one array per input: every equation's meaning in turn."""
    binding = program.bind([x.shape for x in arrays], dims)
    values: dict[int, jax.Array] = {id(var): x for var, x in zip(program.inputs, arrays, strict=True)}

    def read(atom: Atom) -> jax.Array:
        return jnp.asarray(atom.value) if isinstance(atom, Constant) else values[id(atom)]

    for eq in program.equations:
        values[id(eq.output)] = MEANINGS[eq.primitive](*map(read, eq.inputs), **eq.params_at(binding))
    return [read(atom) for atom in program.outputs]


def _arguments(program: Program, args: Sequence[Any]) -> list[jax.Array]:
    leaves, structure = tree.flatten(list(args))
    if structure != program.in_tree:
        raise TypeError(f"this Program takes arguments {program.in_tree}, and got {structure}")
    arrays = []
    for leaf, var in zip(leaves, program.inputs, strict=True):
        if isinstance(leaf, Tensor):
            leaf = leaf.numpy()
        weak = isinstance(leaf, bool | int | float) and not isinstance(leaf, np.generic)
        array = jnp.asarray(leaf, var.dtype if weak else None)
        if array.dtype != var.dtype:
            raise TypeError(f"input {var.name} has dtype {var.dtype}, and got {array.dtype}; use .astype to convert")
        arrays.append(array)
    return arrays
