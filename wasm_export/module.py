"""From Programs to a module: the functions around the nests, the memory, and the manifest.

Each Program becomes `name(dims…, inputs…, outputs…, scratch, repeat)` and `name_scratch(dims…)`, all i32. The manifest,
a custom section with JSON, tells a host the names, dtypes, symbolic shapes and donations of the arguments. Arrays are
aligned to 16 bytes, and scratch memory lies behind all of them: up to 32 bytes behind an array may be loaded, and
stored as they were.

Reading order: … → `peephole` → **module** → `calls` → …
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.dims import Dim, Shape
from minigrad.program import Program
from wasm_export.codegen import emit
from wasm_export.constants import hoist
from wasm_export.definitions import Kernels, definitions
from wasm_export.donation import Plan, input_name, output_name, plan
from wasm_export.emitter import Emitter
from wasm_export.expressions import Array
from wasm_export.index_form import IndexForm, index_form, narrow
from wasm_export.instructions import Function, Instr, Loop, Module, Node, get, i32, op, set_
from wasm_export.lanes import regroup, unroll
from wasm_export.layout import Layout
from wasm_export.math import math_function
from wasm_export.nests import Nest
from wasm_export.opcodes import Type
from wasm_export.packing import pack
from wasm_export.panels import panels
from wasm_export.peephole import tidy
from wasm_export.scopes import dim_name
from wasm_export.surplus import OVERREAD, whole_lanes, whole_rows
from wasm_export.sweeps import kept_in_memory, sweeps

ALIGN = 16
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
    stored = kept_in_memory(kernels, nests)
    nests = tuple(whole_lanes(unroll(regroup(nest)), layout, stored) for nest in nests)
    nests, layout = panels(*pack(nests, layout), stored)
    stored = kept_in_memory(kernels, nests)
    places = plan(kernels, nests, layout, stored)
    nests = tuple(whole_rows(nest, layout, stored, places.bases) for nest in nests)
    return Lowered(program, form, kernels, nests, layout, stored, places)


def build(programs: Mapping[str, Program]) -> tuple[Module, dict[str, Any], dict[str, Lowered]]:
    """The module with one function per Program, its manifest, and the forms between."""
    lowered = {name: lower(program) for name, program in programs.items()}
    functions: list[Function] = []
    data: list[tuple[int, bytes]] = []
    used: set[tuple[str, int]] = set()
    end = FIRST
    for name, low in lowered.items():
        places: dict[Array, int] = {}
        for array, value in low.kernels.constants.items():
            places[array] = end
            data.append((end, value.tobytes()))
            end += -(-value.nbytes // ALIGN) * ALIGN
        main, called = main_function(name, low, places)
        functions += [main, scratch_function(name, low)]
        used |= called
    functions += [math_function(name, lanes) for name, lanes in sorted(used)]
    manifest = {"version": 1, "functions": {name: signature(low.program) for name, low in lowered.items()}}
    custom = {"minigrad": json.dumps(manifest, separators=(",", ":")).encode()}
    return Module(tuple(functions), tuple(data), custom, -(-end // PAGE)), manifest, lowered


def dimensions(program: Program) -> list[str]:
    """The names of the dimensions in the order of the parameters."""
    return sorted(program.dims)


def main_function(name: str, low: Lowered, constants: Mapping[Array, int]) -> tuple[Function, set[tuple[str, int]]]:
    """The function that runs a Program `repeat` times, and which functions of `math` it calls: name and lanes."""
    program = low.program
    params = list(map(dim_name, dimensions(program))) + [input_name(var.name) for var in program.inputs]
    donated = set(program.donate.values())
    params += [output_name(output) for output in program.output_names if output not in donated]
    params += ["scratch", "repeat"]
    bases = {**low.plan.bases, **{array: array.name for array in constants}}
    emitter = Emitter(bases, low.layout)
    start = emitter.scopes[0].body
    start += [set_(array.name, i32(place)) for array, place in constants.items()]
    for block, address in _blocks(low, emitter):
        start.append(set_(block, address))
    parts = [hoist(part, emitter.fresh) for part in emit(low.nests, emitter, low.stored)]
    copies = [
        op("memory.copy", get(to), get(source), emitter.length(size).node) for source, to, size in low.plan.copies
    ]
    again = set_("repeat", op("i32.sub", get("repeat"), i32(1)))
    more = op("br_if", op("i32.gt_s", get("repeat"), i32(0)), imm=("repeat",))
    own: list[tuple[str, Type]] = [(base, "i32") for base in dict.fromkeys(bases.values()) if base not in params]
    kept = [node.imm[0] for node in start if isinstance(node, Instr)]
    body, declared = tidy(parts, [*own, *emitter.locals], kept)
    function = Function(
        name,
        tuple((param, "i32") for param in params),
        (),
        tuple(declared),
        (*start, Loop("repeat", (*body, *copies, again, more))),
        export=True,
    )
    return function, emitter.called


def _blocks(low: Lowered, emitter: Emitter) -> Iterator[tuple[str, Node]]:
    """Where each scratch block begins: where the one before ends, rounded up."""
    end: Instr = get("scratch")
    for block, size in low.plan.scratch:
        yield block, end
        end = _aligned(op("i32.add", get(block), emitter.length(size).node))


def _aligned(address: Node) -> Instr:
    return op("i32.and", op("i32.add", address, i32(ALIGN - 1)), i32(-ALIGN))


def scratch_function(name: str, low: Lowered) -> Function:
    """How many bytes of scratch memory the function needs for given dimensions.

    The last `OVERREAD` of them are only read: where scratch memory lies behind all arrays, no vector is loaded from
    beyond the end of the memory.
    """
    emitter = Emitter({})
    total: Instr = i32(OVERREAD)
    for _, size in low.plan.scratch:
        total = _aligned(op("i32.add", total, emitter.length(size).node))
    params: tuple[tuple[str, Type], ...] = tuple((dim_name(dim), "i32") for dim in dimensions(low.program))
    body = (*emitter.scopes[0].body, total)
    return Function(f"{name}_scratch", params, ("i32",), tuple(emitter.locals), body, export=True)


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
