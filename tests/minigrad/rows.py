"""One example of one row: its inputs, what minigrad makes of them, and what JAX makes of them.

The quantities compared are the value z = f(x), the pullback of a random cotangent g = VJP(x, c), and the pullback of
that pullback with a random cotangent d: every second derivative of f contracted with c and d, and the linearity in c.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import numpy as np
from hypothesis import strategies as st

from jax_ref import MEANINGS
from minigrad import vjp
from minigrad.primitives import TABLE
from minigrad.tensor import Tensor, as_tensor
from tests.minigrad.domains import DOMAINS, Signature, signatures
from tests.minigrad.layouts import LAYOUTS, Array

WIDTH = 48  # elementwise references are compiled once, for flat arrays of this length


@dataclass(frozen=True)
class Example:
    """Inputs of a row, a cotangent for its result, and a cotangent for every gradient."""

    name: str
    dtype: str
    params: dict[str, Any]
    inputs: tuple[Array, ...]
    cotangent: Array
    second: tuple[Array, ...]
    layouts: tuple[str, ...]

    @property
    def moving(self) -> tuple[int, ...]:
        """The positions of the inputs that have gradients: floats, if the result is one."""
        floats = tuple(i for i, x in enumerate(self.inputs) if x.dtype.kind == "f")
        return floats if self.cotangent.dtype.kind == "f" else ()

    @property
    def arrays(self) -> tuple[Array, ...]:
        """Every array that minigrad is given."""
        return (*self.inputs, self.cotangent, *self.second)

    def __repr__(self) -> str:
        inputs = ", ".join(f"{x!r} ({layout})" for x, layout in zip(self.inputs, self.layouts, strict=True))
        return f"{self.name}({inputs}, params={self.params}), cotangent {self.cotangent!r}"


@st.composite
def examples(draw: st.DrawFn, name: str, dtype: str) -> Example:
    """Examples of a row, from its domain."""
    pool = signatures(name, dtype)
    signature = pool[draw(st.integers(0, len(pool) - 1))]
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    ties = draw(st.sampled_from([0.0, 0.4, 1.0]))
    inputs, layouts = [], []
    for position, shape in enumerate(signature.shapes):
        x = numbers_for(rng, name, signature, position, shape, dtype, ties)
        layout = draw(st.sampled_from(LAYOUTS))
        inputs.append(layout(x))
        layouts.append(layout.__name__)
    result, result_dtype = TABLE[name].shape(*inputs, **signature.params)
    floats = [x for x in inputs if x.dtype.kind == "f"]
    layout = draw(st.sampled_from(LAYOUTS))
    cotangent = layout(np.asarray(rng.normal(size=result)).astype(result_dtype))
    second = tuple(layout(np.asarray(rng.normal(size=x.shape)).astype(x.dtype)) for x in floats)
    return Example(name, dtype, signature.params, tuple(inputs), cotangent, second, tuple(layouts))


def numbers_for(
    rng: np.random.RandomState, name: str, signature: Signature, position: int, shape: Any, dtype: str, ties: float
) -> Array:
    """Numbers for one input, from the domain of the row; `ties` is the share of those that shall coincide."""
    if position in signature.conditions:
        return np.asarray(rng.rand(*shape) < 0.5)
    if signature.index and signature.index[0] == position:
        length = signature.index[1]
        index_dtype = ("int64", "int32", "uint8")[rng.randint(3)]
        low = 0 if index_dtype == "uint8" else -length - 2
        return np.asarray(rng.randint(low, length + 2, shape)).astype(index_dtype)
    numbers = DOMAINS[name].numbers
    low, high, coinciding = numbers[min(position, len(numbers) - 1)]
    x = np.asarray(rng.uniform(low, high, shape))
    tied = np.asarray(rng.rand(*shape) < ties)
    x = np.asarray(np.where(tied, rng.choice(coinciding, shape), x))
    if np.dtype(dtype).kind == "f":
        return x.astype(dtype)
    if dtype == "bool":
        return np.asarray(x > 0)
    return np.asarray(np.round(np.abs(x) if dtype == "uint8" else x)).astype(dtype)


def floats_only(example: Example) -> Any:
    """The row as a function of its float inputs."""

    def function(*floats: Any) -> Tensor:
        inputs = [as_tensor(x) for x in example.inputs]
        for position, x in zip(example.moving, floats, strict=True):
            inputs[position] = x
        return TABLE[example.name](*inputs, **example.params)

    return function


def ours(example: Example) -> dict[str, list[Array]]:
    """Value, first and second pullback by minigrad."""
    if not example.moving:
        value = TABLE[example.name](*map(as_tensor, example.inputs), **example.params)
        return {"value": [value.numpy()]}
    function = floats_only(example)
    floats = [example.inputs[i] for i in example.moving]
    value, pullback = vjp(function, *floats)
    first = pullback(example.cotangent)

    def pulled(floats: Any, cotangent: Any) -> Any:
        return vjp(function, *floats)[1](cotangent)

    _, second_pullback = vjp(pulled, floats, example.cotangent)
    of_inputs, of_cotangent = second_pullback(example.second)
    second = [*of_inputs, of_cotangent]
    return {"value": [value.numpy()], "first": [g.numpy() for g in first], "second": [g.numpy() for g in second]}


def jaxs(example: Example) -> dict[str, list[Array]]:
    """The same by JAX: jit-compiled once per signature, or once in all for an elementwise row."""
    key = tuple(sorted(example.params.items()))
    function = _compiled(example.name, key, example.moving)
    if not DOMAINS[example.name].elementwise:
        return _lists(function(example.inputs, example.cotangent, example.second))
    shape, size = example.cotangent.shape, example.cotangent.size
    flat = (_flat(x) for x in (example.inputs, (example.cotangent,), example.second))
    inputs, (cotangent,), second = flat
    found = _lists(function(inputs, cotangent, second))
    return {kind: [x[:size].reshape(shape) for x in arrays] for kind, arrays in found.items()}


def _flat(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    """Raveled and filled up with ones, which lie in every row's domain."""
    return tuple(np.concatenate([x.ravel(), np.ones(WIDTH - x.size, x.dtype)]) for x in arrays)


def _lists(found: dict[str, Any]) -> dict[str, list[Array]]:
    return {kind: [np.asarray(x) for x in arrays] for kind, arrays in found.items()}


@cache
def _compiled(name: str, params: tuple[tuple[str, Any], ...], moving: tuple[int, ...]) -> Any:
    meaning, named = MEANINGS[name], dict(params)

    def everything(inputs: Any, cotangent: Any, second: Any) -> dict[str, Any]:
        def function(*floats: Any) -> Any:
            full = list(inputs)
            for position, x in zip(moving, floats, strict=True):
                full[position] = x
            return meaning(*full, **named)

        if not moving:
            return {"value": [function()]}
        floats = tuple(inputs[i] for i in moving)

        def pulled(floats: Any, cotangent: Any) -> Any:
            return jax.vjp(function, *floats)[1](cotangent)

        first, second_pullback = jax.vjp(pulled, floats, cotangent)
        of_inputs, of_cotangent = second_pullback(second)
        return {"value": [function(*floats)], "first": list(first), "second": [*of_inputs, of_cotangent]}

    return jax.jit(everything)
