"""Passes: functions from Program to Program that change how something is computed and never what.

`simplify` runs all of them until nothing changes. Each rewrite gives the same bits (a NaN may be another NaN), so no
pass needs a tolerance: x + 0 stays, since it turns -0 into 0, and x * 0 stays, since it may be NaN. A rewrite walks
forward with a substitution from the variables that are no longer needed to what stands for them.

Reading order: ... record -> text -> **passes** -> binding -> execute -> ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.dims import Dim, size_of
from minigrad.primitives import TABLE
from minigrad.program import Atom, Constant, Equation, Program, Var

Definitions = dict[int, Equation]  # from the id of a variable to the equation that makes it
Rewrite = Equation | Atom | None  # a better equation, what the output equals, or None to leave it


def simplify(program: Program) -> Program:
    """All passes, repeated until the number of equations stays and nothing is rewritten."""
    while True:
        before = [(eq.primitive, eq.inputs) for eq in program.equations]
        for one_pass in PASSES.values():
            program = one_pass(program)
        if [(eq.primitive, eq.inputs) for eq in program.equations] == before:
            return program


def remove_dead_code(program: Program) -> Program:
    """Drop equations that no output depends on."""
    needed = {id(a) for a in program.outputs}
    kept = []
    for eq in reversed(program.equations):
        if id(eq.output) in needed:
            kept.append(eq)
            needed.update(id(a) for a in eq.inputs)
    return replace(program, equations=tuple(reversed(kept)), _plans={})


def merge_common_subexpressions(program: Program) -> Program:
    """Compute equal equations once, where the first of them stood."""
    seen: dict[Any, Var] = {}

    def rule(eq: Equation, _: Definitions) -> Rewrite:
        key = (eq.primitive, repr(sorted(eq.params.items())), tuple(_identity(a) for a in eq.inputs))
        first = seen.setdefault(key, eq.output)
        return None if first is eq.output else first

    return _rewrite(program, rule)


def fold_constants(program: Program) -> Program:
    """Compute now what depends on constants alone, unless the result is larger than what it is made from."""

    def rule(eq: Equation, _: Definitions) -> Rewrite:
        operands = [a.value for a in eq.inputs if isinstance(a, Constant)]
        if len(operands) < len(eq.inputs) or any(isinstance(n, Dim) for n in eq.output.shape) or "dim" in eq.params:
            return None
        if size_of(eq.output.shape) > max([1, *(x.size for x in operands)]):
            return None
        with np.errstate(all="ignore"):
            value = np.array(TABLE[eq.primitive].impl(*operands, **eq.params))
        return Constant(value)

    return _rewrite(program, rule)


def apply_algebra(program: Program) -> Program:
    """Identities that hold bit for bit: neutral elements, double negation, movements that undo or join each other."""

    def rule(eq: Equation, definitions: Definitions) -> Rewrite:
        simplifier = _ALGEBRA.get(eq.primitive)
        return simplifier(eq, definitions) if simplifier else None

    return _rewrite(program, rule)


def _rewrite(program: Program, rule: Callable[[Equation, Definitions], Rewrite]) -> Program:
    """Apply a rule to every equation in order, its operands already replaced."""
    stands_for: dict[int, Atom] = {}
    definitions: Definitions = {}
    equations = []
    for eq in program.equations:
        operands = tuple(stands_for.get(id(a), a) for a in eq.inputs)
        eq = eq if operands == eq.inputs else replace(eq, inputs=operands)
        result = rule(eq, definitions)
        if isinstance(result, Var | Constant):
            stands_for[id(eq.output)] = result
            continue
        eq = result or eq
        equations.append(eq)
        definitions[id(eq.output)] = eq
    outputs = tuple(stands_for.get(id(a), a) for a in program.outputs)
    return replace(program, equations=tuple(equations), outputs=outputs, _plans={})


def _identity(atom: Atom) -> Any:
    if isinstance(atom, Var):
        return id(atom)
    return (atom.dtype.name, atom.shape, atom.value.tobytes())


def number_in(atom: Atom, definitions: Definitions) -> Any:
    """The one number that fills `atom`, looking through broadcasts and reshapes; None when it is not that simple."""
    while isinstance(atom, Var):
        eq = definitions.get(id(atom))
        if eq is None or eq.primitive not in ("broadcast", "reshape"):
            return None
        atom = eq.inputs[0]
    return atom.value.item() if atom.value.size == 1 else None


def _made_by(atom: Atom, primitive: str, definitions: Definitions) -> Equation | None:
    eq = definitions.get(id(atom))
    return eq if eq is not None and eq.primitive == primitive else None


def _with(eq: Equation, primitive: str, *inputs: Atom, **params: Any) -> Equation:
    return replace(eq, primitive=primitive, inputs=inputs, params=params)


def _mul(eq: Equation, definitions: Definitions) -> Rewrite:
    x, y = eq.inputs
    for one, other in ((x, y), (y, x)):
        number = number_in(one, definitions)
        if number == 1:
            return other
        if number == -1:
            return _with(eq, "neg", other)
    return None


def _div(eq: Equation, definitions: Definitions) -> Rewrite:
    return eq.inputs[0] if number_in(eq.inputs[1], definitions) == 1 else None


def _add(eq: Equation, definitions: Definitions) -> Rewrite:
    x, y = eq.inputs
    if negated := _made_by(y, "neg", definitions):
        return _with(eq, "sub", x, negated.inputs[0])
    if negated := _made_by(x, "neg", definitions):
        return _with(eq, "sub", y, negated.inputs[0])
    return None


def _sub(eq: Equation, definitions: Definitions) -> Rewrite:
    negated = _made_by(eq.inputs[1], "neg", definitions)
    return _with(eq, "add", eq.inputs[0], negated.inputs[0]) if negated else None


def _neg(eq: Equation, definitions: Definitions) -> Rewrite:
    twice = _made_by(eq.inputs[0], "neg", definitions)
    return twice.inputs[0] if twice else None


def _where(eq: Equation, definitions: Definitions) -> Rewrite:
    condition, x, y = eq.inputs
    decided = number_in(condition, definitions)
    if decided is not None:
        return x if decided else y
    return x if x is y else None


def _broadcast(eq: Equation, definitions: Definitions) -> Rewrite:
    if eq.inputs[0].shape == eq.output.shape:
        return eq.inputs[0]
    inner = _made_by(eq.inputs[0], "broadcast", definitions)
    return _with(eq, "broadcast", inner.inputs[0], **eq.params) if inner else None


def _reshape(eq: Equation, definitions: Definitions) -> Rewrite:
    x = eq.inputs[0]
    if x.shape == eq.output.shape:
        return x
    if inner := _made_by(x, "reshape", definitions):
        return _with(eq, "reshape", inner.inputs[0], **eq.params)
    spread = _made_by(x, "broadcast", definitions)
    if spread and spread.inputs[0].ndim == 0:
        return _with(eq, "broadcast", spread.inputs[0], shape=eq.output.shape)
    return None


def _transpose(eq: Equation, definitions: Definitions) -> Rewrite:
    axes = eq.params["axes"]
    if axes == tuple(range(len(axes))):
        return eq.inputs[0]
    inner = _made_by(eq.inputs[0], "transpose", definitions)
    if inner is None:
        return None
    return _with(eq, "transpose", inner.inputs[0], axes=tuple(inner.params["axes"][axis] for axis in axes))


def _flip(eq: Equation, definitions: Definitions) -> Rewrite:
    inner = _made_by(eq.inputs[0], "flip", definitions)
    if inner and inner.params == eq.params:
        return inner.inputs[0]
    return None if eq.params["axes"] else eq.inputs[0]


def _same_type(eq: Equation, _: Definitions) -> Rewrite:
    """For rows that do nothing when the type stays: casts, full slices, empty pads. (A sum over no axis adds 0.)"""
    x = eq.inputs[0]
    return x if (x.shape, x.dtype) == (eq.output.shape, eq.output.dtype) else None


_ALGEBRA: dict[str, Callable[[Equation, Definitions], Rewrite]] = {
    "add": _add, "sub": _sub, "mul": _mul, "div": _div, "neg": _neg, "where": _where, "broadcast": _broadcast,
    "reshape": _reshape, "transpose": _transpose, "flip": _flip, "cast": _same_type, "slice": _same_type,
    "pad": _same_type, "max": _same_type, "concatenate": _same_type,
}  # fmt: skip

PASSES: dict[str, Callable[[Program], Program]] = {
    "constants": fold_constants,
    "algebra": apply_algebra,
    "common subexpressions": merge_common_subexpressions,
    "dead code": remove_dead_code,
}
