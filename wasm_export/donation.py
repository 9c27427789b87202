"""Rule 5: donation. Where each array lives: a buffer of an argument or output, or scratch memory shared by liveness.

A donated input is overwritten in place if nothing reads it after the definition that replaces it, and that definition
(and what shares its nest) reads it only at the element that is being replaced. Otherwise the new value is made in
scratch memory and copied over the input at the end.

Reading order: … → `packing` → **donation** → `scopes` → …
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from minigrad.dims import Size, size_of
from wasm_export.definitions import Kernels
from wasm_export.expressions import Array, Position
from wasm_export.index_form import Definition
from wasm_export.layout import Layout, padded
from wasm_export.machine import SIZES
from wasm_export.nests import Nest, contained
from wasm_export.sweeps import pointwise
from wasm_export.walks import all_reads


@dataclass(frozen=True)
class Plan:
    """Names of the locals that hold addresses.

    `inputs` and `outputs` are parameters in order; a donated output has none. `scratch` are consecutive blocks of so
    many bytes (each rounded up to 16). `copies` are (from, to, bytes), done at the end.
    """

    bases: dict[Array, str]
    scratch: tuple[tuple[str, Size], ...]
    copies: tuple[tuple[str, str, Size], ...]

    def __str__(self) -> str:
        lines = [f"{array}: {base}" for array, base in self.bases.items()]
        lines += [f"{name}: {size} bytes" for name, size in self.scratch]
        return "\n".join(lines + [f"copy {source} to {to}" for source, to, _ in self.copies])


def bytes_of(array: Array, layout: Layout) -> Size:
    """What an array takes in memory, with the room at the ends of its rows."""
    return size_of(padded(array, layout.get(array))) * SIZES[array.dtype]


def input_name(name: str) -> str:
    """The parameter with an input's address."""
    return f"in:{name}"


def output_name(name: str) -> str:
    """The parameter with an output's address."""
    return f"out:{name}"


def plan(kernels: Kernels, nests: Sequence[Nest], layout: Layout, stored: Collection[Array]) -> Plan:
    """Places every array that has memory."""
    bases = {array: input_name(array.name) for array in kernels.inputs}
    inputs = {array.name: array for array in kernels.inputs}
    replaced = {output: inputs[name] for name, output in kernels.donate.items()}
    steps = _steps(nests)
    copies: list[tuple[str, str, Size]] = []
    for name, array in kernels.outputs:
        old = replaced.get(name)
        if old is None:
            bases[array] = output_name(name)
        elif _in_place(array, old, steps):
            bases[array] = input_name(old.name)
        elif old is not array:
            copies.append((f"new:{name}", input_name(old.name), bytes_of(array, layout)))
            bases[array] = f"new:{name}"
    new = [(name, array) for name, array in kernels.outputs if bases[array] == f"new:{name}"]
    blocks = {f"new:{name}": bytes_of(array, layout) for name, array in new}
    blocks |= _shared(bases, steps, layout, stored)
    return Plan(bases, tuple(blocks.items()), tuple(copies))


def _steps(nests: Sequence[Nest]) -> list[tuple[Definition, ...]]:
    return [tuple(contained(nest.body)) for nest in nests]


def _reads(definition: Definition, array: Array) -> list[Position]:
    found = all_reads(definition)
    return [r.data[1] for r in found if r.data[0] is array]


def _in_place(new: Array, old: Array, steps: list[tuple[Definition, ...]]) -> bool:
    """Whether `new` can be written over `old`: no read of `old` may come after a store to that element.

    Reads of an element come before its store if they are made by what replaces it, at its own position, or stand
    before it in the same round and are pointwise. A sum is stored after the loop that makes it, in which other elements
    of `old` may yet be read; a scatter stores before it has read all.
    """
    for number, step in enumerate(steps):
        for place, definition in enumerate(step):
            if definition.array is not new:
                continue
            if definition.kind == "scatter":
                return False
            others = [d for other in steps[number + 1 :] for d in other] + list(step[place + 1 :])
            return (
                not any(_reads(d, old) for d in others)
                and all(position == definition.position for position in _reads(definition, old))
                and all(pointwise(position, definition, d) for d in step[:place] for position in _reads(d, old))
                and (not definition.reduced or not _reads(definition, old))
            )
    return False


def _shared(
    bases: dict[Array, str], steps: list[tuple[Definition, ...]], layout: Layout, stored: Collection[Array]
) -> dict[str, Size]:
    """Gives scratch blocks to what remains; a block is free again after the last nest that reads its array."""
    last: dict[Array, int] = {}
    for number, step in enumerate(steps):
        for definition in step:
            last[definition.array] = number
            last |= {r.data[0]: number for r in all_reads(definition)}
    blocks: dict[str, Size] = {}
    free: dict[Size, list[str]] = {}
    for number, step in enumerate(steps):
        for array in [d.array for d in step if d.array in stored and d.array not in bases]:
            available = free.get(bytes_of(array, layout))
            bases[array] = available.pop() if available else f"block{len(blocks)}"
            blocks.setdefault(bases[array], bytes_of(array, layout))
        for array, end in last.items():
            if end == number and array in bases and bases[array] in blocks:
                free.setdefault(bytes_of(array, layout), []).append(bases[array])
    return blocks
