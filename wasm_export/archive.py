"""The compiled modules of the page, and their texts, in one stream.

Reading order: … recorded → bundle → **archive** → export → the command in `__main__`

There is one module for each network that the page offers: activation, number of hidden layers, number of classes. They
are much alike, so they are compressed together:

    base64(zlib(length of the index (4 bytes, little-endian), index as JSON, module, module, …))
"""

import base64
import json
import struct
import zlib
from collections.abc import Mapping

from minigrad.optim import Optimizer
from minigrad.program import Program
from wasm_export import recorded
from wasm_export.compile import compile, show

Network = tuple[str, int]  # activation, number of hidden layers

CLASSES = range(2, 7)
FORMS = ("program", "fused", "loops", "wat")


def make_archive(networks: list[Network], classes: int, optimizer: Optimizer) -> str:
    """The archive of `networks` for all numbers of classes; the first network with `classes` is the run's own."""
    own = module_key(networks[0], classes)
    programs = {
        module_key(network, count): recorded.programs(network[1], network[0], count, optimizer)
        for network in networks
        for count in CLASSES
    }
    if optimizer.name == "sgd":
        activation, layers = networks[0]
        programs[own] = {"step": recorded.step_program(layers, activation, classes), **programs[own]}
    modules = {key: compile(functions).wasm for key, functions in programs.items()}
    head = json.dumps({"modules": spans(modules), "texts": texts(programs[own])}).encode("utf-8")
    content = struct.pack("<I", len(head)) + head + b"".join(modules.values())
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")


def network_key(network: Network) -> str:
    """The network's name in the page and its address."""
    return f"{network[0]}-{network[1]}"


def module_key(network: Network, classes: int) -> str:
    """The module's name in the archive."""
    return f"{network_key(network)}-{classes}"


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
    return {name: {form: show(program, form) for form in FORMS} for name, program in programs.items()}
