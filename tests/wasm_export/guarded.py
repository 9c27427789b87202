"""Runs a compiled Program through the bare calling convention, with guard bytes around every buffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.program import Program, concrete
from wasm_export.compile import Compiled, compile
from wasm_export.functions import dimensions
from wasm_export.host import Instance, narrowed_array
from wasm_export.index_form import NARROW

GUARD = 48
PATTERN = 0xA5
GARBAGE = 0xFF  # in scratch and outputs: as floats these bytes are NaN


def run_guarded(
    program: Program,
    arrays: Sequence[np.ndarray[Any, Any]],
    dims: Mapping[str, int] | None = None,
    repeat: int = 1,
    compiled: Compiled | None = None,
) -> dict[str, np.ndarray[Any, Any]]:
    """The outputs by name; fails when a byte outside of outputs, donated inputs and scratch has changed."""
    compiled = compiled or compile(program)
    (name,) = compiled.programs
    instance = Instance(compiled.code)
    binding = program.bind([a.shape for a in arrays], dims)
    sizes = [binding[d] for d in dimensions(program)]
    scratch = instance.call(f"{name}_scratch", *sizes)
    places: list[tuple[str, int, int]] = []
    end = instance.first_free + GUARD

    def place(label: str, length: int) -> int:
        nonlocal end
        places.append((label, end, length))
        start = end
        end = -(-(end + length + GUARD) // 16) * 16
        return start

    inputs = {
        v.name: narrowed_array(np.ascontiguousarray(a), v.name) for v, a in zip(program.inputs, arrays, strict=True)
    }
    addresses = {v: place(v, a.nbytes) for v, a in inputs.items()}
    outputs = {}
    donors = {output: v for v, output in program.donate.items()}
    results: dict[str, tuple[int, tuple[int, ...], str]] = {}
    for label, atom in zip(program.output_names, program.outputs, strict=True):
        shape, dtype = concrete(atom.shape, binding), NARROW[np.dtype(atom.dtype).name]
        if label not in donors:
            outputs[label] = place(f"out {label}", int(np.prod(shape)) * np.dtype(dtype).itemsize)
        results[label] = (outputs[label] if label in outputs else addresses[donors[label]], shape, dtype)
    scratch_at = place("scratch", scratch)
    instance.reserve(end)
    size = instance.memory.data_len(instance.store)
    memory = instance.view(0, (size,), "uint8")
    memory[instance.first_free :] = PATTERN
    for label, start, length in places:
        memory[start : start + length] = GARBAGE
        if label in inputs:
            memory[start : start + length] = np.frombuffer(inputs[label].tobytes(), np.uint8)
    before = memory.copy()
    instance.call(name, *sizes, *addresses.values(), *outputs.values(), scratch_at, repeat)
    changed = np.flatnonzero(memory != before)
    may_change = {"scratch", *(f"out {o}" for o in outputs), *program.donate}
    for label, start, length in places:
        if label in may_change:
            changed = changed[(changed < start) | (changed >= start + length)]
    assert changed.size == 0, f"bytes {changed[:5]} changed; buffers at {places}"
    return {label: instance.view(*result).copy() for label, result in results.items()}
