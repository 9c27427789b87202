"""What the page runs, as minigrad functions: training step, gradient, optimisers, evaluation, painting of the map.

Reading order: … compile → **recorded** → bundle → archive → export → the command in `wasm_export/__main__`

Everything is recorded with symbolic sizes: `n` points, hidden widths `h1`, `h2`, …, a map of `side` × `side` pixels.
The classes are a number, so that their loops unroll, or `c`. Optimisers are Programs of their own over all weights as
one flat array of `p` numbers, so that each is compiled once and serves every network. Only the network that the run
trained also has its whole step, gradient and update, as one Program.
"""

from itertools import pairwise
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, ops, optim, passes, train
from minigrad.program import Program
from minigrad.tensor import Tensor
from wasm_export.site.palette import REGION_STRENGTH

Size = int | mg.Dim

number = mg.spec(())


def programs(layers: int, activation: str, classes: Size, optimizer: optim.Optimizer) -> dict[str, Program]:
    """All functions of one network by the names that the page calls: the contents of one module.

    Args:
        layers: the number of hidden layers.
        activation: a key of `nn.ACTIVATIONS`.
        classes: the number of classes; a number makes faster code, a dimension serves any number.
        optimizer: one whose options are kept; the others have their defaults.
    """
    updates = {name: update_program(optim.make(name)) for name in optim.OPTIMIZERS}
    functions = {
        "gradient": gradient_program(layers, activation, classes),
        "evaluate": evaluate_program(layers, activation, classes),
        "paint": paint_program(layers, activation, classes),
        "units": units_program(activation),
        "flush": flush_program(),
        **updates,
        optimizer.name: update_program(optimizer),
    }
    return {name: passes.simplify(program) for name, program in functions.items()}


def params_spec(layers: int, classes: Size) -> nn.Params:
    """Specs of the weights of a network with `layers` hidden layers of symbolic width."""
    widths = [2, *mg.dims(" ".join(f"h{layer}" for layer in range(1, layers + 1))), classes]
    return [{"W": mg.spec((a, b)), "b": mg.spec((b,))} for a, b in pairwise(widths)]


def data_specs() -> tuple[Any, Any]:
    """Specs of points [n, 2] and labels [n]."""
    (n,) = mg.dims("n")
    return mg.spec((n, 2)), mg.spec((n,), "int32")


def step_program(layers: int, activation: str, classes: Size) -> Program:
    """One step of gradient descent: (params, points, labels, lr, reg) to {"loss", "params"}, the params in place."""
    full = train.make_step(optim.sgd(), activation)

    def step(params: nn.Params, points: Any, labels: Any, lr: Any, reg: Any) -> dict[str, Any]:
        result = full(params, {}, points, labels, lr, reg)
        return {"loss": result["loss"], "params": result["params"]}

    arguments = params_spec(layers, classes), *data_specs(), number, number
    return passes.simplify(mg.record(step, *arguments, donate={"params": "params"}))


def gradient_program(layers: int, activation: str, classes: Size) -> Program:
    """(params, points, labels, reg) to {"loss", "grads"}."""

    def gradient(params: nn.Params, points: Any, labels: Any, reg: Any) -> dict[str, Any]:
        loss, grads = mg.value_and_grad(train.loss)(params, points, labels, reg, activation)
        return {"loss": loss, "grads": grads}

    return mg.record(gradient, params_spec(layers, classes), *data_specs(), number)


def update_program(optimizer: optim.Optimizer) -> Program:
    """One update of flat weights: (params [p], grads [p], state, lr) to {"params", "state"}, both in place."""
    flat = mg.spec(mg.dims("p"))
    like = optimizer.init(np.zeros(1, np.float32))
    state = {name: flat if leaf.ndim else number for name, leaf in like.items()}

    def update(params: Any, grads: Any, state: Any, lr: Any) -> dict[str, Any]:
        params, state = optimizer.update(params, grads, state, lr)
        return {"params": params, "state": state}

    donate = {name: name for name in ("params", "state")[: 2 if state else 1]}
    return mg.record(update, flat, flat, state, number, donate=donate)


def flush_program() -> Program:
    """Flat numbers [p], 0 in place of those below the smallest that float32 holds in full, in place.

    The weights of dead units and their momenta shrink as long as one trains, and processors compute with what is left
    many times slower: after 90,000 steps of the spiral thirty such weights made a step take nine times as long on an
    Intel Xeon. The page calls this after the steps of a frame, so numbers that small depend on how many those are.
    """
    smallest = float(np.finfo(np.float32).tiny)

    def flush(numbers: Any) -> dict[str, Tensor]:
        return {"numbers": ops.where(abs(numbers) < smallest, 0.0, numbers)}

    return mg.record(flush, mg.spec(mg.dims("p")), donate={"numbers": "numbers"})


def evaluate_program(layers: int, activation: str, classes: Size) -> Program:
    """(params, points, labels, reg) to loss [], accuracy [] (0 to 1) and each point's predicted class, int32 [n]."""

    def evaluate(params: nn.Params, points: Any, labels: Any, reg: Any) -> dict[str, Tensor]:
        predicted = ops.argmax(nn.mlp(params, points, activation), axis=1).astype("int32")
        accuracy = ops.mean((predicted == labels).astype("float32"))
        loss = train.loss(params, points, labels, reg, activation)
        return {"loss": loss, "accuracy": accuracy, "predicted": predicted}

    return mg.record(evaluate, params_spec(layers, classes), *data_specs(), number)


def paint_program(layers: int, activation: str, classes: Size) -> Program:
    """The decision map as RGBA bytes [side, side, 4], row 0 at the top.

    A class of probability p adds its hue with strength (c·p - 1)/(c - 1), and nothing below chance; so a region
    fades out towards its border, and a network that knows nothing leaves the background.

    Inputs beside the params: palette [c, 3] and background [3], from 0 to 255; x0, x1, y0, y1, the edges of the map;
    hard, which is 1 to show the most likely class at full strength instead, and else 0.
    """
    (side,) = mg.dims("side")

    def paint(
        params: nn.Params, palette: Any, background: Any, x0: Any, x1: Any, y0: Any, y1: Any, hard: Any
    ) -> dict[str, Tensor]:
        logits = nn.mlp(params, plane_of(side, x0, x1, y0, y1), activation)
        soft = ops.relu(ops.softmax(logits) * classes - 1.0) / (classes - 1)
        best = ops.one_hot(ops.argmax(logits, axis=-1), classes, "float32")
        strength = REGION_STRENGTH * (soft + (best - soft) * hard)
        colour = background + ops.matmul(strength, palette - background)
        opaque = ops.full((side, side, 1), 255.0, "float32")
        return {"rgba": ops.concatenate([colour + 0.5, opaque], axis=-1).astype("uint8")}

    edges = [number] * 5
    return mg.record(paint, params_spec(layers, classes), mg.spec((classes, 3)), mg.spec((3,)), *edges)


def units_program(activation: str) -> Program:
    """Pictures of the first layer's units as RGBA bytes [h1, side, side, 4], row 0 at the top.

    A unit's output a takes the background to `positive` (a > 0) or to `negative` with strength 3|a|/(1 + 3|a|).

    Inputs beside the first layer: the three colours [3], from 0 to 255; x0, x1, y0, y1, the edges of the plane.
    """
    h, side = mg.dims("h1 side")

    def units(
        params: nn.Params, positive: Any, negative: Any, background: Any, x0: Any, x1: Any, y0: Any, y1: Any
    ) -> dict[str, Tensor]:
        x, y = pixel_centres(side, x0, x1, y0, y1)
        across, down, bias = (ops.reshape(v, (h, 1, 1, 1)) for v in (*params[0]["W"], params[0]["b"]))
        place = across * ops.expand_dims(x, 1) + down * ops.expand_dims(y, 2)
        output = 3.0 * nn.activation_named(activation)(place + bias)
        strength = output / (1.0 + abs(output))
        colour = background + ops.relu(strength) * (positive - background)
        colour = colour + ops.relu(-strength) * (negative - background)
        opaque = ops.full((h, side, side, 1), 255.0, "float32")
        return {"pictures": ops.concatenate([colour + 0.5, opaque], axis=-1).astype("uint8")}

    return mg.record(units, params_spec(1, 2)[:1], *[mg.spec((3,))] * 3, *[number] * 4)


def plane_of(side: Size, x0: Any, x1: Any, y0: Any, y1: Any) -> Tensor:
    """The middle of every pixel, [side, side, 2], row 0 at the top."""
    x, y = pixel_centres(side, x0, x1, y0, y1)
    return ops.stack([ops.broadcast_to(x, (side, side)), ops.broadcast_to(y, (side, side))], axis=-1)


def pixel_centres(side: Size, x0: Any, x1: Any, y0: Any, y1: Any) -> tuple[Tensor, Tensor]:
    """x [side] of the columns, from the left, and y [side, 1] of the rows, from the top."""
    steps = (ops.arange(side, "float32") + 0.5) / side
    return x0 + steps * (x1 - x0), ops.expand_dims(y1 - steps * (y1 - y0), 1)
