"""Small runs to draw, trained once: three arms, one with a test set, one with two hidden layers, one without any."""

import numpy as np
import pytest

from minigrad import runs
from minigrad.__main__ import main as minigrad
from minigrad.data import Dataset
from minigrad.recipe import Recipe
from minigrad.snapshots import Snapshot

SPIRAL = ["--preset", "cs231n", "--points", "60"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Trains by the command's options and returns the run folder; the same options train once."""
    folder = tmp_path_factory.mktemp("runs")
    made = {}

    def train(*options: str):
        if options not in made:
            made[options] = folder / f"run{len(made)}"
            assert minigrad(["train", *options, "--out", str(made[options])]) == 0
        return made[options]

    return train


@pytest.fixture(scope="session")
def run(trained):
    return trained(*SPIRAL, "--hidden", "16", "--lr", "0.5", "--init", "he", "--steps", "40")


@pytest.fixture(scope="session")
def tested_run(trained):
    return trained(*SPIRAL, "--test", "0.3", "--batch", "10", "--hidden", "8", "6", "--activation", "tanh",
                   "--init", "xavier", "--steps", "12")  # fmt: skip


@pytest.fixture
def made_run(tmp_path):
    """Writes a run folder of given data and parameters, with a single snapshot."""

    def make(dataset: Dataset, params):
        widths = [2, *(len(layer["b"]) for layer in params)]
        config = {**Recipe(hidden=(1,)).config(), "widths": widths, "classes": dataset.classes}
        folder = tmp_path / "made"
        runs.create(folder, config, dataset)
        random = np.random.RandomState(0).get_state(legacy=False)
        runs.save(folder, Snapshot(0, params, {}, random), np.empty(0))
        return folder

    return make
