"""Random functions: a plan of steps over earlier values, which minigrad runs eagerly or records.

Operands are chosen among all earlier values, so values are shared and some inputs stay unused. Inputs are floats of one
or of both widths, integers and bools. Half of the plans have axes of named lengths: their Program is recorded once and
runs at several sizes. A failing plan shrinks, and prints as the Program it records.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

import minigrad as mg
from minigrad.abstract import Abstract
from minigrad.program import concrete
from minigrad.tensor import as_tensor, leaf
from tests.minigrad.random_steps import CALLS, KINDS, distance

Shape = tuple[int | str, ...]
Sizes = dict[str, int]

N, M = mg.dims("n m")
NAMES = {"n": N, "m": M}
FIXED: Sequence[Shape] = ((), (3,), (2, 3), (1, 3), (2, 1), (3, 2), (2, 2, 3), (1,))
NAMED: Sequence[Shape] = (
    ("n",), ("n", "m"), ("m",), (), ("n", 1), (1, "m"), ("m", "n"), ("n", 3), (3, "m"), ("n", "n"), (2, "n", "m"),
)  # fmt: skip
OTHERS = ("int64", "int32", "uint8", "bool")
KIND = {"f": "f", "i": "i", "u": "i", "b": "b"}


@dataclass(frozen=True)
class Plan:
    """Steps over a growing list of values, the inputs first: (name of the step, places of its operands).

    Attributes:
        inputs: shape, with names of lengths, and dtype of each.
        sizes: what the names stand for, once or several times.
    """

    inputs: tuple[tuple[Shape, str], ...]
    steps: tuple[tuple[str, tuple[int, ...]], ...]
    seed: int
    sizes: tuple[Sizes, ...]

    @property
    def floats(self) -> tuple[int, ...]:
        """The places of the inputs that have gradients."""
        return tuple(i for i, (_, dtype) in enumerate(self.inputs) if dtype.startswith("float"))

    @property
    def is_double(self) -> bool:
        """Whether all floats are float64."""
        return all(dtype != "float32" for _, dtype in self.inputs)

    def dtype(self, place: int, floats: str = "") -> str:
        """The dtype of an input, or `floats` for all that are floats."""
        return floats if floats and place in self.floats else self.inputs[place][1]

    def numbers(self, sizes: Sizes, floats: str = "") -> list[Any]:
        """Arrays for the inputs; floats are exact in float32."""
        rng = np.random.RandomState(self.seed)
        found: list[Any] = []
        for place, (shape, dtype) in enumerate(self.inputs):
            lengths = concrete(_symbolic(shape), sizes)
            if place in self.floats:
                x = np.asarray(rng.uniform(-1.5, 1.5, lengths)).astype(np.float32)
            else:
                x = np.asarray(
                    rng.randint(0 if dtype in ("uint8", "bool") else -2, 2 if dtype == "bool" else 5, lengths)
                )
            found.append(x.astype(self.dtype(place, floats)))
        return found

    def values(self, *xs: Any) -> list[Any]:
        """Every value, inputs included."""
        values = list(map(as_tensor, xs))
        for name, places in self.steps:
            values.append(CALLS[name](*(values[place] for place in places)))
        return values

    def loss(self, *xs: Any) -> Any:
        """One number that depends on every value that no step has used."""
        used = {place for _, places in self.steps for place in places}
        values = self.values(*xs)
        like = values[self.floats[0]].dtype
        ends = [v for i, v in enumerate(values) if i not in used and (i >= len(xs) or not self.steps)]
        first, *more = (mg.sum(mg.sin(v if v.dtype.kind == "f" else v.astype(like))) / (1 + v.size) for v in ends)
        return sum(more, start=first)

    def record(self, transform: Callable[[Any], Any] = lambda f: f, floats: str = "") -> mg.Program:
        """The Program of the loss, or of a transformation of it."""
        specs = [mg.spec(_symbolic(shape), self.dtype(i, floats)) for i, (shape, _) in enumerate(self.inputs)]
        return mg.record(transform(self.loss), *specs, names=[f"x{i}" for i in range(len(specs))])

    def gradient(self, floats: str = "") -> mg.Program:
        """The Program of the loss and its gradients."""
        return self.record(lambda f: mg.value_and_grad(f, argnums=self.floats), floats)

    def __repr__(self) -> str:
        at = f", sizes {', '.join(map(str, self.sizes))}" if self.sizes[0] else ""
        return f"seed {self.seed}{at}, the loss of\n{self.record()}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # what hypothesis prints; it would show the fields


def _symbolic(shape: Shape) -> Any:
    return tuple(NAMES.get(n, n) for n in shape)  # type: ignore[call-overload]


@st.composite
def plans(draw: st.DrawFn, most: int = 30, margin: float = 1e-7, mixed: bool = True) -> Plan:
    """Plans of up to `most` steps, no number closer than `margin` to a kink: 1e-3 where float32 takes part."""
    named = draw(st.booleans())
    shapes = st.sampled_from(NAMED if named else FIXED)
    widths = ("float64", "float32") if mixed and draw(st.integers(0, 3)) == 3 else ("float64",)
    floats = draw(st.lists(st.tuples(shapes, st.sampled_from(widths)), min_size=1, max_size=3))
    others = draw(st.lists(st.tuples(shapes, st.sampled_from(OTHERS)), max_size=2))
    length = st.integers(1, 5)
    sizes = draw(st.lists(st.fixed_dictionaries({"n": length, "m": length}), min_size=1, max_size=2)) if named else []
    start = Plan((*floats, *others), (), draw(st.integers(0, 999)), (*sizes, {"n": 1, "m": 1}) if named else ({},))
    growing = Growing(start, margin if start.is_double else max(margin, 1e-3))
    for _ in range(draw(st.integers(1, most))):
        growing.try_step(draw(st.sampled_from(sorted(CALLS))), [draw(st.integers(0, 60)) for _ in range(3)])
    return Plan(start.inputs, tuple(growing.steps), start.seed, start.sizes)


class Growing:
    """A plan under construction, with its values at every size and their symbolic shapes."""

    def __init__(self, plan: Plan, margin: float) -> None:
        self.sizes, self.margin = plan.sizes, margin
        self.steps: list[tuple[str, tuple[int, ...]]] = []
        self.samples = [list(map(mg.Tensor, plan.numbers(sizes))) for sizes in plan.sizes]
        self.shapes = [leaf(Abstract(_symbolic(shape), np.dtype(dtype))) for shape, dtype in plan.inputs]

    def try_step(self, name: str, wishes: list[int]) -> None:
        """Add this step, with operands near those wished for, if there are any that fit."""
        places: list[list[int]] = []
        for kind, wish in zip(KINDS[name], wishes):
            fitting = [place for place, x in enumerate(self.shapes) if KIND[x.dtype.kind] == kind][::-1]
            start = wish % max(1, len(fitting))  # a wish for 0 is for the latest value
            places.append(fitting[start:] + fitting[:start])
        if any(self._add(name, choice) for choice in islice(product(*places), 30)):
            latest = self.shapes[-1].dtype.kind
            if latest != "b" and any(np.abs(values[-1].numpy()).max(initial=0) > 20 for values in self.samples):
                self._add("tanh" if latest == "f" else "remainder", (len(self.shapes) - 1,))

    def _add(self, name: str, places: tuple[int, ...]) -> bool:
        operands = [[values[place] for place in places] for values in self.samples]
        try:
            with np.errstate(all="ignore"):
                shape = CALLS[name](*(self.shapes[place] for place in places))
                results = [CALLS[name](*xs) for xs in operands]
        except (ValueError, IndexError):
            return False  # the shapes do not fit, at some size or for all sizes
        if not all(map(_is_moderate, [shape] * len(results), results, self.sizes)):
            return False
        if any(distance(name, *(x.numpy() for x in xs)) <= self.margin for xs in operands):
            return False
        self.steps.append((name, places))
        self.shapes.append(shape)
        for values, result in zip(self.samples, results, strict=True):
            values.append(result)
        return True


def _is_moderate(shape: Any, result: Any, sizes: Sizes) -> bool:
    """Finite, of at most 4 axes and 100 elements, and within what the symbolic shape can stand for."""
    expected = concrete(shape.shape, sizes)
    if any(n < 0 for n in expected):  # what NumPy takes from an axis that is too short is nothing
        return False
    assert (result.shape, result.dtype) == (expected, shape.dtype)
    return result.ndim <= 4 and result.size <= 100 and bool(np.isfinite(result.numpy()).all())
