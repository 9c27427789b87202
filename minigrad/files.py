"""Files: written whole or not at all, and trees of arrays kept in them under their dotted names.

Reading order: ... execute -> data -> **files** -> points -> snapshots -> runs -> ...

The format is safetensors (https://github.com/huggingface/safetensors): a JSON header, then the bytes of each array.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from minigrad import optim, tree

Arrays = Mapping[str, NDArray[Any]]


class FileError(ValueError):
    """A file or run folder that cannot be read or written: the message names it and says what is wrong."""


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a path in the same folder to write to, which then takes `path`'s place: readers never see half a file.

    The temporary name ends like `path`, for writers that choose their format by it.

    Raises:
        FileError: the folder is missing or cannot be written to, or `path` is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise FileError(f"cannot write {target}: it is a folder; give the path of a file")
    if not target.parent.exists():
        raise FileError(f"cannot write {target}: there is no folder {target.parent}")
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise FileError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        if temporary.exists():
            temporary.unlink()


def write_arrays(file: Path, arrays: Mapping[str, Any]) -> None:
    """Writes named arrays; `FileError` where that is not possible."""
    with atomic(file) as temporary:
        temporary.write_bytes(save({name: np.asarray(array, order="C") for name, array in arrays.items()}))


def read_arrays(file: Path, *names: str) -> Arrays:
    """Reads named arrays, `names` among them; `FileError` where the file or one of these is not there, or broken."""
    try:
        arrays = load(file.read_bytes())
    except FileNotFoundError as error:
        raise FileError(f"{file} is missing") from error
    except (OSError, SafetensorError) as error:
        raise FileError(f"{file} is truncated, or not a safetensors file: {error}") from error
    for name in names:
        if name not in arrays:
            raise FileError(f"{file} has no array {name!r}; it has {', '.join(sorted(arrays)) or 'none'}")
    return arrays


def named(branch: tree.Tree, prefix: str) -> dict[str, NDArray[Any]]:
    """The leaves of a tree under their dotted paths, as NumPy arrays.

    >>> list(named([{"W": 1.0, "b": 2.0}], "params"))
    ['params.0.W', 'params.0.b']
    """
    leaves, structure = tree.flatten(branch)
    return {path: np.asarray(leaf) for path, leaf in zip(tree.paths(structure, prefix), leaves)}


def nested(arrays: Mapping[str, Any], prefix: str) -> tree.Tree:
    """The tree that `named` took apart: numbered branches become lists, others dicts; {} where there are none.

    >>> nested({"params.0.W": 1.0, "params.0.b": 2.0, "step": 3}, "params")
    [{'W': 1.0, 'b': 2.0}]
    """
    if prefix in arrays:
        return arrays[prefix]
    start = prefix + "."
    keys = dict.fromkeys(path[len(start) :].split(".")[0] for path in arrays if path.startswith(start))
    branches = {key: nested(arrays, start + key) for key in keys}
    if branches and all(key.isdigit() for key in branches):
        return [branches[key] for key in sorted(branches, key=int)]
    return branches


def check_widths(file: Path, widths: Any) -> None:
    """Raises `FileError` unless the widths of an MLP that `file` gives are two or more positive integers."""
    if not isinstance(widths, list) or len(widths) < 2 or not all(isinstance(w, int) and w > 0 for w in widths):
        raise FileError(f"{file}: widths are {widths!r}; expected two or more positive integers")


def check_params(file: Path, found: Arrays, widths: list[int], dtype: str) -> None:
    """Holds an MLP's stored parameters against the widths and dtype that its file should have.

    Raises:
        FileError: one is missing, unknown, not finite, or of another shape or dtype.
    """
    expected: dict[str, tuple[int, ...]] = {}
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        expected |= {f"params.{i}.W": (inputs, outputs), f"params.{i}.b": (outputs,)}
    check_arrays(file, found, expected, dtype, f"widths {widths} want")


def check_state(file: Path, found: Arrays, optimizer: str, params: tree.Tree, dtype: str, finite: bool) -> None:
    """Raises `FileError` where the arrays are not the state that this optimiser has for these parameters."""
    expected = named(optim.make(optimizer).init(params), "state")
    shapes = {name: array.shape for name, array in expected.items()}
    check_arrays(file, found, shapes, dtype, f"{optimizer} wants", finite)


def check_arrays(
    file: Path, found: Arrays, expected: Mapping[str, tuple[int, ...]], dtype: str, wanted: str, finite: bool = True
) -> None:
    """Raises `FileError`, as `check_params`, where arrays are not of the shapes that something ("X wants") wants."""
    for name in {**expected, **found}:
        if name not in found or name not in expected or found[name].shape != expected[name]:
            has = f"has shape {found[name].shape}" if name in found else "is missing"
            wants = f"shape {expected[name]}" if name in expected else "no such array"
            raise FileError(f"{file}: {name} {has}; {wanted} {wants}")
        if found[name].dtype != dtype:
            raise FileError(f"{file}: {name} is {found[name].dtype}; expected {dtype}")
        if finite and not np.isfinite(found[name]).all():
            raise FileError(f"{file}: {name} holds values that are not finite")
