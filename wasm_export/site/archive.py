"""What the page carries beside its script: named parts in two containers.

Reading order: … recorded → bundle → **archive** → export → the command in `wasm_export/__main__`

    first   base64(zlib(container)): the run and the module of its own network, all that the first sight needs
    rest    base64(size of the container (4 bytes, little-endian), LZMA(container)): the modules of the other networks,
            each for any number of classes; of all functions, for those who study, the forms and what is named in them

A container is the length of its index (4 bytes), the index as JSON {name: [start, end]}, and the parts one after the
other. The modules are much alike, and further apart than the 32 KiB that zlib looks back: LZMA halves what zlib leaves
of them. But the page has to decode it itself, which takes too long for the first sight.
"""

import json
import linecache
import lzma
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minigrad import dims
from minigrad.optim import Optimizer
from minigrad.program import Program
from wasm_export.compile import Compiled, compile, form_of
from wasm_export.instructions import Block, Comment, Function, Loop, Module, linear
from wasm_export.opcodes import OPCODES
from wasm_export.site import bundle, recorded
from wasm_export.wat import identifier

Network = tuple[str, int]  # activation, number of hidden layers

FORMS = ("program", "fused", "loops", "wat")
CARRIED = ("program", "fused", "loops")  # the page makes WAT from the modules' bytes and from `names`
LZMA_FILTER = {"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 0, "pb": 0}
# How many operands instructions take that have none in the table, as that depends on the function around them.
CONTEXTUAL_OPERANDS = {"local.set": 1, "local.tee": 1, "br_if": 1, "return": 0, "drop": 1, "select": 3}


def make_archive(
    networks: list[Network], classes: int, optimizer: Optimizer, run: Mapping[str, bytes]
) -> tuple[str, str]:
    """The texts `first` and `rest`; the first network, with `classes`, is the run's own, and `run` are its parts."""
    (c,) = dims("c")
    own = f"{network_key(networks[0])}-{classes}"
    modules = {own: compile(run_programs(networks[0], classes, optimizer))}
    for network in networks:
        activation, layers = network
        modules[network_key(network)] = compile(recorded.programs(layers, activation, c, optimizer))
    parts = {key: module.wasm for key, module in modules.items()}
    first = {**run, own: parts.pop(own)}
    rest = {
        **parts,
        "forms": as_json({key: forms(module) for key, module in modules.items()}),
        "names": as_json({key: names(module.module) for key, module in modules.items()}),
        "opcodes": as_json(opcodes()),
    }
    packed = container(rest)
    return bundle.deflated(container(first)), bundle.base64_of(struct.pack("<I", len(packed)) + tightly(packed))


def run_programs(network: Network, classes: int, optimizer: Optimizer) -> dict[str, Program]:
    """The functions of the run's own network, its whole step first where that has no state to keep."""
    activation, layers = network
    functions = recorded.programs(layers, activation, classes, optimizer)
    if optimizer.name != "sgd":
        return functions
    return {"step": recorded.step_program(layers, activation, classes), **functions}


def network_key(network: Network) -> str:
    """The network's name in the page and its address."""
    return f"{network[0]}-{network[1]}"


def container(parts: Mapping[str, bytes]) -> bytes:
    r"""The parts behind their index.

    >>> container({"a": b"123", "b": b"45"})
    b'\x1a\x00\x00\x00{"a": [0, 3], "b": [3, 5]}12345'
    """
    spans, start = {}, 0
    for name, part in parts.items():
        spans[name] = (start, start + len(part))
        start += len(part)
    index = as_json(spans)
    return struct.pack("<I", len(index)) + index + b"".join(parts.values())


def tightly(content: bytes) -> bytes:
    """A raw LZMA stream, of the kind that `page/lzma.js` reads."""
    return lzma.compress(content, format=lzma.FORMAT_RAW, filters=[LZMA_FILTER])


def as_json(value: Any) -> bytes:
    """The value as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


def names(module: Module) -> list[dict[str, Any]]:
    """What the bytes of each function do not say: names, and comments behind the number of instructions before them."""
    return [
        {
            "name": identifier(function.name),
            "variables": [identifier(name) for name, _ in (*function.params, *function.locals)],
            "labels": [identifier(step.label) for step in linear(function.body) if isinstance(step, (Block, Loop))],
            "comments": comments(function),
        }
        for function in module.functions
    ]


def comments(function: Function) -> list[tuple[int, str]]:
    """The comments of a function, each behind the number of instructions before it."""
    found: list[tuple[int, str]] = []
    for place, step in enumerate(linear(function.body)):
        if isinstance(step, Comment):
            found.append((place - len(found), step.text))
    return found


def opcodes() -> dict[str, tuple[str, int, str, int]]:
    """What the page needs of the table of instructions to print modules; see `page/wat.js`."""
    return {
        row.code.hex(): (name, CONTEXTUAL_OPERANDS.get(name, len(row.operands)), row.immediate, row.access)
        for name, row in OPCODES.items()
    }


def forms(module: Compiled) -> dict[str, dict[str, str]]:
    """What the study panel shows of each function beside its WAT."""
    return {name: {form: form_text(module, name, form) for form in CARRIED} for name in module.programs}


def form_text(module: Compiled, name: str, form: str) -> str:
    """A form of one function; the first of them says which lines of Python it comes from."""
    return annotated(module.programs[name]) if form == "program" else form_of(module.lowered[name], form)


def annotated(program: Program) -> str:
    """The Program's text with the line of Python that equations come from, said where it changes."""
    equations = iter(program.equations)
    lines: list[str] = []
    known = None
    for line in str(program).split("\n"):
        if line.startswith("    ") and not line.startswith("    #"):
            source = next(equations).source
            if source and source != known:
                file, number = source
                place = "/".join(Path(file).parts[-2:])
                lines.append(f"    # {place}:{number}  {linecache.getline(file, number).strip()}")
            known = source
        lines.append(line)
    return "\n".join(lines)
