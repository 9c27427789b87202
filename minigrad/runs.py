"""Run folders: what training leaves behind, and all that the other commands know of it.

Reading order: ... points -> snapshots -> **runs** -> train -> recipe -> ...

    RUN/config.json                     {"format": 1, "widths": [2, 100, 3], "activation": "relu", …}
    RUN/data.safetensors                points [n, 2], labels [n]; test_points, test_labels where there is a test set
    RUN/losses.safetensors              loss [steps]: the loss before each step's update
    RUN/snapshots/00001000.safetensors  all that it takes to go on to the same bits from the parameters after 1000 steps

The first snapshot is of step 0, the last of the step that the losses end with.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad import tree
from minigrad.data import Dataset
from minigrad.files import FileError, atomic, check_widths, read_arrays, write_arrays
from minigrad.snapshots import Snapshot, read_snapshot, snapshot_file, steps_kept, write_snapshot

FORMAT = 1
Config = dict[str, Any]

CONFIG_TYPES: dict[str, type | tuple[type, ...]] = {
    "widths": list, "activation": str, "classes": int, "dtype": str, "optimizer": dict, "lr": (int, float),
    "reg": (int, float), "steps": int, "seed": int, "dataset": dict,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run folder that has been read and found whole.

    Attributes:
        path: the folder.
        config: config.json.
        train, test: the data; test is None where there was no split.
        losses: [steps] float64, the loss before each step's update.
        snapshots: the steps that have a snapshot, ascending.
    """

    path: Path
    config: Config
    train: Dataset
    test: Dataset | None
    losses: NDArray[np.float64]
    snapshots: list[int] = field(default_factory=list)

    @property
    def points(self) -> NDArray[Any]:
        """The training points, [n, 2]."""
        return self.train.points

    @property
    def labels(self) -> NDArray[np.int64]:
        """The training labels, [n]."""
        return self.train.labels

    def snapshot(self, step: int | None = None) -> Snapshot:
        """The snapshot of `step`, the last one by default.

        Raises:
            FileError: there is none, or its file is truncated or does not fit the configuration.
        """
        step = self.snapshots[-1] if step is None else step
        if step not in self.snapshots:
            raise FileError(f"{self.path} has no snapshot of step {step}; it has {', '.join(map(str, self.snapshots))}")
        config = self.config
        return read_snapshot(self.path, step, config["widths"], config["optimizer"]["name"], config["dtype"])

    def params(self, step: int | None = None) -> tree.Tree:
        """The parameters after `step` updates, the last ones by default."""
        return self.snapshot(step).params

    def state(self, step: int | None = None) -> tree.Tree:
        """The optimiser's state after `step` updates, the last one by default."""
        return self.snapshot(step).state


def create(path: str | os.PathLike[str], config: Config, train: Dataset, test: Dataset | None = None) -> None:
    """Starts a run folder with its configuration and data.

    Raises:
        FileError: the path cannot be written to, or already holds something.
    """
    folder = Path(path)
    if folder.is_dir() and any(folder.iterdir()):
        is_run = (folder / "config.json").exists()
        use = f"go on with its run: python -m minigrad train --continue {folder}" if is_run else "remove it first"
        raise FileError(f"{folder} is not empty; choose another folder, or {use}")
    try:
        (folder / "snapshots").mkdir(parents=True)
    except OSError as error:
        raise FileError(f"cannot make the run folder {folder}: {error.strerror or error}") from error
    arrays = {"points": train.points, "labels": train.labels}
    if test:
        arrays |= {"test_points": test.points, "test_labels": test.labels}
    write_arrays(folder / "data.safetensors", arrays)
    write_config(folder, config)


def write_config(path: str | os.PathLike[str], config: Config) -> None:
    """Writes (or replaces) the configuration of a run folder."""
    with atomic(Path(path) / "config.json") as file:
        file.write_text(json.dumps({"format": FORMAT, **config}, indent=2, allow_nan=False) + "\n")


def save(path: str | os.PathLike[str], snapshot: Snapshot, losses: NDArray[np.float64]) -> None:
    """Adds a snapshot, and the losses [snapshot.step] of the steps that led to it.

    Raises:
        FileError: the folder cannot be written to.
    """
    folder = Path(path)
    if len(losses) != snapshot.step:
        raise ValueError(f"{len(losses)} losses do not lead to a snapshot of step {snapshot.step}")
    # The losses come last: until they are there the new snapshot does not count, and the run reads as it was before.
    write_snapshot(folder, snapshot)
    write_arrays(folder / "losses.safetensors", {"loss": np.asarray(losses, np.float64)})


def load(path: str | os.PathLike[str]) -> Run:
    """Reads a run folder.

    Raises:
        FileError: it is missing, foreign, truncated, of another format, or its files do not fit together.
    """
    folder = Path(path)
    if folder.is_file():
        hint = f"; if it holds weights, start from them: python -m minigrad train --weights {folder} --out RUN"
        raise FileError(f"{folder} is a file, not a run folder{hint if folder.suffix == '.json' else ''}")
    if not folder.is_dir():
        raise FileError(f"there is no run folder {folder}")
    config = _read_config(folder / "config.json")
    train, test = _read_data(folder / "data.safetensors", config)
    losses = _read_losses(folder / "losses.safetensors")
    steps = [step for step in steps_kept(folder) if step <= len(losses)]
    run = Run(folder, config, train, test, losses, steps)
    for step in (0, len(losses)):
        if step not in run.snapshots:
            raise FileError(f"{snapshot_file(folder, step)} is missing: the losses are of {len(losses)} steps")
    run.snapshot()
    return run


def _read_config(file: Path) -> Config:
    try:
        config = json.loads(file.read_text())
    except FileNotFoundError as error:
        raise FileError(f"{file.parent} is not a run folder: it has no config.json") from error
    except (OSError, ValueError) as error:
        raise FileError(f"{file} cannot be read: {error}") from error
    if not isinstance(config, dict) or "format" not in config:
        raise FileError(f'{file} is not the configuration of a run: it has no "format"')
    if config["format"] != FORMAT:
        raise FileError(f"{file} has format {config['format']!r}; this version reads format {FORMAT}")
    for key, kind in CONFIG_TYPES.items():
        if not isinstance(config.get(key), kind) or isinstance(config[key], bool):
            raise FileError(f"{file}: {key!r} is {config.get(key, 'missing')!r}")
    widths = config["widths"]
    check_widths(file, widths)
    if (widths[0], widths[-1]) != (2, config["classes"]):
        raise FileError(f"{file}: 'widths' is {widths}; expected from 2 inputs to {config['classes']} classes")
    names = config["dataset"].get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FileError(f"{file}: the 'names' of the data set's classes are {names!r}; expected a list of texts")
    return config


def _read_data(file: Path, config: Config) -> tuple[Dataset, Dataset | None]:
    arrays = read_arrays(file, "points", "labels")
    try:
        classes = config["classes"], tuple(config["dataset"].get("names", ()))
        train = Dataset(arrays["points"], arrays["labels"], *classes)
        if "test_points" not in arrays:
            return train, None
        return train, Dataset(arrays["test_points"], arrays.get("test_labels", np.empty(0, int)), *classes)
    except (TypeError, ValueError) as error:
        raise FileError(f"{file}: {error}") from error


def _read_losses(file: Path) -> NDArray[np.float64]:
    losses = read_arrays(file, "loss")["loss"]
    if losses.ndim != 1 or losses.dtype != np.float64:
        raise FileError(f"{file}: loss is {losses.dtype} of shape {losses.shape}; expected float64 of shape [steps]")
    if not np.isfinite(losses).all():
        raise FileError(f"{file}: the loss of step {int(np.argmin(np.isfinite(losses)))} is not finite")
    return losses
