"""What every primitive is tested on: a row per primitive with the numbers, shapes and parameters it takes.

A *signature* is what a compiled reference depends on: the shapes of the inputs and the parameters. Signatures come
from a bounded pool, one for every shape in `SHAPES`, so that JAX compiles each of them once; numbers, ties and memory
layouts are drawn anew for every example.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from hypothesis import settings

Shape = tuple[int, ...]
Params = dict[str, Any]

SHAPES: tuple[Shape, ...] = (
    (), (3,), (5, 4), (2, 3, 1, 2), (0,), (3, 1, 2), (2, 0, 3), (1, 3), (1, 2, 2, 3), (1,), (2, 2), (2, 3), (1, 1),
    (2, 1, 3), (3, 2, 0, 1),
)  # fmt: skip
FLOATS = ("float64", "float32")
ALL = ("float64", "float32", "int64", "int32", "uint8", "bool")
# How many signatures a row is tested on: 7 in the fast profile, 11 in the default one, 150 in the deep one.
POOL = min(150, 7 + settings.default.max_examples // 12)


@dataclass(frozen=True)
class Signature:
    """Shapes of the inputs, parameters, and which inputs are a condition (bool) or an index into a given length."""

    shapes: tuple[Shape, ...]
    params: Params = field(default_factory=dict)
    conditions: tuple[int, ...] = ()
    index: tuple[int, int] | None = None  # input position, length of the axis that it points into


Sign = Callable[[np.random.RandomState, Shape, str], Signature]


@dataclass(frozen=True)
class Domain:
    """The numbers a row takes and how its signatures are made.

    Attributes:
        sign: (rng, shape, dtype) -> Signature.
        numbers: one (low, high, ties) per input: a range to draw from, and the few numbers that are drawn when values
            shall coincide or sit on a kink where minigrad and JAX agree. The last one serves all further inputs.
        dtypes: what the row takes.
        elementwise: whether each output element depends on the input elements at its place alone.
    """

    sign: Sign
    numbers: tuple[tuple[float, float, tuple[float, ...]], ...] = ((-3.0, 3.0, (-1.0, 0.0, 1.0, 2.0)),)
    dtypes: tuple[str, ...] = ALL[:5]
    elementwise: bool = False


def _alike(count: int) -> Sign:
    return lambda rng, shape, dtype: Signature((shape,) * count)


def _subset(rng: np.random.RandomState, axes: list[int]) -> tuple[int, ...]:
    return tuple(axis for axis in axes if rng.rand() < 0.6)


def _with_rank(shape: Shape, rank: int) -> Shape:
    return (2,) * (rank - len(shape)) + shape


def _filled(shape: Shape, rank: int = 1) -> Shape:
    """A shape like this one without empty axes."""
    return tuple(length or 2 for length in _with_rank(shape, rank))


def _where(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((shape,) * 3, conditions=(0,))


def _sum(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((shape,), {"axes": _subset(rng, list(range(len(shape))))})


def _max(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((shape,), {"axes": _subset(rng, [axis for axis, length in enumerate(shape) if length])})


def _argmax(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    shape = _with_rank(shape, 1)
    if not any(shape):
        shape = (*shape, 2)
    return Signature((shape,), {"axis": int(rng.choice([axis for axis, length in enumerate(shape) if length]))})


def _matmul(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    shape = _with_rank(shape, 2)
    return Signature((shape, (*shape[:-2], shape[-1], int(rng.choice([0, 1, 2, 4])))))


def _reshape(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    size = int(np.prod(shape))
    targets: list[Shape] = [(size,), (1, *shape), shape[::-1], tuple(n for n in shape if n != 1), (size, 1, 1)]
    return Signature((shape,), {"shape": targets[rng.randint(len(targets))]})


def _transpose(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((shape,), {"axes": tuple(int(axis) for axis in rng.permutation(len(shape)))})


def _broadcast(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    lead = rng.randint(len(shape) + 1)
    source = tuple(1 if rng.rand() < 0.5 else length for length in shape[lead:])
    return Signature((source,), {"shape": shape})


def _flip(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((shape,), {"axes": _subset(rng, list(range(len(shape))))})


def _slice(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    start = tuple(int(rng.randint(min(2, length + 1))) for length in shape)
    stop = tuple(
        int(rng.randint((first + length) // 2, length + 1)) for first, length in zip(start, shape, strict=True)
    )
    return Signature((shape,), {"start": start, "stop": stop, "step": tuple(int(rng.randint(1, 4)) for _ in shape)})


def _pad(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    low, high, interior = (tuple(int(rng.randint(3)) for _ in shape) for _ in range(3))
    return Signature((shape,), {"low": low, "high": high, "interior": interior})


def _concatenate(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    shape = _with_rank(shape, 1)
    axis = rng.randint(len(shape))
    lengths = [shape[axis], *(int(rng.randint(4)) for _ in range(rng.randint(3)))]
    return Signature(tuple((*shape[:axis], n, *shape[axis + 1 :]) for n in lengths), {"axis": axis})


INDEX_SHAPES: tuple[Shape, ...] = ((), (3,), (2, 2), (0,), (5,))


def _gather(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    shape = _filled(shape)
    axis = rng.randint(len(shape))
    return Signature((shape, INDEX_SHAPES[rng.randint(5)]), {"axis": axis}, index=(1, shape[axis]))


def _scatter_add(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    shape = _filled(shape)
    axis, index = rng.randint(len(shape)), INDEX_SHAPES[rng.randint(5)]
    updates = (*shape[:axis], *index, *shape[axis + 1 :])
    return Signature((updates, index), {"axis": axis, "size": shape[axis]}, index=(1, shape[axis]))


def _one_hot(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    size = int(rng.randint(1, 5))
    return Signature((shape,), {"size": size, "dtype": np.dtype(dtype)}, index=(0, size))


def _cast(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((shape,), {"dtype": np.dtype(ALL[rng.randint(len(ALL))])})


def _iota(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((), {"size": int(rng.randint(6)), "dtype": np.dtype(dtype)})


def _size(rng: np.random.RandomState, shape: Shape, dtype: str) -> Signature:
    return Signature((), {"dim": int(rng.randint(1, 100)), "dtype": np.dtype(dtype)})


ANY = (-3.0, 3.0, (-1.0, 0.0, 1.0, 2.0))
POSITIVE = (0.1, 4.0, (0.5, 1.0, 2.0))
NONZERO = (0.3, 3.0, (-1.0, 0.5, 2.0))
STEPS = (-3.0, 3.0, (-2.0, -0.5, 0.0, 1.0))


def _elementwise(inputs: int, *numbers: Any, dtypes: tuple[str, ...] = ALL[:5]) -> Domain:
    return Domain(_alike(inputs), numbers or (ANY,), dtypes, elementwise=True)


DOMAINS: dict[str, Domain] = {
    "neg": _elementwise(1),
    "exp": _elementwise(1, dtypes=FLOATS),
    "log": _elementwise(1, POSITIVE, dtypes=FLOATS),
    "log1p": _elementwise(1, (-0.9, 4.0, (-0.5, 0.0, 1.0)), dtypes=FLOATS),
    "tanh": _elementwise(1, (-2.0, 2.0, (-1.0, 0.0, 1.0)), dtypes=FLOATS),  # further out 1 - tanh² cancels
    "sin": _elementwise(1, (-10.0, 10.0, (0.0, 0.5, 1.0)), dtypes=FLOATS),
    "cos": _elementwise(1, (-10.0, 10.0, (0.0, 0.5, 1.0)), dtypes=FLOATS),
    "sqrt": _elementwise(1, POSITIVE, dtypes=FLOATS),
    "abs": _elementwise(
        1, (-3.0, 3.0, (-1.0, 0.5, 2.0))
    ),  # at 0 JAX takes the slope from the right: see the kink table
    "sign": _elementwise(1),
    "relu": _elementwise(1),
    "floor": _elementwise(1, STEPS, dtypes=FLOATS),
    "add": _elementwise(2),
    "sub": _elementwise(2),
    "mul": _elementwise(2),
    "div": _elementwise(2, ANY, NONZERO, dtypes=FLOATS),
    "floordiv": _elementwise(2, dtypes=("int64", "int32", "uint8")),
    "pow": _elementwise(2, POSITIVE, STEPS, dtypes=FLOATS),
    "maximum": _elementwise(2, dtypes=ALL),
    "minimum": _elementwise(2, dtypes=ALL),
    "lt": _elementwise(2, dtypes=ALL),
    "le": _elementwise(2, dtypes=ALL),
    "gt": _elementwise(2, dtypes=ALL),
    "ge": _elementwise(2, dtypes=ALL),
    "eq": _elementwise(2, dtypes=ALL),
    "ne": _elementwise(2, dtypes=ALL),
    "where": Domain(_where, dtypes=ALL, elementwise=True),
    "sum": Domain(_sum),
    "max": Domain(_max, dtypes=ALL),
    "argmax": Domain(_argmax, dtypes=ALL),
    "matmul": Domain(_matmul),
    "reshape": Domain(_reshape, dtypes=ALL),
    "transpose": Domain(_transpose, dtypes=ALL),
    "broadcast": Domain(_broadcast, dtypes=ALL),
    "flip": Domain(_flip, dtypes=ALL),
    "slice": Domain(_slice, dtypes=ALL),
    "pad": Domain(_pad, dtypes=ALL),
    "concatenate": Domain(_concatenate, dtypes=ALL),
    "gather": Domain(_gather, dtypes=ALL),
    "scatter_add": Domain(_scatter_add),
    "one_hot": Domain(_one_hot, dtypes=ALL),
    "iota": Domain(_iota, dtypes=ALL[:5]),
    "size": Domain(_size, dtypes=ALL[:4]),
    "cast": Domain(_cast, dtypes=ALL),
    "stop_gradient": _elementwise(1, dtypes=ALL),
    "alias": _elementwise(1, dtypes=ALL),
}


@cache
def signatures(name: str, dtype: str) -> list[Signature]:
    """The pool of a row: every shape in turn, parameters drawn from a generator of the row's own, small ones first."""
    rng = np.random.RandomState(sum(map(ord, name)))
    count = POOL if dtype == "float64" else (POOL + 1) // 2
    return [DOMAINS[name].sign(rng, SHAPES[i % len(SHAPES)], dtype) for i in range(count)]
