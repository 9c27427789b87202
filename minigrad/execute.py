"""Replay: a Program on NumPy, without recording, without allocating what can be reused.

For every binding of the dimensions a plan is made once: a flat list of NumPy calls over numbered slots. Buffers are
assigned by liveness. A variable's memory is free after its last use, an elementwise row may write over an input that
ends there, and movements (reshape, transpose, slice, ...) are views that keep their base alive. What the Program
returns is written to memory that nobody else holds, so a result never changes later.

Reading order: ... passes -> binding -> **execute** -> data -> files -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from minigrad.primitives import TABLE
from minigrad.program import Atom, Binding, Equation, Program, Var, concrete
from minigrad.tensor import Array

BUILT_IN = frozenset(TABLE)  # a row that a user adds may return a view: nothing it saw is reused
VIEWS = frozenset({"reshape", "transpose", "broadcast", "slice", "flip", "stop_gradient"})
# Rows whose implementation takes `out` after its operands and its parameters. The elementwise ones may also write over
# an operand of the same size.
WRITES_OVER = frozenset(name for name, row in TABLE.items() if isinstance(row.impl, np.ufunc)) | {
    "relu",
    "where",
}
TAKES_OUT = WRITES_OVER | {"matmul", "sum", "max", "one_hot"}
MAX_PLANS = 16

SMALL = 4096  # elements; a smaller input is copied to memory of the plan's own, so that all its views are made once


class Plan:
    """The calls that replay one Program at one binding of its dimensions.

    What depends on constants alone is computed here, once. A slot is *fixed* when it holds the same array in every
    run; a call from fixed slots to a fixed slot is bound to its arrays now, and so is every view of one.
    """

    def __init__(self, program: Program, binding: Binding) -> None:
        self.slots: list[Any] = []
        self.slot_of: dict[int, int] = {}
        self.steps: list[Callable[[], Any]] = []
        self.constant: set[int] = set()  # slots whose numbers never change
        self.fixed: set[int] = set()
        self.inputs = [self._input(v, binding) for v in program.inputs]
        for constant in program.constants:
            self._fix(self._slot(constant), constant.value, constant=True)
        self.owned = _Owners(program)
        for place, eq in enumerate(program.equations):
            self._plan(eq, place, binding)
            self.owned.release(place)
        self.loose = [slot for slot in range(len(self.slots)) if slot not in self.fixed]
        self.outputs = [self.slot_of[id(a)] for a in program.outputs]
        self.shared = [self.owned.is_shared(a, program) or self.slot_of[id(a)] in self.fixed for a in program.outputs]

    def _slot(self, atom: Atom) -> int:
        self.slots.append(None)
        return self.slot_of.setdefault(id(atom), len(self.slots) - 1)

    def _fix(self, slot: int, value: Array, constant: bool = False) -> None:
        self.slots[slot] = value
        self.fixed.add(slot)
        if constant:
            self.constant.add(slot)

    def _input(self, var: Var, binding: Binding) -> int:
        slot, shape = self._slot(var), concrete(var.shape, binding)
        if prod(shape) <= SMALL:
            self._fix(slot, np.empty(shape, var.dtype))
        return slot

    def _plan(self, eq: Equation, place: int, binding: Binding) -> None:
        impl = TABLE[eq.primitive].impl
        params = eq.params_at(binding)
        operands = [self.slot_of[id(a)] for a in eq.inputs]
        result = self._slot(eq.output)
        arrays = [self.slots[i] for i in operands]
        if self.constant.issuperset(operands):
            self._fix(result, np.asarray(impl(*arrays, **params)), constant=True)
            return
        if eq.primitive in VIEWS and operands[0] in self.fixed:
            view = impl(*arrays, **params)
            if np.may_share_memory(view, arrays[0]):  # a reshape of a transpose is a copy
                self._fix(result, view)
                return
        buffer = None
        if eq.primitive in TAKES_OUT:
            buffer = self.owned.buffer(eq, place, concrete(eq.output.shape, binding))
        if buffer is not None:
            self._fix(result, buffer)
        if buffer is not None and self.fixed.issuperset(operands):
            # Several parameters stand in any order, and NumPy takes the `out` of these two by name alone.
            if len(params) > 1 or eq.primitive in ("maximum", "minimum"):
                self.steps.append(partial(impl, *arrays, **params, out=buffer))
            else:  # by name it takes 0.2 µs longer
                self.steps.append(partial(impl, *arrays, *params.values(), buffer))
        else:
            params |= {} if buffer is None else {"out": buffer}
            self.steps.append(partial(_call, self.slots, impl, operands, params, result))

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs for these inputs, each in memory of its own."""
        slots = self.slots
        for slot, array in zip(self.inputs, arrays):
            if slot in self.fixed:
                slots[slot][...] = array
            else:
                slots[slot] = array
        for step in self.steps:
            step()
        outputs = [
            np.array(slots[slot]) if shared else np.asarray(slots[slot])
            for slot, shared in zip(self.outputs, self.shared)
        ]
        for slot in self.loose:  # so that a plan keeps alive neither what it was given nor what it returned
            slots[slot] = None
        return outputs


def _call(slots: list[Any], impl: Callable[..., Any], operands: list[int], params: dict[str, Any], result: int) -> None:
    """Apply a row to what is in the slots now. (A method would tie a plan to itself and leave it to the collector.)"""
    slots[result] = impl(*[slots[i] for i in operands], **params)


class _Owners:
    """Who owns which memory, and until which equation it is needed.

    An owner is the variable whose memory a view looks at, or a variable itself. Owners of outputs are fresh.
    """

    def __init__(self, program: Program) -> None:
        self.made_by = {id(eq.output): eq.primitive for eq in program.equations}
        self.owner: dict[int, int] = {}
        self.last_use: dict[int, int] = {}
        self.ends: dict[int, list[int]] = {}
        self.buffers: dict[int, Array] = {}
        self.free: list[Array] = []
        for place, eq in enumerate(program.equations):
            source = eq.inputs[0] if eq.primitive in VIEWS else eq.output
            self.owner[id(eq.output)] = self.owner.get(id(source), id(source))
            for atom in eq.inputs:
                self.last_use[self.owner.get(id(atom), id(atom))] = place
        for eq in program.equations:
            if eq.primitive not in BUILT_IN:
                self.last_use.update((self.owner.get(id(a), id(a)), len(program.equations)) for a in eq.inputs)
        self.fresh = {self.owner.get(id(a), id(a)) for a in program.outputs}
        for owner, place in self.last_use.items():
            self.ends.setdefault(place, []).append(owner)

    def buffer(self, eq: Equation, place: int, shape: tuple[int, ...]) -> Array | None:
        """Memory for the output of an equation; None where it has to be fresh."""
        if id(eq.output) in self.fresh:
            return None
        if eq.primitive in WRITES_OVER:
            for atom in eq.inputs:
                owner = self.owner.get(id(atom), id(atom))
                held = self.buffers.get(owner)
                if held is not None and self.last_use[owner] == place and _fits(held, shape, eq):
                    self.buffers[id(eq.output)] = self.buffers.pop(owner)
                    return held
        found = next((i for i, held in enumerate(self.free) if _fits(held, shape, eq)), None)
        held = np.empty(shape, eq.output.dtype) if found is None else self.free.pop(found)
        self.buffers[id(eq.output)] = held
        return held

    def release(self, place: int) -> None:
        """Give back what was used for the last time at this equation."""
        for owner in self.ends.get(place, ()):
            if owner in self.buffers:
                self.free.append(self.buffers.pop(owner))

    def is_shared(self, atom: Atom, program: Program) -> bool:
        """Whether an output has to be copied, because its memory may be that of an input, a base, or another output."""
        made_by = self.made_by.get(id(atom))
        alike = [a for a in program.outputs if self.owner.get(id(a), id(a)) == id(atom)]
        return made_by is None or made_by in VIEWS or made_by not in BUILT_IN or len(alike) > 1


def replay(program: Program, arrays: Sequence[Array], dims: Mapping[str, int] | None = None) -> list[Array]:
    """Run a Program on arrays of the right dtypes; shapes that do not fit raise `ValueError` before anything runs.

    Not for two threads at once on one Program: its plans hold the memory for what happens in between.
    """
    key = (tuple([x.shape for x in arrays]), tuple(dims.items()) if dims else ())
    plan = program._plans.get(key)
    if plan is None:
        binding = program.bind(key[0], dims)
        while len(program._plans) >= MAX_PLANS:
            program._plans.pop(next(iter(program._plans)))
        plan = program._plans[key] = Plan(program, binding)
    outputs: list[Array] = plan.run(arrays)
    return outputs


def _fits(held: Array, shape: tuple[int, ...], eq: Equation) -> bool:
    return (held.shape, held.dtype) == (shape, eq.output.dtype)
