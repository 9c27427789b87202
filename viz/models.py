"""What is asked of a network, each recorded once and run for every snapshot: probabilities, units, gradients.

Reading order: style → **models** → history → regions → maps, curves, hinges, units → charts → layout → scene → …

Everything is in float32, which a picture cannot tell from float64, with a symbolic number of points `n` and symbolic
hidden widths `h1`, `h2`, …, so that one recording serves all networks of an activation, depth and number of classes.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from minigrad import nn, ops, passes, train
from minigrad.data import Dataset
from minigrad.program import Program
from wasm_export.compile import compile
from wasm_export.site.recorded import data_specs, number, params_spec

Floats = NDArray[np.floating[Any]]

WIDE = 100
"""From this width on, a film is finished sooner with the compiled network, its compilation included.

That holds for one hidden layer, which the compiler fuses into one loop; the products of deeper networks are large
matrices, where NumPy's replay is as fast or faster.
"""


class Model:
    """A network's architecture; its methods take parameters, a list of {"W": [in, out], "b": [out]}.

    Attributes:
        widths: from the inputs to the classes.
        kind: what the recordings depend on: the number of hidden layers, the activation, the number of classes.
    """

    def __init__(self, widths: tuple[int, ...], activation: str) -> None:
        self.widths, self.kind = widths, (len(widths) - 2, activation, widths[-1])

    def probabilities(self, params: nn.Params, points: Floats) -> NDArray[np.float32]:
        """The class probabilities [n, classes] of points [n, 2]."""
        fused = len(self.widths) == 3 and self.widths[1] >= WIDE
        run = compiled_predict(*self.kind) if fused else predict_program(*self.kind)
        found: NDArray[np.float32] = run(single(params), single(points))
        return found

    def units(self, params: nn.Params, points: Floats) -> NDArray[np.float32]:
        """The activations [n, width] of the last hidden layer at points [n, 2]."""
        found: NDArray[np.float32] = units_program(*self.kind)(single(params), single(points))
        return found

    def loss(self, params: nn.Params, data: Dataset, reg: float) -> float:
        """The loss on a whole data set, regularisation included."""
        return float(loss_program(*self.kind)(*_arguments(params, data, reg)))

    def gradient_norms(self, params: nn.Params, data: Dataset, reg: float) -> list[float]:
        """‖∂loss/∂W‖ of each layer on a whole data set."""
        return [float(norm) for norm in norms_program(*self.kind)(*_arguments(params, data, reg))]


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
def predict_program(layers: int, activation: str, classes: int) -> Program:
    """(params, points [n, 2]) to the class probabilities [n, classes]."""

    def predict(params: nn.Params, points: Any) -> Any:
        return ops.softmax(nn.mlp(params, points, activation))

    points, _ = data_specs()
    return passes.simplify(mg.record(predict, params_spec(layers, classes), points))


@cache
def compiled_predict(layers: int, activation: str, classes: int) -> Callable[..., Any]:
    """The same, compiled; without wasmtime, the recording itself."""
    program = predict_program(layers, activation, classes)
    return compile(program) if find_spec("wasmtime") else program


@cache
def units_program(layers: int, activation: str, classes: int) -> Program:
    """(params, points [n, 2]) to the activations of the last hidden layer [n, width]."""
    f = nn.activation_named(activation)

    def units(params: nn.Params, points: Any) -> Any:
        for layer in params[:-1]:
            points = f(nn.linear(layer, points))
        return points

    points, _ = data_specs()
    return passes.simplify(mg.record(units, params_spec(layers, classes), points))


@cache
def loss_program(layers: int, activation: str, classes: int) -> Program:
    """(params, points [n, 2], labels [n], reg) to the loss."""

    def loss(params: nn.Params, points: Any, labels: Any, reg: Any) -> Any:
        return train.loss(params, points, labels, reg, activation)

    return passes.simplify(mg.record(loss, params_spec(layers, classes), *data_specs(), number))


@cache
def norms_program(layers: int, activation: str, classes: int) -> Program:
    """(params, points [n, 2], labels [n], reg) to the norm of the loss's gradient in each layer's W."""

    def norms(params: nn.Params, points: Any, labels: Any, reg: Any) -> Any:
        grads = mg.grad(train.loss)(params, points, labels, reg, activation)
        return [ops.sqrt(ops.sum(ops.square(layer["W"]))) for layer in grads]

    return passes.simplify(mg.record(norms, params_spec(layers, classes), *data_specs(), number))


def _arguments(params: nn.Params, data: Dataset, reg: float) -> tuple[Any, ...]:
    return single(params), single(data.points), data.labels.astype(np.int32), np.float32(reg)
