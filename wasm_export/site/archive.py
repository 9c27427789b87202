"""The compiled modules of the page, and their texts, in one stream.

Reading order: … recorded → bundle → **archive** → export → the command in `__main__`

There is one module for each network that the page offers (activation, number of hidden layers), for any number of
classes; and one for the run's own network with its number of classes built in, which is faster and has the run's
recorded step. They are much alike, so they are compressed together:

    base64(zlib(length of the index (4 bytes, little-endian), index as JSON, module, module, …))
"""

import base64
import json
import linecache
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

from minigrad import dims
from minigrad.optim import Optimizer
from minigrad.program import Program
from wasm_export.compile import compile, show
from wasm_export.site import recorded

Network = tuple[str, int]  # activation, number of hidden layers

FORMS = ("program", "fused", "loops", "wat")


def make_archive(networks: list[Network], classes: int, optimizer: Optimizer) -> str:
    """The archive of `networks`; the first of them with `classes` is the run's own."""
    own = run_programs(networks[0], classes, optimizer)
    (c,) = dims("c")
    modules = {f"{network_key(networks[0])}-{classes}": compile(own).wasm}
    for network in networks:
        activation, layers = network
        modules[network_key(network)] = compile(recorded.programs(layers, activation, c, optimizer)).wasm
    head = json.dumps({"modules": spans(modules), "texts": texts(shown_programs(own, optimizer))}).encode("utf-8")
    content = struct.pack("<I", len(head)) + head + b"".join(modules.values())
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")


def run_programs(network: Network, classes: int, optimizer: Optimizer) -> dict[str, Program]:
    """The functions of the run's own network, its whole step first where that has no state to keep."""
    activation, layers = network
    functions = recorded.programs(layers, activation, classes, optimizer)
    if optimizer.name != "sgd":
        return functions
    return {"step": recorded.step_program(layers, activation, classes), **functions}


def shown_programs(programs: Mapping[str, Program], optimizer: Optimizer) -> dict[str, Program]:
    """The functions to study: what the run's own training calls, and the map."""
    training = ("step",) if "step" in programs else ("gradient", optimizer.name)
    return {name: programs[name] for name in (*training, "evaluate", "paint")}


def network_key(network: Network) -> str:
    """The network's name in the page and its address."""
    return f"{network[0]}-{network[1]}"


def spans(modules: Mapping[str, bytes]) -> dict[str, tuple[int, int]]:
    """Where each of the modules begins and ends when they stand one after the other.

    >>> spans({"a": b"123", "b": b"45"})
    {'a': (0, 3), 'b': (3, 5)}
    """
    result, start = {}, 0
    for key, wasm in modules.items():
        result[key] = (start, start + len(wasm))
        start += len(wasm)
    return result


def texts(programs: Mapping[str, Program]) -> dict[str, dict[str, str]]:
    """What the study panel shows of each function."""
    return {
        name: {"program": annotated(program), **{form: show(program, form) for form in FORMS if form != "program"}}
        for name, program in programs.items()
    }


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
