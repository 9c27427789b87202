"""Binding: the length that each dimension's name stands for, read off the inputs, and what lengths there may be.

Reading order: ... text -> passes -> **binding** -> execute -> data -> ...

It is done before anything is computed, alike for every back end: what does not fit is refused with the input's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minigrad.dims import Dim, Shape, Size
from minigrad.program import Binding, Equation, Program, concrete, names_in


def bind(program: Program, shapes: Sequence[tuple[int, ...]], dims: Mapping[str, int] | None = None) -> Binding:
    """The length of every name, read off the input axes that are a bare name, and all else checked against it.

    `dims` gives the length of names that no input axis binds. Raises `ValueError` for a name that is unknown or has no
    length, and for a length, shape or condition that does not agree with the others.
    """
    binding = {name: int(length) for name, length in (dims or {}).items()}
    bound_by = dict.fromkeys(binding, "dims=")
    if unknown := binding.keys() - program.dims:
        raise ValueError(f"dims names {min(unknown)!r}, but the dimensions of this Program are {sorted(program.dims)}")
    if len(shapes) != len(program.inputs):
        raise ValueError(f"this Program has {len(program.inputs)} inputs, and got {len(shapes)} shapes")
    for var, shape in zip(program.inputs, shapes, strict=True):
        if len(shape) != len(var.shape):
            raise ValueError(f"input {var.name} has shape {_shape_text(var.shape)}, and got {_shape_text(shape)}")
        for want, have in zip(var.shape, shape, strict=True):
            if isinstance(want, Dim) and want.is_name and str(want) not in binding:
                binding[str(want)], bound_by[str(want)] = have, f"input {var.name}"
    if missing := program.dims - binding.keys():
        name = min(missing)
        raise ValueError(f"no input axis has length {name}; say it, as in program(..., dims={{{name!r}: 256}})")
    _check(program, shapes, binding, bound_by)
    return binding


def _check(program: Program, shapes: Sequence[tuple[int, ...]], binding: Binding, bound_by: Mapping[str, str]) -> None:
    """Raises unless every length is at least 1 and every shape and condition agrees with the binding."""
    for name, length in binding.items():
        if length < 1:
            raise ValueError(f"dimension {name} has to be at least 1, and {bound_by[name]} makes it {length}")
    for var, shape in zip(program.inputs, shapes, strict=True):
        wanted = concrete(var.shape, binding)
        if wanted != tuple(shape):
            where = ", ".join(f"{n} = {binding[n]} from {bound_by[n]}" for n in sorted(names_in(var.shape)))
            raise ValueError(
                f"input {var.name} has shape {_shape_text(var.shape)}{f', where {where}' if where else ''}: "
                f"expected {_shape_text(wanted)}, and got {_shape_text(shape)}"
            )
    for condition in program.conditions:
        if condition.evaluate(binding) < 0:
            raise ValueError(f"this Program needs {condition} >= 0, and {binding} makes it negative")


def conditions(program: Program) -> tuple[Dim, ...]:
    """What has to be >= 0, beyond each name being >= 1: slices within their axes, pads, elements to choose from."""
    needs = [need for eq in program.equations for need in _needs(eq)]
    return tuple(dict.fromkeys(n for n in needs if isinstance(n, Dim) and not _surely_positive(n)))


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
