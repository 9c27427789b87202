"""What is asked of a network, each recorded once and replayed for every snapshot: probabilities, units, gradients.

Reading order: style → **models** → history → maps, curves, hinges, units → charts → scene → …

Everything is in float32, which a picture cannot tell from float64, with a symbolic number of points `n`.
"""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from minigrad import nn, ops, passes, train
from minigrad.data import Dataset
from minigrad.program import Program

Floats = NDArray[np.floating[Any]]


class Model:
    """A network's architecture; its methods take parameters, a list of {"W": [in, out], "b": [out]}."""

    def __init__(self, widths: tuple[int, ...], activation: str) -> None:
        self.widths, self.activation = widths, activation

    def probabilities(self, params: nn.Params, points: Floats) -> NDArray[np.float32]:
        """The class probabilities [n, classes] of points [n, 2]."""
        found: NDArray[np.float32] = predict_program(self.widths, self.activation)(single(params), single(points))
        return found

    def units(self, params: nn.Params, points: Floats) -> NDArray[np.float32]:
        """The activations [n, width] of the last hidden layer at points [n, 2]."""
        found: NDArray[np.float32] = units_program(self.widths, self.activation)(single(params), single(points))
        return found

    def loss(self, params: nn.Params, data: Dataset, reg: float) -> float:
        """The loss on a whole data set, regularisation included."""
        arguments = single(params), single(data.points), data.labels, np.float32(reg)
        return float(loss_program(self.widths, self.activation)(*arguments))

    def gradient_norms(self, params: nn.Params, data: Dataset, reg: float) -> list[float]:
        """‖∂loss/∂W‖ of each layer on a whole data set."""
        arguments = single(params), single(data.points), data.labels, np.float32(reg)
        return [float(norm) for norm in norms_program(self.widths, self.activation)(*arguments)]


def model_of(params: nn.Params, activation: str) -> Model:
    """The architecture that parameters fit."""
    return Model((params[0]["W"].shape[0], *(layer["W"].shape[1] for layer in params)), activation)


def single(arrays: Any) -> Any:
    """The same tree in float32."""
    if isinstance(arrays, list):
        return [single(branch) for branch in arrays]
    if isinstance(arrays, dict):
        return {key: single(branch) for key, branch in arrays.items()}
    return np.asarray(arrays, np.float32)


@cache
def predict_program(widths: tuple[int, ...], activation: str) -> Program:
    """(params, points [n, inputs]) to the class probabilities [n, classes]."""

    def predict(params: nn.Params, points: Any) -> Any:
        return ops.softmax(nn.mlp(params, points, activation))

    return passes.simplify(mg.record(predict, _params(widths), _points(widths)))


@cache
def units_program(widths: tuple[int, ...], activation: str) -> Program:
    """(params, points [n, inputs]) to the activations of the last hidden layer [n, width]."""
    f = nn.activation_named(activation)

    def units(params: nn.Params, points: Any) -> Any:
        for layer in params[:-1]:
            points = f(nn.linear(layer, points))
        return points

    return passes.simplify(mg.record(units, _params(widths), _points(widths)))


@cache
def loss_program(widths: tuple[int, ...], activation: str) -> Program:
    """(params, points, labels, reg) to the loss."""

    def loss(params: nn.Params, points: Any, labels: Any, reg: Any) -> Any:
        return train.loss(params, points, labels, reg, activation)

    return passes.simplify(mg.record(loss, _params(widths), _points(widths), _labels(), mg.spec(())))


@cache
def norms_program(widths: tuple[int, ...], activation: str) -> Program:
    """(params, points, labels, reg) to the norm of the loss's gradient in each layer's W."""

    def norms(params: nn.Params, points: Any, labels: Any, reg: Any) -> Any:
        grads = mg.grad(train.loss)(params, points, labels, reg, activation)
        return [ops.sqrt(ops.sum(ops.square(layer["W"]))) for layer in grads]

    return passes.simplify(mg.record(norms, _params(widths), _points(widths), _labels(), mg.spec(())))


def _params(widths: tuple[int, ...]) -> nn.Params:
    return [{"W": mg.spec((a, b)), "b": mg.spec((b,))} for a, b in pairwise(widths)]


def _points(widths: tuple[int, ...]) -> Any:
    (n,) = mg.dims("n")
    return mg.spec((n, widths[0]))


def _labels() -> Any:
    (n,) = mg.dims("n")
    return mg.spec((n,), "int64")
