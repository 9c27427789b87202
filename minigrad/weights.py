"""Weights as JSON: how a network travels between Python and the exported page.

Reading order: ... train -> recipe -> **weights** -> options -> console -> ...

    {"format": 1, "activation": "relu", "widths": [2, 100, 3],
     "params": {"params.0.W": {"shape": [2, 100], "data": [0.5, …]}, …},
     "optimizer": {"name": "adam", "state": {"state.m.0.W": {"shape": [2, 100], "data": [0.1, …]}, …}}}

The last line, an optimiser and what it remembers, may be missing. The data are in row-major order. A float32 value is
written with the digits that bring back the same float32; float64 is rounded to float32 once, by whoever writes.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import nn, optim, tree
from minigrad.files import Arrays, FileError, atomic, check_params, check_state, check_widths, named, nested

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Weights:
    """A network: its widths, the activation between its layers, its parameters in float32.

    Beside it the optimiser that trained it, and its state; that of plain descent is empty, as its `init` makes it.
    """

    widths: list[int]
    activation: str
    params: nn.Params
    optimizer: str = "sgd"
    state: tree.Tree = field(default_factory=dict)


def write(path: str | os.PathLike[str], weights: Weights) -> None:
    """Writes a network as JSON; `FileError` where that is not possible, or a value is not finite in float32."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "activation": weights.activation,
        "widths": list(weights.widths),
        "params": _to_json(path, named(weights.params, "params")),
    }
    if weights.state:
        content["optimizer"] = {"name": weights.optimizer, "state": _to_json(path, named(weights.state, "state"))}
    with atomic(path) as file:
        file.write_text(json.dumps(content, allow_nan=False) + "\n")


def read(path: str | os.PathLike[str]) -> Weights:
    """Reads a network that `write` or the page wrote.

    Raises:
        FileError: no such file, not weights, another format, or shapes that do not fit the widths.
    """
    file = Path(path)
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise FileError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict) or not {"format", "activation", "widths", "params"} <= content.keys():
        raise FileError(f"{file} does not hold weights: format, activation, widths and params are expected")
    if content["format"] != FORMAT:
        raise FileError(f"{file} has format {content['format']!r}; this version reads format {FORMAT}")
    widths, activation = content["widths"], content["activation"]
    if activation not in list(nn.ACTIVATIONS):  # unlike a dict, a list is asked without a hash
        raise FileError(f"{file}: there is no activation {activation!r}; there are {', '.join(nn.ACTIVATIONS)}")
    check_widths(file, widths)
    arrays = _from_json(file, content["params"], "a parameter")
    check_params(file, arrays, widths, "float32")
    params = nested(arrays, "params")
    return Weights(widths, activation, params, *_read_optimizer(file, content.get("optimizer"), params))


def _read_optimizer(file: Path, entry: Any, params: nn.Params) -> tuple[str, tree.Tree]:
    if entry is None:
        return "sgd", {}
    if not isinstance(entry, dict) or entry.get("name") not in list(optim.OPTIMIZERS):
        names = ", ".join(optim.OPTIMIZERS)
        raise FileError(f"{file}: optimizer is not an object with a name ({names}) and a state")
    name = entry["name"]
    arrays = _from_json(file, entry.get("state"), "an optimiser's array")
    check_state(file, arrays, name, params, "float32", finite=True)
    return name, nested(arrays, "state")


def _to_json(path: str | os.PathLike[str], arrays: Arrays) -> dict[str, Any]:
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        rounded = {name: array.astype(np.float32) for name, array in arrays.items()}
    for name, array in rounded.items():
        if not np.isfinite(array).all():
            raise FileError(f"{path} is not written: {name} holds values that are not finite in float32")
    return {
        name: {"shape": list(array.shape), "data": [float(str(x)) for x in array.ravel()]}
        for name, array in rounded.items()
    }


def _from_json(file: Path, entries: Any, what: str) -> Arrays:
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
            return {
                name: np.array(entry["data"], np.float64).astype(np.float32).reshape(entry["shape"])
                for name, entry in entries.items()
            }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FileError(f"{file}: {what} is not an object of shape and data that fit: {error}") from error
