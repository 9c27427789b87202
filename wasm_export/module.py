"""From Programs to a module: the five rules, the functions, the memory, and the manifest.

Each Program becomes `name(dims…, inputs…, outputs…, scratch, repeat)` and `name_scratch(dims…)`, all i32. The manifest,
a custom section with JSON, tells a host the names, dtypes, symbolic shapes and donations of the arguments. Arrays are
aligned to 16 bytes, and scratch memory lies behind all of them: up to 32 bytes behind an array may be loaded, and
stored as they were.

Reading order: … → `functions` → **module** → `calls` → …
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.dims import Dim, Shape
from minigrad.program import Program
from wasm_export.copies import with_copies
from wasm_export.definitions import Kernels, definitions
from wasm_export.donation import Plan, plan
from wasm_export.expressions import Array
from wasm_export.functions import ALIGN, Called, dimensions, main_function, nest_function, scratch_function
from wasm_export.index_form import IndexForm, index_form, narrow
from wasm_export.instructions import Function, Module
from wasm_export.lanes import regroup, unroll
from wasm_export.layout import Layout
from wasm_export.math import math_function
from wasm_export.nests import Nest
from wasm_export.packing import Packing
from wasm_export.panels import Panels
from wasm_export.partial import apart
from wasm_export.surplus import OVERREAD, whole_lanes, whole_rows
from wasm_export.sweeps import kept_in_memory, sweeps

PAGE = 65536
FIRST = 16  # address 0 stays unused


@dataclass(frozen=True)
class Lowered:
    """A Program after each of the rules."""

    program: Program
    form: IndexForm
    kernels: Kernels
    nests: tuple[Nest, ...]
    layout: Layout
    stored: frozenset[Array]
    plan: Plan


def lower(program: Program) -> Lowered:
    """Applies the five rules."""
    form = index_form(program)
    kernels = definitions(form)
    nests, layout = sweeps(kernels)
    nests = tuple(part for nest in nests for part in apart(regroup(nest)))
    stored = kept_in_memory(kernels, nests)
    nests = tuple(whole_lanes(unroll(nest), layout, stored) for nest in nests)
    nests, layout = with_copies(nests, layout, Packing())
    nests, layout = with_copies([whole_rows(nest, layout, stored, None) for nest in nests], layout, Panels())
    stored = kept_in_memory(kernels, nests)
    places = plan(kernels, nests, layout, stored)
    nests = tuple(whole_rows(nest, layout, stored, places.bases) for nest in nests)
    return Lowered(program, form, kernels, nests, layout, stored, places)


def build(programs: Mapping[str, Program]) -> tuple[Module, dict[str, Any], dict[str, Lowered]]:
    """The module with one function per Program, its manifest, and the forms between."""
    lowered = {name: lower(program) for name, program in programs.items()}
    functions: list[Function] = []
    data: list[tuple[int, bytes]] = []
    used: Called = set()
    end = FIRST
    for name, low in lowered.items():
        places: dict[str, int] = {}
        for array, value in low.kernels.constants.items():
            places[array.name] = end
            data.append((end, value.tobytes()))
            end += -(-value.nbytes // ALIGN) * ALIGN
        bases = {**low.plan.bases, **{array: array.name for array in low.kernels.constants}}
        nests: list[Function] = []
        for number, nest in enumerate(low.nests, 1):
            function, called = nest_function(f"{name}.{number}", nest, bases, low.layout, low.stored)
            nests.append(function)
            used |= called
        functions += [main_function(name, low.program, low.plan, places, nests), *nests]
        functions.append(scratch_function(name, low.program, low.plan, OVERREAD))
    functions += [math_function(name, lanes) for name, lanes in sorted(used)]
    manifest = {"version": 1, "functions": {name: signature(low.program) for name, low in lowered.items()}}
    custom = {"minigrad": json.dumps(manifest, separators=(",", ":")).encode()}
    return Module(tuple(functions), tuple(data), custom, -(-end // PAGE)), manifest, lowered


def signature(program: Program) -> dict[str, Any]:
    """A function's entry in the manifest."""
    donated = set(program.donate.values())
    inputs = [{**_slot(v.name, v.shape, v.dtype), "donated_to": program.donate.get(v.name)} for v in program.inputs]
    outputs = [
        {**_slot(name, atom.shape, atom.dtype), "donated": name in donated}
        for name, atom in zip(program.output_names, program.outputs, strict=True)
    ]
    conditions = [str(condition) for condition in program.conditions]
    return {"dims": dimensions(program), "inputs": inputs, "outputs": outputs, "conditions": conditions}


def _slot(name: str, shape: Shape, dtype: np.dtype[Any]) -> dict[str, Any]:
    lengths = [str(length) if isinstance(length, Dim) else length for length in shape]
    return {"name": name, "shape": lengths, "dtype": narrow(dtype, name)}
