"""Layers as plain trees and plain functions: a network is a list of {"W": [in, out], "b": [out]}.

Reading order: ... grad -> check -> **nn** -> schedules -> optim -> ...

Nothing here knows of gradients or training: `mlp(params, x)` is a function like any other, to be differentiated,
recorded, or called on NumPy arrays.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad import ops
from minigrad.memory import take_like
from minigrad.ops.composite import Composite
from minigrad.ops.convert import ARRAYS, to_tensor
from minigrad.primitives import kernels
from minigrad.primitives.broadcasting import sum_
from minigrad.primitives.reductions import matmul
from minigrad.tensor import Array, Tensor

Layer = dict[str, Any]
Params = list[Layer]
Init = str | tuple[str, float]


def identity(x: Tensor) -> Tensor:
    """x."""
    return x


ACTIVATIONS: dict[str, Callable[[Any], Tensor]] = {
    "relu": ops.relu, "tanh": ops.tanh, "sigmoid": ops.sigmoid, "softplus": ops.softplus, "gelu": ops.gelu,
    "identity": identity,
}  # fmt: skip


def linear(layer: Layer, x: Any) -> Tensor:
    """x W + b: [..., in] to [..., out]."""
    weights, bias = layer["W"], layer["b"]
    if isinstance(x, ARRAYS) and isinstance(weights, ARRAYS) and isinstance(bias, ARRAYS):
        x, weights, bias = to_tensor(x), to_tensor(weights), to_tensor(bias)
        if _multiplies_matrices(x.value, weights.value, bias.value):
            return _linear(x, weights, bias)
    return _affine(x, weights, bias)


def _multiplies_matrices(x: Any, w: Any, b: Any) -> bool:
    """Whether these are [n, in], [in, out] and [out], floats of one dtype."""
    alike = x.dtype is w.dtype is b.dtype and x.dtype.kind == "f"
    return alike and x.ndim == w.ndim == 2 and x.shape[1] == w.shape[0] and w.shape[1:] == b.shape


def _affine(x: Any, weights: Any, bias: Any) -> Tensor:
    return ops.add(ops.matmul(x, weights), bias)


def _affine_of_arrays(x: Array, weights: Array, bias: Array) -> Any:
    """The same of matrices, b added where x W lies."""
    z = kernels.matmul(x, weights)
    return np.add(z, bias, out=z)


_linear = Composite(
    "linear",
    _affine,
    _affine_of_arrays,
    lambda g, z, x, weights, bias: matmul(g, weights.T),
    lambda g, z, x, weights, bias: matmul(x.T, g),
    lambda g, z, x, weights, bias: sum_(g, axes=(0,)),
)


def mlp(params: Params, x: Any, activation: str = "relu") -> Tensor:
    """A multi-layer perceptron: linear layers with an activation between them, none after the last.

    x: float [..., params[0] in]; returns the logits, float [..., params[-1] out].

    >>> layers = [{"W": [[1.0, -1.0]], "b": [0.0, 0.0]}, {"W": [[1.0], [1.0]], "b": [0.5]}]
    >>> mlp(layers, [[-3.0], [2.0]])  # relu(x) + relu(-x) + 0.5
    Tensor([[3.5],
            [2.5]])

    Raises:
        ValueError: an unknown activation, or shapes that do not fit.
    """
    f = activation_named(activation)
    for layer in params[:-1]:
        x = f(linear(layer, x))
    return linear(params[-1], x)


def activation_named(name: str) -> Callable[[Any], Tensor]:
    """The activation of that name; `ValueError` with the list of names where there is none."""
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation {name!r}; there are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def squared_weights(params: Params) -> Tensor:
    """Σ‖W‖² over the layers, biases left out: what L2 regularisation penalises."""
    return sum((_squares(layer["W"]) for layer in params[1:]), start=_squares(params[0]["W"]))


def _squares(weights: Any) -> Tensor:
    x = to_tensor(weights)
    return _squared_norm(x) if x.value.dtype.kind == "f" else ops.sum(ops.square(x))


def _twice_the_product(g: Any, z: Any, x: Any) -> Any:
    """g x + g x, as the definition has it: 2 g can overflow where 2 g x does not."""
    product = x * g
    return product + product


_squared_norm = Composite(
    "squared_norm",
    lambda x: ops.sum(ops.square(x)),
    lambda x: kernels.sum_over(np.multiply(x, x, out=take_like(x)), tuple(range(x.ndim))),
    _twice_the_product,
)


def init_mlp(
    widths: Sequence[int],
    init: Init = "he",
    rng: int | np.random.RandomState = 0,
    dtype: str = "float64",
    bias: float = 0.0,
) -> Params:
    """Fresh parameters for `mlp`, drawn layer by layer: W, then b where `bias` is not 0.

    Args:
        widths: inputs, hidden widths, outputs: [2, 100, 3].
        init: "he", for relu: normal with standard deviation √(2/in) (He et al. 2015, arXiv:1502.01852);
            "xavier", for tanh: uniform within ±√(6/(in + out)) (Glorot & Bengio 2010, eq. 16);
            ("normal", s): normal with standard deviation s.
        rng: a seed, or a generator whose stream goes on.
        dtype: "float64" or "float32"; the draws are the same, float32 rounds them.
        bias: the standard deviation of the biases; 0 draws none.

    Raises:
        ValueError: fewer than two widths, a width below 1, or an unknown init.
    """
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"widths are {list(widths)}; expected at least an input and an output width, each 1 or more")
    rng = rng if isinstance(rng, np.random.RandomState) else np.random.RandomState(rng)
    params = []
    for inputs, outputs in pairwise(widths):
        weights = _draw(init, rng, inputs, outputs)
        biases = bias * rng.randn(outputs) if bias else np.zeros(outputs)
        params.append({"W": weights.astype(dtype), "b": biases.astype(dtype)})
    return params


def _draw(init: Init, rng: np.random.RandomState, inputs: int, outputs: int) -> NDArray[np.float64]:
    match init:
        case "he":
            return math.sqrt(2 / inputs) * rng.randn(inputs, outputs)
        case "xavier":
            bound = math.sqrt(6 / (inputs + outputs))
            return rng.uniform(-bound, bound, (inputs, outputs))
        case ("normal", (float() | int()) as scale):
            return scale * rng.randn(inputs, outputs)
    raise ValueError(f"there is no init {init!r}; there are 'he', 'xavier' and ('normal', standard deviation)")
