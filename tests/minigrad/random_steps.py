"""The steps that random programs are made of: calls of the NumPy-like face, one to ten rows each.

They are sorted by what they take: f stands for an array of floats, i of integers, b of bools. Every step keeps numbers
of moderate size and away from the edges of its domain: those are tested row by row. None needs to know a length, so
all but a few work on symbolic axes as well.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg

Call = Callable[..., Any]


def positions(i: Any, length: Any) -> Any:
    """Integers held within an axis of this length, which may be symbolic."""
    return mg.minimum(mg.maximum(i, 0), mg.size(length, i.dtype) - 1)


def number_of(found: Any, like: Any) -> Any:
    """How many are true, as a number that can be added to floats."""
    return mg.sum(found).astype(like.dtype) * 0.1


STEPS: dict[str, dict[str, Call]] = {
    "f": {
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
        "floor": lambda x: mg.floor(x * 2.0) * 0.3 + x,
        "mod": lambda x: mg.mod(x, 0.7),
        "positive": lambda x: mg.where(x >= 0.11, x, x * 0.2),
        "truncate": lambda x: mg.astype(x * 2.0, np.int64),
        "transpose": lambda x: x.T,
        "ravel": lambda x: x.ravel(),
        "flip": mg.flip,
        "row": lambda x: mg.expand_dims(x, 0),
        "spread": lambda x: mg.broadcast_to(x, (2, *x.shape)),
        "sum": lambda x: mg.sum(x) * 0.3,
        "mean": mg.mean,
        "max": mg.max,
        "like": lambda x: mg.ones_like(x) - x,
        "how many": lambda x: x + number_of(x <= 0.31, x),
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
        "merge": lambda x: x.reshape(-1, x.shape[-1]),
        "take": lambda x: mg.take(x, np.array([0, -1, 0]), axis=0),
        "best": lambda x: mg.take(x.ravel(), mg.argmax(x.ravel())),
        "which": lambda x: mg.argmax(x, axis=0),
        "mask": lambda x: x * mg.one_hot(mg.argmax(x, axis=-1), x.shape[-1], x.dtype),
        "ramp": lambda x: x + 0.1 * mg.arange(x.shape[-1], x.dtype),
        "gram": lambda x: 0.3 * (mg.matmul(x, mg.swapaxes(x, -1, -2)) if x.ndim > 1 else mg.matmul(x, x)),
        "lower": lambda x: mg.tril(x),
    },
    "ff": {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y * 0.9,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / (1.5 + mg.tanh(y)),
        "pow": lambda x, y: mg.power(1.5 + mg.tanh(x), mg.sin(y)),
        "maximum": mg.maximum,
        "minimum": mg.minimum,
        "where": lambda x, y: mg.where(x > y, x * 0.5, y),
        "below": lambda x, y: x < y,
        "differs": lambda x, y: mg.where(x != y, x, 0.3),
        "stack": lambda x, y: mg.stack(mg.broadcast_arrays(x, y)),
        "join": lambda x, y: mg.concatenate([x, y], axis=0),
        "matmul": lambda x, y: 0.3 * mg.matmul(x, y),
    },
    "fi": {
        "labels": lambda x, i: mg.cross_entropy(x, positions(i, x.shape[-1])),
        "pick": lambda x, i: mg.take(x, positions(i, x.shape[0]), axis=0),
        "pick from behind": lambda x, i: mg.take(x, -1 - positions(i, x.shape[-1]).astype(np.int64), axis=-1),
        "pick in two axes": lambda x, i: x[positions(i, x.shape[0]), positions(i + 1, x.shape[1])],
        "one hot": lambda x, i: mg.one_hot(i, 3, x.dtype) * mg.mean(x),
        "times integers": lambda x, i: x * (i.astype(x.dtype) * 0.25),
    },
    "fb": {
        "keep": lambda x, b: mg.where(b, x, 0.0),
        "as numbers": lambda x, b: x + b.astype(x.dtype) * 0.5,
    },
    "bff": {"choose": lambda b, x, y: mg.where(b, x, mg.sin(y))},
    "i": {
        "halves": lambda i: i // 2,
        "remainder": lambda i: mg.mod(i, 5),
        "integer sum": lambda i: mg.sum(i, axis=0),
        "integer max": lambda i: mg.max(i, axis=-1),
        "integers reversed": lambda i: i[::-1],
        "wide": lambda i: i.astype(np.int64) - 2,
    },
    "ii": {
        "integers": lambda i, j: i * j + 1,
        "quotient": lambda i, j: i // j,  # x // 0 is 0
        "equal": lambda i, j: i == j,
        "larger": mg.maximum,
    },
    "b": {"not": mg.logical_not, "any": lambda b: mg.any(b, axis=0)},
    "bb": {"and": mg.logical_and, "xor": mg.logical_xor},
    "bii": {"choose integers": lambda b, i, j: mg.where(b, i, j)},
}
KINDS = {name: kinds for kinds, steps in STEPS.items() for name in steps}
CALLS = {name: call for steps in STEPS.values() for name, call in steps.items()}


def to_whole(x: Any) -> Any:
    """The distance from the nearest whole number."""
    return x - np.round(x)


JUMPS: dict[str, Call] = {  # where a step is not smooth: the distance from there, in units of moderate size
    "relu": lambda x: x, "abs": lambda x: x - 0.37, "sign": lambda x: x - 0.21, "softplus": lambda x: x,
    "positive": lambda x: x - 0.11, "how many": lambda x: x - 0.31, "sigmoid": lambda x: x,
    "clip": lambda x: np.minimum(abs(x + 0.8), abs(x - 0.9)),
    "floor": lambda x: to_whole(x * 2.0), "truncate": lambda x: to_whole(x * 2.0), "mod": lambda x: to_whole(x / 0.7),
    **dict.fromkeys(("maximum", "minimum", "where", "below", "differs"), lambda x, y: x - y),
}  # fmt: skip
EXTREMES = ("max", "max first", "min last", "best", "which", "mask")  # choose between elements: no two may be close


def distance(name: str, *operands: Any) -> float:
    """How far the numbers that a step is given are from where it jumps; ties of a value with itself do not count."""
    if name in EXTREMES:
        return float(np.min(np.diff(np.unique(operands[0])), initial=np.inf))
    if name not in JUMPS or (len(operands) == 2 and operands[0] is operands[1]):
        return np.inf
    return float(np.min(np.abs(JUMPS[name](*operands)), initial=np.inf))
