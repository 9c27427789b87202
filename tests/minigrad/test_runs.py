"""A run folder comes back as it was written, and each way to break one is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import data, runs
from minigrad.files import FileError, read_arrays, write_arrays
from minigrad.snapshots import Snapshot

CONFIG: dict[str, Any] = {
    "widths": [2, 4, 3], "activation": "relu", "classes": 3, "dtype": "float32", "optimizer": {"name": "momentum"},
    "lr": 1.0, "reg": 0.001, "steps": 10, "batch": None, "seed": 0, "dataset": {"name": "blobs"},
}  # fmt: skip


def params_from(rng: np.random.RandomState) -> list[dict[str, Any]]:
    return [
        {"W": rng.randn(2, 4).astype(np.float32), "b": rng.randn(4).astype(np.float32)},
        {"W": rng.randn(4, 3).astype(np.float32), "b": rng.randn(3).astype(np.float32)},
    ]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A small run of 10 steps with snapshots of 0, 5 and 10."""
    folder = tmp_path / "run"
    train, test = data.split(data.blobs(points=30), 0.2)
    runs.create(folder, CONFIG, train, test)
    rng = np.random.RandomState(7)
    losses = rng.rand(10)
    for step in (0, 5, 10):
        params, velocity = params_from(rng), params_from(rng)
        rng.randn()
        snapshot = Snapshot(step, params, {"velocity": velocity}, rng.get_state(legacy=False))
        runs.save(folder, snapshot, losses[:step])
    return folder


def test_a_run_comes_back_bit_for_bit(run: Path) -> None:
    rng = np.random.RandomState(7)
    losses = rng.rand(10)
    loaded = runs.load(run)
    assert loaded.config == {"format": 1, **CONFIG}
    assert loaded.snapshots == [0, 5, 10]
    train, test = data.split(data.blobs(points=30), 0.2)
    np.testing.assert_array_equal(loaded.points, train.points)
    np.testing.assert_array_equal(loaded.labels, train.labels)
    assert loaded.test is not None
    np.testing.assert_array_equal(loaded.test.points, test.points)
    np.testing.assert_array_equal(loaded.losses, losses)
    for step in loaded.snapshots:
        params, velocity = params_from(rng), params_from(rng)
        rng.randn()
        for expected, found in ((params, loaded.params(step)), (velocity, loaded.state(step)["velocity"])):
            for layer, found_layer in zip(expected, found, strict=True):
                np.testing.assert_array_equal(layer["W"], found_layer["W"])
                np.testing.assert_array_equal(layer["b"], found_layer["b"])
        again = np.random.RandomState()
        again.set_state(loaded.snapshot(step).random)
        copy = np.random.RandomState()
        copy.set_state(rng.get_state())
        np.testing.assert_array_equal(again.randn(700), copy.randn(700))


def test_the_last_snapshot_is_the_default(run: Path) -> None:
    loaded = runs.load(run)
    np.testing.assert_array_equal(loaded.params()[0]["W"], loaded.params(10)[0]["W"])
    assert loaded.snapshot().step == 10


def test_the_layout_is_the_documented_one(run: Path) -> None:
    files = sorted(str(file.relative_to(run)) for file in run.rglob("*") if file.is_file())
    assert files == [
        "config.json", "data.safetensors", "losses.safetensors", "snapshots/00000000.safetensors",
        "snapshots/00000005.safetensors", "snapshots/00000010.safetensors",
    ]  # fmt: skip
    assert set(read_arrays(run / "data.safetensors")) == {"points", "labels", "test_points", "test_labels"}
    assert set(read_arrays(run / "losses.safetensors")) == {"loss"}
    names = set(read_arrays(run / "snapshots/00000005.safetensors"))
    assert {"params.0.W", "params.1.b", "state.velocity.0.W", "step", "random.key"} <= names


def edit_config(**changes: Any) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        config = json.loads((run / "config.json").read_text())
        config.update(changes)
        (run / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value != "gone"}))

    return change


def edit_arrays(name: str, **changes: Any) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        arrays = {**read_arrays(run / name), **changes}
        write_arrays(run / name, {key: value for key, value in arrays.items() if value is not None})

    return change


def truncate(name: str) -> Callable[[Path], None]:
    return lambda run: (run / name).write_bytes((run / name).read_bytes()[:-7])


def remove(name: str) -> Callable[[Path], None]:
    return lambda run: (run / name).unlink()


LAST = "snapshots/00000010.safetensors"
NAN_POINTS = np.full((24, 2), np.nan)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("config.json"), "run is not a run folder: it has no config.json"),
        (truncate("config.json"), "config.json cannot be read"),
        (lambda run: (run / "config.json").write_text("[1]"), "config.json is not the configuration of a run"),
        (edit_config(format="gone"), "config.json is not the configuration of a run"),
        (edit_config(format=2), "config.json has format 2; this version reads format 1"),
        (edit_config(widths="gone"), "config.json: 'widths' is 'missing'"),
        (edit_config(lr="fast"), "config.json: 'lr' is 'fast'"),
        (edit_config(widths=[2, -4, 3]), r"config.json: widths are \[2, -4, 3\]; expected two or more positive"),
        (edit_config(widths=[2, 4, 5]), r"'widths' is \[2, 4, 5\]; expected from 2 inputs to 3 classes"),
        (edit_config(dataset={"name": "file", "names": [1, 2, 3]}), r"config.json: the 'names' .* are \[1, 2, 3\]"),
        (edit_config(dataset={"name": "file", "names": None}), r"config.json: the 'names' .* are None"),
        (edit_config(widths=[2, 5, 3]), r"params.0.W has shape \(2, 4\); widths \[2, 5, 3\] want shape \(2, 5\)"),
        (edit_config(widths=[2, 4, 4, 3]), r"params.1.W has shape \(4, 3\); .* want shape \(4, 4\)"),
        (edit_config(widths=[2, 3]), r"params.0.W has shape \(2, 4\); .* want shape \(2, 3\)"),
        (edit_config(dtype="float64"), "params.0.W is float32; expected float64"),
        (remove("data.safetensors"), "data.safetensors is missing"),
        (truncate("data.safetensors"), "data.safetensors is truncated, or not a safetensors file"),
        (edit_arrays("data.safetensors", labels=None), "data.safetensors has no array 'labels'; it has points, test_"),
        (edit_arrays("data.safetensors", test_labels=None), r"data.safetensors: labels have shape \(0,\)"),
        (edit_arrays("data.safetensors", points=NAN_POINTS), r"data.safetensors: point 0 is \[nan, nan\]"),
        (edit_arrays("data.safetensors", labels=np.full(24, 3)), "data.safetensors: label 0 is 3; with 3 classes"),
        (remove("losses.safetensors"), "losses.safetensors is missing"),
        (truncate("losses.safetensors"), "losses.safetensors is truncated"),
        (edit_arrays("losses.safetensors", loss=np.zeros(9)), "00000009.safetensors is missing: .* of 9 steps"),
        (edit_arrays("losses.safetensors", loss=np.zeros((10, 1))), r"float64 of shape \(10, 1\); expected"),
        (edit_arrays("losses.safetensors", loss=np.zeros(10, np.float32)), "loss is float32"),
        (edit_arrays("losses.safetensors", loss=np.full(10, np.inf)), "the loss of step 0 is not finite"),
        (remove(LAST), "00000010.safetensors is missing: the losses are of 10 steps"),
        (remove("snapshots/00000000.safetensors"), "00000000.safetensors is missing"),
        (truncate(LAST), "00000010.safetensors is truncated"),
        (edit_arrays(LAST, step=np.int64(5)), "00000010.safetensors says that it is of step 5"),
        (edit_arrays(LAST, **{"params.1.b": None}), "00000010.safetensors: params.1.b is missing"),
        (edit_arrays(LAST, **{"params.2.b": np.zeros(3)}), r"params.2.b has shape \(3,\); .* no such array"),
        (
            edit_arrays(LAST, **{"params.1.b": np.full(3, np.nan, np.float32)}),
            "params.1.b holds values that are not fi",
        ),
        (edit_arrays(LAST, **{"random.key": None}), "has no array 'random.key'"),
    ],
)
def test_a_broken_folder_is_refused_with_the_file_and_the_mismatch(
    run: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(run)
    with pytest.raises(FileError, match=message):
        runs.load(run)


def test_a_snapshot_that_is_broken_or_absent_is_named_when_asked_for(run: Path) -> None:
    truncate("snapshots/00000005.safetensors")(run)
    loaded = runs.load(run)
    with pytest.raises(FileError, match="00000005.safetensors is truncated"):
        loaded.params(5)
    with pytest.raises(FileError, match="no snapshot of step 7; it has 0, 5, 10"):
        loaded.params(7)


def test_a_state_that_the_optimiser_does_not_have_is_named_when_asked_for(run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "optimizer": {"name": "adam"}}))
    with pytest.raises(FileError, match=r"00000010.safetensors: state\.\S+ .*adam wants"):
        runs.load(run).state()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=f"there is no run folder {tmp_path / 'absent'}"):
        runs.load(tmp_path / "absent")


def test_an_existing_folder_is_not_written_over(run: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="run is not empty; choose another folder"):
        runs.create(run, CONFIG, data.blobs())
    (tmp_path / "empty").mkdir()
    runs.create(tmp_path / "empty", CONFIG, data.blobs())
    assert (tmp_path / "empty" / "config.json").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot make the run folder .*file/run: Not a directory"):
        runs.create(tmp_path / "file" / "run", CONFIG, data.blobs())


def test_losses_that_do_not_lead_to_the_snapshot_are_refused(run: Path) -> None:
    with pytest.raises(ValueError, match="10 losses do not lead to a snapshot of step 11"):
        runs.save(run, Snapshot(11, [], {}, np.random.RandomState(0).get_state(legacy=False)), np.zeros(10))


def test_a_save_that_was_cut_short_reads_as_the_run_before_it(run: Path) -> None:
    edit_arrays("losses.safetensors", loss=np.ones(5))(run)  # the snapshots went on to 10, their losses did not
    loaded = runs.load(run)
    assert loaded.snapshots[-1] == 5
    assert len(loaded.losses) == 5
