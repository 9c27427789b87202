"""Rule 1: index form. Each variable of a Program becomes a scalar expression of named indices.

`index_form(program)` gives one `Definition` per equation: the element of the output at its indices, from elements of
the inputs. It prints as `l[n, h] = j[n, h] + d[h]`. Broadcasts, transposes, slices and the like have become positions.
A reduction over a few elements whose number is known (2 inputs, 3 classes) is written out and is no reduction any more.

Reading order: … → `index_rules` → **index_form** → `walks` → …
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.dims import Shape
from wasm_export.expressions import Affine, Array, Expr, Index, Position, along, const, make, read
from wasm_export.index_rules import RULES, Kind, Reduction, Site, name_indices
from wasm_export.rewriting import simplify, substitute

if TYPE_CHECKING:
    from minigrad.program import Equation, Program

UNROLL = 8  # reductions of at most so many elements are written out
NARROW = {"float32": "float32", "int64": "int32", "int32": "int32", "uint8": "uint8", "bool": "bool"}


class LoweringError(ValueError):
    """A Program that has no meaning as a module; says which equation, and why."""


@dataclass(frozen=True, eq=False)
class Definition:
    """`array` at `position` is `body` for each value of `indices`, or `body` combined over `reduced`.

    In a "scatter" the loops are `reduced`, and `position` is where each of them adds to.
    """

    array: Array
    position: Position
    indices: tuple[Index, ...]
    body: Expr
    kind: Kind = "map"
    reduced: tuple[Index, ...] = ()

    @property
    def loops(self) -> tuple[Index, ...]:
        """All indices, kept ones first."""
        return self.indices + self.reduced

    def __str__(self) -> str:
        left = f"{self.array}[{', '.join(map(str, self.position))}]" if self.position else str(self.array)
        if self.kind == "map":
            return f"{left} = {self.body}"
        over = ",".join(index.name for index in self.reduced)
        return (
            f"{left} += {self.body}  for {over}"
            if self.kind == "scatter"
            else f"{left} = {self.kind}_{over} {self.body}"
        )


@dataclass(frozen=True)
class IndexForm:
    """A Program as definitions, in order. `outputs` are (name, what it is); `donate` maps input to output names."""

    inputs: tuple[Array, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[tuple[str, Array | Expr], ...]
    constants: dict[Array, np.ndarray[Any, Any]] = field(default_factory=dict)
    donate: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join(map(str, self.definitions))


def index_form(program: Program) -> IndexForm:
    """The Program in index form.

    Raises:
        LoweringError: float64 variables, or a primitive without a row in `RULES`; the message names the equation.
    """
    known: dict[int, Array | Expr] = {}
    constants: dict[Array, np.ndarray[Any, Any]] = {}

    def operand(atom: Any) -> Array | Expr:
        if id(atom) not in known:
            known[id(atom)] = _constant(atom.value, f"constant{len(constants)}", constants)
        return known[id(atom)]

    for var in program.inputs:
        known[id(var)] = Array(var.name, var.shape, narrow(var.dtype, f"input {var.name}"))
    definitions = []
    for number, equation in enumerate(program.equations):
        definition = _define(equation, tuple(map(operand, equation.inputs)), number)
        known[id(equation.outputs[0])] = definition.array
        definitions.append(definition)
    inputs = tuple(known[id(var)] for var in program.inputs)
    outputs = tuple(zip(program.output_names, map(operand, program.outputs), strict=True))
    return IndexForm(inputs, tuple(definitions), outputs, constants, dict(program.donate))  # type: ignore[arg-type]


def narrow(dtype: Any, what: str, remedy: str = "record it with float32 specs") -> str:
    """The dtype in the module: int64 becomes int32.

    Raises:
        LoweringError: for float64.
    """
    name = np.dtype(dtype).name
    if name not in NARROW:
        hint = f"; {remedy}" if name == "float64" else ""
        raise LoweringError(f"{what} is {name}, and a module computes in float32, int32, uint8 and bool{hint}")
    return NARROW[name]


def _constant(value: np.ndarray[Any, Any], name: str, constants: dict[Array, np.ndarray[Any, Any]]) -> Array | Expr:
    """A number, or an array that the module carries."""
    value = np.asarray(value)
    what = f"a captured constant of shape {value.shape}"
    dtype = narrow(value.dtype, what, "make it float32 before recording, or an input")
    if value.dtype.kind == "i" and value.size and (value.min() < -(2**31) or value.max() >= 2**31):
        raise LoweringError(f"{what} holds integers that do not fit into int32")
    if value.ndim == 0:
        return const(value.item(), dtype)
    array = Array(name, value.shape, dtype)
    constants[array] = np.ascontiguousarray(value, dtype)
    return array


def _define(equation: Equation, inputs: tuple[Array | Expr, ...], number: int) -> Definition:
    (out,) = equation.outputs
    if equation.primitive not in RULES:
        raise LoweringError(
            f"{where(equation, number)}: the primitive {equation.primitive!r} has no row in index_rules.RULES"
        )
    array = Array(out.name, out.shape, narrow(out.dtype, where(equation, number)))
    return define(array, equation.primitive, equation.params, inputs)


def define(array: Array, primitive: str, params: dict[str, Any], inputs: tuple[Array | Expr, ...]) -> Definition:
    """The definition of `array` as the result of a primitive."""
    indices = name_indices(array.shape)
    result = RULES[primitive](Site(array.shape, array.dtype, indices, params, inputs))
    position = tuple(map(along, indices))
    loops = _real(indices)
    if isinstance(result, Expr):
        return Definition(array, position, loops, result)
    if result.kind == "scatter":
        return Definition(array, result.target, (), result.body, "scatter", _real(result.indices))
    body, reduced = written_out(result, array.dtype)
    return Definition(array, position, loops, body, result.kind if reduced else "map", reduced)


def copied(array: Array, name: str) -> Definition:
    """The definition of an array of that name as a copy of another."""
    indices = name_indices(array.shape)
    position = tuple(map(along, indices))
    copy = Array(name, array.shape, array.dtype)
    return Definition(copy, position, _real(indices), read(array, position))


def where(equation: Equation, number: int) -> str:
    """Names an equation in a message."""
    place = " ({}:{})".format(*equation.source) if equation.source else ""
    return f"equation {number}, {equation.outputs[0].name} = {equation.primitive}{place}"


def _real(indices: tuple[Index, ...]) -> tuple[Index, ...]:
    return tuple(index for index in indices if index.extent != 1)


def small(extents: Shape, limit: int = UNROLL) -> bool:
    """Whether so few elements are meant that they can be written out."""
    return all(isinstance(n, int) for n in extents) and prod(n for n in extents if isinstance(n, int)) <= limit


def written_out(reduction: Reduction, dtype: str) -> tuple[Expr, tuple[Index, ...]]:
    """The reduction's body with its short fixed indices written out, and the indices that remain.

    A sum of nothing is 0. An argmax is written out only whole.
    """
    reduced = _real(reduction.indices)
    if any(index.extent == 0 for index in reduced):
        return const(0, dtype), ()
    if reduction.kind == "argmax":
        if not reduced:
            return const(0, dtype), ()
        return (
            (_first_maximum(reduction.body, reduced[0]), ())
            if small((reduced[0].extent,))
            else (reduction.body, reduced)
        )
    body = reduction.body
    remaining = list(reduced)
    room = UNROLL
    for index in reversed(reduced):
        if isinstance(index.extent, int) and index.extent <= room:
            room //= index.extent
            remaining.remove(index)
            body = _chain(reduction.kind, body, index)
    return body, tuple(remaining)


def _elements(body: Expr, index: Index) -> list[Expr]:
    assert isinstance(index.extent, int)
    return [substitute(body, {index: Affine({}, k)}) for k in range(index.extent)]


def _chain(kind: Kind, body: Expr, index: Index) -> Expr:
    first, *others = _elements(body, index)
    for other in others:
        first = simplify("add" if kind == "sum" else "maximum", (first, other), body.dtype)
    return first


def _first_maximum(body: Expr, index: Index) -> Expr:
    best, *others = _elements(body, index)
    place = const(0, "int32")
    for k, other in enumerate(others, 1):
        better = exceeds(other, best)
        place = simplify("where", (better, const(k, "int32"), place), "int32")
        best = simplify("where", (better, other, best), body.dtype)
    return place


def exceeds(x: Expr, best: Expr) -> Expr:
    """Whether `x` becomes the maximum after `best`: it is larger, or the first NaN."""
    larger = make("gt", (x, best), "bool")
    if x.dtype != "float32":
        return larger
    return make("where", (make("ne", (x, x), "bool"), make("eq", (best, best), "bool"), larger), "bool")
