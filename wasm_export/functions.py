"""From nests to functions: one for each nest, and one that calls them in order, `repeat` times.

An engine allocates registers for a function as a whole, so that what one nest needs would cost another nest registers
in its loops. Apart, each has them all. A nest's function takes what it uses of sizes and addresses.

Reading order: … → `peephole` → **functions** → `module` → …
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minigrad.dims import Size
from minigrad.program import Program
from wasm_export.codegen import NestEmitter
from wasm_export.constants import hoist
from wasm_export.donation import Plan, input_name, output_name
from wasm_export.expressions import Array
from wasm_export.instructions import Function, Instr, Loop, Node, get, i32, op, set_
from wasm_export.layout import Layout
from wasm_export.nests import Nest
from wasm_export.opcodes import Type
from wasm_export.peephole import tidy, uses
from wasm_export.schedule import schedule
from wasm_export.scopes import dim_name
from wasm_export.stores import Stores

ALIGN = 16

Called = set[tuple[str, int]]  # functions of `math`: name and lanes


def dimensions(program: Program) -> list[str]:
    """The names of the dimensions in the order of the parameters."""
    return sorted(program.dims)


def nest_function(
    name: str, nest: Nest, bases: Mapping[Array, str], layout: Layout, stored: frozenset[Array]
) -> tuple[Function, Called]:
    """The function that runs a nest, and what it calls."""
    emitter = Stores(bases, layout)
    statements = schedule(NestEmitter(emitter, nest, stored).run(), dict(emitter.locals))
    statements = hoist([*emitter.scopes[0].body, *statements], emitter.fresh)
    body, declared = tidy(statements, emitter.locals)
    own = {local for local, _ in declared}
    params: tuple[tuple[str, Type], ...] = tuple((param, "i32") for param in uses(body)[0] if param not in own)
    return Function(name, params, (), tuple(declared), tuple(body)), emitter.called


def main_function(
    name: str, program: Program, plan: Plan, constants: Mapping[str, int], nests: list[Function]
) -> Function:
    """The function that runs a Program `repeat` times; `constants` say where captured arrays lie."""
    params = list(map(dim_name, dimensions(program))) + [input_name(var.name) for var in program.inputs]
    donated = set(program.donate.values())
    params += [output_name(output) for output in program.output_names if output not in donated]
    params += ["scratch", "repeat"]
    sizes = Stores({})
    start = [set_(block, address) for block, address in _blocks(plan.scratch, sizes)]
    copies = [op("memory.copy", get(to), get(source), sizes.length(size).node) for source, to, size in plan.copies]
    calls = [op("call", *(_argument(param, constants) for param, _ in f.params), imm=(f.name,)) for f in nests]
    again = set_("repeat", op("i32.sub", get("repeat"), i32(1)))
    more = op("br_if", op("i32.gt_s", get("repeat"), i32(0)), imm=("repeat",))
    blocks: list[tuple[str, Type]] = [(block, "i32") for block, _ in plan.scratch]
    body = (*sizes.scopes[0].body, *start, Loop("repeat", (*calls, *copies, again, more)))
    return Function(name, tuple((param, "i32") for param in params), (), (*blocks, *sizes.locals), body, export=True)


def _argument(name: str, constants: Mapping[str, int]) -> Node:
    return i32(constants[name]) if name in constants else get(name)


def _blocks(scratch: tuple[tuple[str, Size], ...], sizes: Stores) -> Iterator[tuple[str, Node]]:
    """Where each scratch block begins: where the one before ends, rounded up."""
    end: Instr = get("scratch")
    for block, size in scratch:
        yield block, end
        end = _aligned(op("i32.add", get(block), sizes.length(size).node))


def _aligned(address: Node) -> Instr:
    return op("i32.and", op("i32.add", address, i32(ALIGN - 1)), i32(-ALIGN))


def scratch_function(name: str, program: Program, plan: Plan, beyond: int) -> Function:
    """How many bytes of scratch memory the function needs for given dimensions.

    The last `beyond` of them are loaded and stored as they were, no more: where scratch memory lies behind all arrays,
    no vector reaches beyond the end of the memory.
    """
    sizes = Stores({})
    total: Instr = i32(beyond)
    for _, size in plan.scratch:
        total = _aligned(op("i32.add", total, sizes.length(size).node))
    params: tuple[tuple[str, Type], ...] = tuple((dim_name(dim), "i32") for dim in dimensions(program))
    body = (*sizes.scopes[0].body, total)
    return Function(f"{name}_scratch", params, ("i32",), tuple(sizes.locals), body, export=True)
