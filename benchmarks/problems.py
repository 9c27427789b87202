"""The work that is timed: training steps of small networks, recorded once with symbolic sizes.

Reading order: … → `apart` → **problems** → `rivals/`, `ours`, `in_page` → …
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import data, nn, optim, passes, train
from minigrad.program import Program, concrete

STATIC = 16
"""Input and class counts up to this are written into the Program, as the page does; longer ones are symbolic."""

number = mg.spec(())


@dataclass(frozen=True)
class Problem:
    """A network, the data that it is trained on with softmax cross-entropy and ½·reg·Σ‖W‖², and its first weights.

    points: float32 [n, widths[0]]; labels: int64 [n]; params: as in `minigrad.nn`, float32.
    """

    widths: tuple[int, ...]
    activation: str
    optimizer: str
    lr: float
    reg: float
    points: np.ndarray
    labels: np.ndarray
    params: nn.Params

    @property
    def title(self) -> str:
        rule = "" if self.optimizer == "sgd" else f", {self.optimizer.capitalize()}"
        return f"{'-'.join(map(str, self.widths))} {self.activation}, {len(self.points)} points{rule}"

    @property
    def optimiser(self) -> optim.Optimizer:
        return optim.make(self.optimizer, self.lr)


def problem(
    *widths: int, n: int, activation: str = "relu", optimizer: str = "sgd", lr: float = 1.0, reg: float = 1e-3
) -> Problem:
    """A network on the spiral or, with other than two inputs, on noise; weights as the case study of CS231n has them.

    Deeper networks start with Xavier's weights, since 0.01·randn would leave their gradients at zero.
    """
    rng = np.random.RandomState(0)
    if widths[0] == 2:
        dataset = data.cs231n(n, widths[-1])
        points, labels = dataset.points.astype(np.float32), dataset.labels
    else:
        points, labels = rng.randn(n, widths[0]).astype(np.float32), rng.randint(0, widths[-1], n)
    params = nn.init_mlp(widths, ("normal", 0.01) if len(widths) == 3 else "xavier", rng, "float32")
    return Problem(widths, activation, optimizer, lr, reg, points, labels, params)


SPIRAL = problem(2, 100, 3, n=300)


def step_program(p: Problem) -> Program:
    """The training step (params, state, points, labels, lr, reg) -> {"loss", "params", "state"}, weights in place.

    The number of points is `n` and the width of hidden layer i is `h{i}`, whatever they are in this problem.
    """
    names = mg.dims(" ".join(["n", *sizes_of(p)]))
    symbolic = dict(zip(sizes_of(p), names[1:], strict=True))
    widths = [symbolic.get(f"h{i}", width) for i, width in enumerate(p.widths)]
    params = [{"W": mg.spec((a, b)), "b": mg.spec((b,))} for a, b in pairwise(widths)]
    state = p.optimiser.init(params)
    donate = {"params": "params", "state": "state"} if state else {"params": "params"}
    arguments = params, state, mg.spec((names[0], widths[0])), mg.spec((names[0],), "int32"), number, number
    return passes.simplify(mg.record(train.make_step(p.optimiser, p.activation), *arguments, donate=donate))


def sizes_of(p: Problem) -> dict[str, int]:
    """The widths that are symbolic in the recording, and what they are in this problem."""
    last = len(p.widths) - 1
    return {f"h{i}": width for i, width in enumerate(p.widths) if 0 < i < last or width > STATIC}


def bindings(p: Problem) -> dict[str, int]:
    """What the dimensions of the recorded step are in this problem."""
    return {"n": len(p.points), **sizes_of(p)}


def step_arguments(p: Problem) -> tuple[Any, ...]:
    """What the recorded step is called with first."""
    lr, reg = np.float32(p.lr), np.float32(p.reg)
    return p.params, p.optimiser.init(p.params), p.points, p.labels.astype(np.int32), lr, reg


def flops(program: Program, sizes: Mapping[str, int]) -> float:
    """Multiplications and additions in the contractions of a Program; elementwise work does not count."""
    total = 0
    for eq in program.equations:
        if eq.primitive == "matmul":
            *_, inner = concrete(eq.inputs[0].shape, sizes)
            total += 2 * inner * prod(concrete(eq.output.shape, sizes))
    return total


SIDE = 256
PALETTE = np.array([[87, 144, 252], [248, 156, 32], [228, 37, 54]], np.float32)


def painting_program() -> Program:
    """The decision map over [-1, 1]² as RGBA bytes [side, side, 4]: probabilities mix the colours of the classes."""
    side, h = mg.dims("side h")
    params = [{"W": mg.spec((2, h)), "b": mg.spec((h,))}, {"W": mg.spec((h, 3)), "b": mg.spec((3,))}]

    def paint(params: nn.Params, palette: Any) -> mg.Tensor:
        line = mg.arange(side, "float32") * 2 / (side - 1) - 1
        x, y = mg.broadcast_to(line, (side, side)), mg.broadcast_to(mg.expand_dims(line, 1), (side, side))
        colour = mg.matmul(mg.softmax(nn.mlp(params, mg.stack([x, y], axis=-1))), palette)
        return mg.concatenate([colour, mg.full((side, side, 1), 255.0, "float32")], axis=-1).astype("uint8")

    return passes.simplify(mg.record(paint, params, mg.spec((3, 3)), names=["params", "palette"]))


STRIDE = 97


def sampled_mean(values: np.ndarray) -> float:
    """The mean of every 97th value: a number to check by, for almost no time. `page/contestants.js` has the same."""
    return float(values.ravel()[::STRIDE].mean())


def matmul_program() -> Program:
    """x [n, k] times y [k, m]."""
    n, k, m = mg.dims("n k m")
    return mg.record(mg.matmul, mg.spec((n, k)), mg.spec((k, m)), names=["x", "y"])
