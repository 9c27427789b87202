"""A Program: a function written down as a list of equations, ready to be read, transformed, run or compiled.

Every equation applies one row of the table of primitives to variables and constants, and remembers which line of
Python asked for it and whether that was forward, backward or update. Shapes may be symbolic. Everything that a back
end needs is here, and nothing of how it was recorded.

Reading order: ... schedules -> optim -> **program** -> record -> text -> ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, overload

import numpy as np

from minigrad import tree
from minigrad.abstract import Dtype
from minigrad.dims import Dim, Shape
from minigrad.tensor import Array, Tensor

Binding = dict[str, int]  # the length that each dimension's name stands for


@dataclass(frozen=True, eq=False)
class Var:
    """A variable: an input of the Program, named by its path, or the output of an equation."""

    name: str
    shape: Shape
    dtype: Dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


@dataclass(frozen=True, eq=False)
class Constant:
    """An array that the function captured: it belongs to the Program and never changes."""

    value: Array

    @property
    def shape(self) -> Shape:
        """The lengths of the axes."""
        return tuple(self.value.shape)

    @property
    def dtype(self) -> Dtype:
        """The NumPy dtype."""
        return np.dtype(self.value.dtype)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim


Atom = Var | Constant


@dataclass(frozen=True, eq=False)
class Equation:
    """`outputs = primitive[params] inputs`, where it comes from, and its role: forward, backward or update."""

    outputs: tuple[Var, ...]
    primitive: str
    params: dict[str, Any]
    inputs: tuple[Atom, ...]
    source: tuple[str, int] | None = None
    role: str = "forward"

    @property
    def output(self) -> Var:
        """The one variable that this equation defines."""
        return self.outputs[0]

    def params_at(self, binding: Mapping[str, int]) -> dict[str, Any]:
        """The parameters with every dimension replaced by its length."""
        return {key: concrete(value, binding) for key, value in self.params.items()}


@dataclass(frozen=True, eq=False, repr=False)
class Program:
    """A recorded function. Call it to replay it on NumPy; print it to read it.

    `donate` names inputs whose buffers a compiled version may reuse for the output of the same shape and dtype.
    """

    inputs: tuple[Var, ...]
    outputs: tuple[Atom, ...]
    output_names: tuple[str, ...]
    equations: tuple[Equation, ...]
    in_tree: tree.Structure
    out_tree: tree.Structure
    donate: dict[str, str] = field(default_factory=dict)
    _plans: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __call__(self, *args: Any, dims: Mapping[str, int] | None = None) -> Any:
        """Replay on NumPy: arguments like those recorded with, one's own arrays out, in the tree the function returned.

        `dims` gives the length of names that no input axis binds. Wrong trees, shapes, dtypes and lengths raise
        `TypeError` or `ValueError` that name the argument, before anything is computed.
        """
        from minigrad.execute import replay

        return tree.unflatten(self.out_tree, replay(self, self.flatten(args), dims))

    def flatten(self, args: Sequence[Any]) -> list[Array]:
        """The arguments as arrays, one per input, with the dtypes recorded; Python numbers take the dtype asked for."""
        try:
            leaves = tree.leaves_of(self.in_tree, list(args))
        except ValueError:
            given = tree.flatten(list(args))[1]
            names = ", ".join(v.name for v in self.inputs)
            raise TypeError(
                f"this Program takes arguments {self.in_tree}, where * are arrays ({names}), and got {given}"
            ) from None
        arrays = []
        for leaf, var in zip(leaves, self.inputs, strict=True):
            if type(leaf) is np.ndarray:
                array = leaf
            elif type(leaf) is Tensor:
                array = _concrete(leaf, var)
            else:
                fits = type(leaf) in (bool, int, float) and _KINDS[type(leaf)] <= _ORDER[var.dtype.kind]
                array = np.asarray(leaf, var.dtype if fits else None)
            if array.dtype != var.dtype:
                raise TypeError(
                    f"input {var.name} has dtype {var.dtype}, and got {array.dtype}; use .astype to convert"
                )
            arrays.append(array)
        return arrays

    def bind(self, shapes: Sequence[tuple[int, ...]], dims: Mapping[str, int] | None = None) -> Binding:
        """The length of every name for inputs of these shapes; `ValueError` where they do not fit, as in a call."""
        from minigrad.binding import bind

        return bind(self, shapes, dims)

    @cached_property
    def dims(self) -> frozenset[str]:
        """Every name of a dimension that occurs in a shape or a parameter."""
        shapes = [v.shape for v in self.inputs] + [eq.output.shape for eq in self.equations]
        sizes = [eq.params["dim"] for eq in self.equations if "dim" in eq.params]
        return frozenset(name for shape in [*shapes, tuple(sizes)] for name in names_in(shape))

    @cached_property
    def conditions(self) -> tuple[Dim, ...]:
        """What has to be >= 0, beyond each name being >= 1: slices within their axes, pads, elements to choose from."""
        from minigrad.binding import conditions

        return conditions(self)

    @cached_property
    def constants(self) -> tuple[Constant, ...]:
        """The captured arrays, in order of first use."""
        atoms = [a for eq in self.equations for a in eq.inputs] + list(self.outputs)
        return tuple({id(a): a for a in atoms if isinstance(a, Constant)}.values())

    def __str__(self) -> str:
        from minigrad.text import to_text

        return to_text(self)

    __repr__ = __str__

    def to_json(self) -> str:
        """This Program as JSON text, constants included, bit for bit."""
        from minigrad.text import to_json

        return to_json(self)

    @staticmethod
    def from_json(text: str) -> Program:
        """The Program that `to_json` wrote; `ValueError` for any other text."""
        from minigrad.text import from_json

        return from_json(text)


_ORDER = {"b": 0, "u": 1, "i": 1, "f": 2}
_KINDS = {bool: 0, int: 1, float: 2}  # a Python number is taken for a dtype of its own kind or a higher one


def _concrete(x: Tensor, var: Var) -> Array:
    if x.birth:
        raise TypeError(
            f"input {var.name} is a tracked Tensor, and a replay on NumPy has no gradient; differentiate the function "
            f"first and record the result, or pass x.numpy()"
        )
    return x.numpy()


@overload
def concrete(value: Shape, binding: Mapping[str, int]) -> tuple[int, ...]: ...


@overload
def concrete(value: Any, binding: Mapping[str, int]) -> Any: ...


def concrete(value: Any, binding: Mapping[str, int]) -> Any:
    """A shape, or a parameter of any form, with every dimension in it replaced by its length."""
    if isinstance(value, Dim):
        return value.evaluate(binding)
    return tuple(concrete(part, binding) for part in value) if isinstance(value, tuple) else value


def names_in(shape: Shape) -> set[str]:
    """The names of dimensions that occur in a shape."""
    return {name for n in shape if isinstance(n, Dim) for name in n.names}


def names() -> Iterator[str]:
    """a, b, ..., z, aa, ab, ...: names for variables, without end."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield from letters
    for prefix in names():
        for letter in letters:
            yield prefix + letter
