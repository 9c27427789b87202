"""Rule 3: sweeps.

Reading order: … → `nests` → **sweeps** → `lanes` → …
"""

from __future__ import annotations

from minigrad.program import Program
from wasm_export.definitions import Kernels, looked_up, reads
from wasm_export.expressions import Array
from wasm_export.index_form import IndexForm
from wasm_export.nests import Loop, Nest, contained, separate


def sweeps(kernels: Kernels) -> tuple[Nest, ...]:
    """One nest per definition."""
    return tuple(separate(definition) for definition in kernels.definitions)


def kept_in_memory(kernels: Kernels, nests: tuple[Nest, ...]) -> frozenset[Array]:
    """Which arrays have to be stored."""
    return frozenset(definition.array for definition in kernels.definitions)


def equations_of(program: Program, form: IndexForm, nests: tuple[Nest, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """For each nest its outermost index and its equations: those of its definitions and what is written into them."""
    numbers = {definition.array: number for number, definition in enumerate(form.definitions)}
    kept = {definition.array for nest in nests for definition in contained(nest.body)}
    found: list[tuple[str, tuple[int, ...]]] = []
    for nest in nests:
        mine: set[int] = set()
        pending = [d.array for d in contained(nest.body)]
        while pending:
            array = pending.pop()
            if array in numbers and numbers[array] not in mine:
                mine.add(numbers[array])
                body = form.definitions[numbers[array]]
                needs = {r.data[0] for r in reads(body.body, *looked_up(body))}
                pending += [need for need in needs if need not in kept]
        first = nest.body[0]
        found.append((first.index.name if isinstance(first, Loop) else "", tuple(sorted(mine))))
    return found
