"""`python -m jax_ref RUN` replays a run and notices when something is not right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jax_ref import model
from jax_ref.__main__ import main
from jax_ref.compare import Arrays, deviation
from minigrad import runs, train
from minigrad.files import read_arrays, write_arrays
from minigrad.primitives import TABLE
from minigrad.recipe import Recipe


def make_run(path: Path, **settings: Any) -> Path:
    """A short run on few points, made as the command makes it."""
    recipe = Recipe(**{"dataset": {"name": "spiral", "points": 30}, "hidden": (8,), "steps": 14, **settings})
    data, _, start = recipe.start()
    runs.create(path, recipe.config(), data)
    train.fit(
        train.make_step(recipe.make_optimizer(), recipe.activation), data, start, recipe.steps,
        recipe.make_schedule(), recipe.reg, batch=recipe.batch, activation=recipe.activation, progress=False,
        save=lambda snapshot, losses: runs.save(path, snapshot, losses),
    )  # fmt: skip
    return path


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dtype": "float32"},
        {"optimizer": {"name": "momentum", "mu": 0.8}, "lr": 0.1, "activation": "tanh", "hidden": (5, 4)},
        {"optimizer": {"name": "nesterov"}, "lr": 0.1, "activation": "softplus", "batch": 7},
        {"optimizer": {"name": "adam"}, "lr": 0.01, "activation": "gelu", "schedule": {"name": "cosine"}},
        {"optimizer": {"name": "adamw", "weight_decay": 0.1}, "lr": 0.01, "activation": "sigmoid"},
    ],
    ids=["sgd", "float32", "momentum", "nesterov", "adam", "adamw"],
)
def test_a_run_agrees_with_both_jax_versions(tmp_path, capsys, settings):
    assert main([str(make_run(tmp_path / "run", **settings))]) == 0
    text = capsys.readouterr().out
    for quantity in ("grads.0.W", "grads.1.b", "loss", "params.0.b"):
        assert quantity in text
    assert "within the tolerance" in text


def test_a_wrong_gradient_is_noticed(tmp_path, capsys, monkeypatch):
    run = make_run(tmp_path / "run")
    row = TABLE["relu"]
    monkeypatch.setattr(row, "vjp", (lambda g, z, x: g * 1.0000001,))
    assert main([str(run)]) == 1
    assert "OVER the tolerance" in capsys.readouterr().out


def test_a_model_that_differs_is_noticed(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run")
    monkeypatch.setitem(model.OPTIMIZERS, "sgd", lambda params, grads, state, lr: (params, state))
    assert main([str(run)]) == 1


def test_a_saved_loss_that_was_not_this_run_is_noticed(tmp_path):
    run = make_run(tmp_path / "run")
    losses = np.array(read_arrays(run / "losses.safetensors")["loss"])
    losses[3] += 1e-6
    write_arrays(run / "losses.safetensors", {"loss": losses})
    assert main([str(run)]) == 1


def test_a_snapshot_that_training_did_not_lead_to_is_noticed(tmp_path):
    run = make_run(tmp_path / "run")
    file = run / "snapshots" / "00000004.safetensors"
    arrays = dict(read_arrays(file))
    arrays["params.0.W"] = arrays["params.0.W"] + 1e-6
    write_arrays(file, arrays)
    assert main([str(run)]) == 1


def test_the_tolerance_can_be_set(tmp_path):
    run = make_run(tmp_path / "run")
    assert main([str(run), "--tolerance", "0"]) == 1
    with pytest.raises(SystemExit):
        main([str(run), "--tolerance", "-1"])


def test_a_folder_that_is_no_run_is_an_error(tmp_path, capsys):
    assert main([str(tmp_path / "absent")]) == 2
    assert "jax_ref: error: there is no run folder" in capsys.readouterr().err


def test_a_deviation_is_relative_to_its_group_and_infinite_for_nan():
    theirs: Arrays = {"grads.0.W": np.array([1.0, 10.0]), "grads.0.b": np.array([0.0]), "loss": np.array(0.5)}
    assert deviation(np.array([1.0, 11.0]), "grads.0.W", theirs) == pytest.approx(0.1)
    assert deviation(np.array([1.0]), "grads.0.b", theirs) == pytest.approx(0.1)
    assert deviation(np.array(0.6), "loss", theirs) == pytest.approx(0.2)
    assert deviation(np.array(np.nan), "loss", theirs) == np.inf
    assert deviation(np.zeros(2), "loss", theirs) == np.inf
