"""Weights as JSON: how a network travels between Python and the exported page.

Reading order: ... train -> recipe -> **weights** -> options -> `__main__`

    {"format": 1, "activation": "relu", "widths": [2, 100, 3],
     "params": {"params.0.W": {"shape": [2, 100], "data": [0.5, …]}, …}}

The data are in row-major order. A float32 value is written with the digits that bring back the same float32; float64
is rounded to float32 once, by whoever writes.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad import nn
from minigrad.files import FileError, atomic, check_params, check_widths, named, nested

FORMAT = 1


class Weights(NamedTuple):
    """A network: its widths, the activation between its layers, its parameters in float32."""

    widths: list[int]
    activation: str
    params: nn.Params


def write(path: str | os.PathLike[str], weights: Weights) -> None:
    """Writes a network as JSON; `FileError` where that is not possible."""
    arrays = named(weights.params, "params")
    content = {
        "format": FORMAT,
        "activation": weights.activation,
        "widths": list(weights.widths),
        "params": {name: _to_json(array) for name, array in arrays.items()},
    }
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
    if activation not in nn.ACTIVATIONS:
        raise FileError(f"{file}: there is no activation {activation!r}; there are {', '.join(nn.ACTIVATIONS)}")
    check_widths(file, widths)
    try:
        arrays = {name: _from_json(entry) for name, entry in content["params"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FileError(f"{file}: a parameter is not an object of shape and data that fit: {error}") from error
    check_params(file, arrays, widths, "float32")
    return Weights(widths, activation, nested(arrays, "params"))


def _to_json(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    rounded = array.astype(np.float32)
    return {"shape": list(rounded.shape), "data": [float(str(x)) for x in rounded.ravel()]}


def _from_json(entry: dict[str, Any]) -> np.ndarray[Any, Any]:
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        return np.array(entry["data"], np.float64).astype(np.float32).reshape(entry["shape"])
