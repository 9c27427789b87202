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
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.abstract import Dtype
from minigrad.dims import Dim, Shape, Size
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
        return {key: _known(value, binding) for key, value in self.params.items()}


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
        """The length of every name, read off the input axes that are a bare name, and all else checked against it."""
        binding = {name: int(length) for name, length in (dims or {}).items()}
        bound_by = dict.fromkeys(binding, "dims=")
        if unknown := binding.keys() - self.dims:
            raise ValueError(f"dims names {min(unknown)!r}, but the dimensions of this Program are {sorted(self.dims)}")
        for var, shape in zip(self.inputs, shapes, strict=True):
            if len(shape) != len(var.shape):
                raise ValueError(f"input {var.name} has shape {_shape_text(var.shape)}, and got {_shape_text(shape)}")
            for want, have in zip(var.shape, shape, strict=True):
                if isinstance(want, Dim) and want.is_name and str(want) not in binding:
                    binding[str(want)], bound_by[str(want)] = have, f"input {var.name}"
        if missing := self.dims - binding.keys():
            name = min(missing)
            raise ValueError(f"no input axis has length {name}; say it, as in program(..., dims={{{name!r}: 256}})")
        self._check(binding, bound_by, shapes)
        return binding

    def _check(self, binding: Binding, bound_by: dict[str, str], shapes: Sequence[tuple[int, ...]]) -> None:
        """Raise unless every length is at least 1 and every shape and condition agrees with the binding."""
        for name, length in binding.items():
            if length < 1:
                raise ValueError(f"dimension {name} has to be at least 1, and {bound_by[name]} makes it {length}")
        for var, shape in zip(self.inputs, shapes, strict=True):
            wanted = concrete(var.shape, binding)
            if wanted != tuple(shape):
                where = ", ".join(f"{n} = {binding[n]} from {bound_by[n]}" for n in sorted(_names(var.shape)))
                raise ValueError(
                    f"input {var.name} has shape {_shape_text(var.shape)}{f', where {where}' if where else ''}: "
                    f"expected {_shape_text(wanted)}, and got {_shape_text(shape)}"
                )
        for condition in self.conditions:
            if condition.evaluate(binding) < 0:
                raise ValueError(f"this Program needs {condition} >= 0, and {binding} makes it negative")

    @cached_property
    def dims(self) -> frozenset[str]:
        """Every name of a dimension that occurs in a shape or a parameter."""
        shapes = [v.shape for v in self.inputs] + [eq.output.shape for eq in self.equations]
        sizes = [eq.params["dim"] for eq in self.equations if "dim" in eq.params]
        return frozenset(name for shape in [*shapes, tuple(sizes)] for name in _names(shape))

    @cached_property
    def conditions(self) -> tuple[Dim, ...]:
        """What has to be >= 0, beyond each name being >= 1: slices within their axes, pads, elements to choose from."""
        needs = [need for eq in self.equations for need in _needs(eq)]
        return tuple(dict.fromkeys(n for n in needs if isinstance(n, Dim) and not _surely_positive(n)))

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


def concrete(shape: Shape, binding: Mapping[str, int]) -> tuple[int, ...]:
    """A shape with every dimension replaced by its length."""
    return tuple(n.evaluate(binding) if isinstance(n, Dim) else n for n in shape)


def _known(param: Any, binding: Mapping[str, int]) -> Any:
    if isinstance(param, Dim):
        return param.evaluate(binding)
    return tuple(_known(p, binding) for p in param) if isinstance(param, tuple) else param


def names() -> Iterator[str]:
    """a, b, ..., z, aa, ab, ...: names for variables, without end."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield from letters
    for prefix in names():
        for letter in letters:
            yield prefix + letter


def _names(shape: Shape) -> set[str]:
    return {name for n in shape if isinstance(n, Dim) for name in n.names}


def _needs(eq: Equation) -> list[Size]:
    shape, params = (eq.inputs[0].shape if eq.inputs else ()), eq.params
    if eq.primitive == "slice":
        bounds = list(zip(shape, params["start"], params["stop"], strict=True))
        return [n - stop for n, _, stop in bounds] + [stop - start for _, start, stop in bounds]
    if eq.primitive == "pad":
        return [*params["low"], *params["high"]]
    if eq.primitive in ("max", "argmax", "gather"):
        return [shape[axis] - 1 for axis in params.get("axes", (params.get("axis"),))]
    if eq.primitive == "scatter_add":
        return [params["size"] - 1]
    return []


def _surely_positive(need: Dim) -> bool:
    """Whether it is >= 0 for all names >= 1: true when it is at 1 and no term can make it smaller from there."""
    return need.evaluate(dict.fromkeys(need.names, 1)) >= 0 and all(k > 0 for m, k in need.terms.items() if m)


def _shape_text(shape: Shape) -> str:
    return "[" + ", ".join(str(n) for n in shape) + "]"
