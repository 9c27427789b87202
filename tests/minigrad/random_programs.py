"""Random functions: a plan of 3 to 25 steps over earlier values, which minigrad runs eagerly or records.

Steps are calls of the NumPy-like face; each makes one to ten rows. Operands are chosen among all earlier values, so
values are shared and some inputs stay unused. Every step keeps numbers of moderate size and away from the edges of its
domain: those are tested row by row. A failing plan shrinks, and prints as the Program it records.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import minigrad as mg

Shape = tuple[int, ...]
Step = Callable[..., Any]

UNARY: dict[str, Step] = {
    "neg": lambda x: -x,
    "exp": lambda x: mg.exp(mg.tanh(x)),
    "log": lambda x: mg.log(1.5 + mg.sin(x)),
    "log1p": lambda x: mg.log1p(x * x),
    "tanh": mg.tanh,
    "sin": mg.sin,
    "cos": mg.cos,
    "sqrt": lambda x: mg.sqrt(0.3 + x * x),
    "abs": lambda x: mg.absolute(x - 0.37),
    "relu": mg.relu,
    "sigmoid": mg.sigmoid,
    "softplus": mg.softplus,
    "gelu": mg.gelu,
    "square": lambda x: mg.square(x) * 0.5,
    "third power": lambda x: mg.tanh(x) ** 3,
    "scale": lambda x: x * 0.7 + 0.1,
    "stop": lambda x: mg.stop_gradient(x) + x * 0.5,
    "sign": lambda x: mg.sign(x - 0.21) * x,
    "clip": lambda x: mg.clip(x, -0.8, 0.9),
    "transpose": lambda x: x.T,
    "ravel": lambda x: x.ravel(),
    "flip": mg.flip,
    "row": lambda x: mg.expand_dims(x, 0),
    "sum": lambda x: mg.sum(x) * 0.3,
    "mean": mg.mean,
    "max": mg.max,
    "like": lambda x: mg.ones_like(x) - x,
}
# Of arrays with at least one axis, all of them of length 1 or more.
ALONG_AN_AXIS: dict[str, Step] = {
    "sum last": lambda x: mg.sum(x, axis=-1) * 0.5,
    "mean first": lambda x: mg.mean(x, axis=0, keepdims=True),
    "max first": lambda x: mg.max(x, axis=0),
    "min last": lambda x: mg.min(x, axis=-1, keepdims=True),
    "var": lambda x: mg.var(x, axis=0) * 0.5,
    "softmax": mg.softmax,
    "log_softmax": mg.log_softmax,
    "logsumexp": lambda x: mg.logsumexp(x, axis=-1),
    "tail": lambda x: x[1:],
    "every other": lambda x: x[..., ::2],
    "reversed": lambda x: x[::-1],
    "first": lambda x: x[0],
    "pad": lambda x: mg.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 1)]),
    "twice": lambda x: mg.concatenate([x, x * 0.5], axis=-1),
    "take": lambda x: mg.take(x, np.array([0, -1, 0]), axis=0),
    "best": lambda x: mg.take(x, mg.argmax(x.ravel()) // x.ravel().size, axis=0),
    "mask": lambda x: x * mg.one_hot(mg.argmax(x, axis=-1), x.shape[-1], x.dtype),
    "gram": lambda x: 0.3 * mg.matmul(x, mg.swapaxes(x, -1, -2)) if x.ndim > 1 else 0.3 * mg.matmul(x, x),
    "lower": lambda x: mg.tril(x) if x.ndim > 1 else x,
}
BINARY: dict[str, Step] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y * 0.9,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (1.5 + mg.tanh(y)),
    "pow": lambda x, y: mg.power(1.5 + mg.tanh(x), mg.sin(y)),
    "maximum": mg.maximum,
    "minimum": mg.minimum,
    "where": lambda x, y: mg.where(x > y, x * 0.5, y),
    "stack": lambda x, y: mg.stack(mg.broadcast_arrays(x, y)),
    "matmul": lambda x, y: 0.3 * mg.matmul(x, y),
}
KINKED = {  # where the step is not smooth: the distance from there
    "relu": lambda x: x, "abs": lambda x: x - 0.37, "sign": lambda x: x - 0.21, "maximum": lambda x, y: x - y,
    "minimum": lambda x, y: x - y, "where": lambda x, y: x - y, "softplus": lambda x: x,
    "clip": lambda x: np.minimum(abs(x + 0.8), abs(x - 0.9)),
}  # fmt: skip
EXTREMES = ("max", "max first", "min last", "best", "mask")


@dataclass(frozen=True)
class Plan:
    """Steps over a growing list of values, the inputs first: (name of the step, places of its operands)."""

    shapes: tuple[Shape, ...]
    steps: tuple[tuple[str, tuple[int, ...]], ...]
    seed: int

    def inputs(self, dtype: str = "float64") -> list[Any]:
        """Numbers for the inputs, exact in float32."""
        rng = np.random.RandomState(self.seed)
        return [np.asarray(rng.uniform(-1.5, 1.5, shape)).astype(np.float32).astype(dtype) for shape in self.shapes]

    def values(self, *xs: Any) -> list[Any]:
        """Every value, inputs included."""
        values = list(xs)
        for name, places in self.steps:
            values.append(_step(name)(*(values[place] for place in places)))
        return values

    def loss(self, *xs: Any) -> Any:
        """One number that depends on the last values."""
        values = self.values(*xs)[-3:]
        return sum((mg.sum(mg.sin(v)) / max(1, v.size) for v in values[1:]), start=mg.sum(mg.tanh(values[0])) * 0.5)

    def record(self, transform: Callable[[Any], Any] = lambda f: f, dtype: str = "float64") -> mg.Program:
        """The Program of the loss, or of a transformation of it."""
        specs = [mg.spec(shape, dtype) for shape in self.shapes]
        return mg.record(transform(self.loss), *specs, names=[f"x{i}" for i in range(len(specs))])

    def distance(self) -> float:
        """How far all numbers are from a kink; ties of one value with itself do not count."""
        values = [np.asarray(v.numpy()) for v in self.values(*map(mg.Tensor, self.inputs()))]
        nearest = np.inf
        for name, places in self.steps:
            operands = [values[place] for place in places]
            if name in KINKED and len(set(places)) == len(places):
                nearest = min(nearest, np.min(np.abs(KINKED[name](*operands)), initial=np.inf))
            if name in EXTREMES:
                nearest = min(nearest, np.min(np.diff(np.unique(operands[0])), initial=np.inf))
        return float(nearest)

    def __repr__(self) -> str:
        return f"seed {self.seed}, the loss of\n{self.record()}"


def _step(name: str) -> Step:
    return UNARY.get(name) or ALONG_AN_AXIS.get(name) or BINARY[name]


INPUT_SHAPES: Sequence[Shape] = ((), (3,), (2, 3), (1, 3), (2, 1), (3, 2), (2, 2, 3), (1,))


@st.composite
def plans(draw: st.DrawFn, most: int = 25, margin: float = 1e-7) -> Plan:
    """Plans of up to `most` steps, no number closer than `margin` to a kink."""
    shapes = tuple(draw(st.lists(st.sampled_from(INPUT_SHAPES), min_size=1, max_size=4)))
    seed = draw(st.integers(0, 999))
    plan = Plan(shapes, (), seed)
    samples = [mg.Tensor(x) for x in plan.inputs()]
    steps = []
    for _ in range(draw(st.integers(3, most))):
        name, places = draw(_choices(samples))
        value = _step(name)(*(samples[place] for place in places))
        steps.append((name, places))
        samples.append(value)
        if np.abs(value.numpy()).max(initial=0) > 20:
            steps.append(("tanh", (len(samples) - 1,)))
            samples.append(mg.tanh(value))
    plan = Plan(shapes, tuple(steps), seed)
    assume(plan.distance() > margin)
    return plan


def _choices(samples: list[Any]) -> st.SearchStrategy[tuple[str, tuple[int, ...]]]:
    """A step and its operands: any that the shapes allow, of at most 4 axes and 100 elements."""
    place = st.integers(0, len(samples) - 1).map(lambda i: len(samples) - 1 - i)  # shrinks to the latest value
    unary = st.tuples(st.sampled_from(sorted(UNARY)), place.map(lambda i: (i,)))
    along = st.tuples(st.sampled_from(sorted(ALONG_AN_AXIS)), place.map(lambda i: (i,)))
    binary = st.tuples(st.sampled_from(sorted(BINARY)), st.tuples(place, place))
    return st.one_of(unary, along, binary).filter(lambda choice: _allowed(samples, *choice))


def _allowed(samples: list[Any], name: str, places: tuple[int, ...]) -> bool:
    operands = [samples[place] for place in places]
    shapes = [x.shape for x in operands]
    if name in ALONG_AN_AXIS and (not shapes[0] or 0 in shapes[0]):
        return False
    if name in ("max", "mean") and 0 in shapes[0]:
        return False
    if name in ("row", "stack", "gram", "twice", "pad") and max(len(s) for s in shapes) > 3:
        return False
    if name == "matmul" and not all(shapes):
        return False
    try:
        return _step(name)(*operands).size <= 100
    except ValueError:
        return False  # the shapes do not broadcast
