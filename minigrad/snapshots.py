"""Snapshots: where training stood after some step, and the file from which it goes on to the same bits.

Reading order: ... files -> points -> **snapshots** -> runs -> train -> ...

    RUN/snapshots/00001000.safetensors  params.0.W, …; state.…; step; random.…: after 1000 steps
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.files import Arrays, FileError, check_params, check_state, named, nested, read_arrays, write_arrays

Random = dict[str, Any]  # RandomState.get_state(legacy=False)


@dataclass(frozen=True)
class Snapshot:
    """Where training stood after `step` updates.

    Attributes:
        step: the number of updates made.
        params: the parameters, a list of {"W": [in, out], "b": [out]}.
        state: the optimiser's state, a tree.
        random: the state of the `numpy.random.RandomState` that shuffles the minibatches.
    """

    step: int
    params: tree.Tree
    state: tree.Tree
    random: Random


def snapshot_file(run: Path, step: int) -> Path:
    """The file of a step's snapshot in a run folder."""
    return run / "snapshots" / f"{step:08d}.safetensors"


def steps_kept(run: Path) -> list[int]:
    """The steps that have a snapshot in a run folder, ascending."""
    return sorted(int(file.stem) for file in (run / "snapshots").glob("*.safetensors") if file.stem.isdigit())


def write_snapshot(run: Path, snapshot: Snapshot) -> None:
    """Writes a snapshot into a run folder; `FileError` where that is not possible."""
    arrays = named(snapshot.params, "params") | named(snapshot.state, "state")
    arrays |= {"step": np.asarray(snapshot.step, np.int64), **_pack_random(snapshot.random)}
    write_arrays(snapshot_file(run, snapshot.step), arrays)


def read_snapshot(run: Path, step: int, widths: list[int], optimizer: str, dtype: str) -> Snapshot:
    """The snapshot of a step in a run folder, of a network of these widths that this optimiser trains in this dtype.

    Raises:
        FileError: there is none, or it is truncated, or of another step, network or optimiser.
    """
    file = snapshot_file(run, step)
    arrays = read_arrays(file, "step", "random.key", "random.pos", "random.has_gauss", "random.gauss")
    if int(arrays["step"]) != step:
        raise FileError(f"{file} says that it is of step {int(arrays['step'])}")
    params, state = (
        {name: array for name, array in arrays.items() if name.split(".")[0] == part} for part in ("params", "state")
    )
    check_params(file, params, widths, dtype)
    weights = nested(arrays, "params")
    check_state(file, state, optimizer, weights, dtype, finite=False)  # momenta overflow where parameters are sound
    return Snapshot(step, weights, nested(arrays, "state"), _unpack_random(arrays))


def _pack_random(random: Random) -> Arrays:
    return {
        "random.key": random["state"]["key"],
        "random.pos": np.asarray(random["state"]["pos"], np.int64),
        "random.has_gauss": np.asarray(random["has_gauss"], np.int64),
        "random.gauss": np.asarray(random["gauss"], np.float64),
    }


def _unpack_random(arrays: Arrays) -> Random:
    return {
        "bit_generator": "MT19937",
        "state": {"key": arrays["random.key"], "pos": int(arrays["random.pos"])},
        "has_gauss": int(arrays["random.has_gauss"]),
        "gauss": float(arrays["random.gauss"]),
    }
