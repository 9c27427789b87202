"""Recipes: what they draw, that config.json brings them back, and what the command line makes of them."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from minigrad import data
from minigrad.options import recipe_from
from minigrad.points import OwnPoints
from minigrad.recipe import PRESETS, Recipe


def test_cs231n_draws_the_published_order_from_one_stream() -> None:
    rng = np.random.RandomState(0)
    points = data.cs231n(seed=rng).points
    rng.randn(18)
    rng.randn(2, 3)
    first, second = 0.01 * rng.randn(2, 100), 0.01 * rng.randn(100, 3)
    training, test, start = PRESETS["cs231n"].start()
    assert test is None
    np.testing.assert_array_equal(training.points, points)
    np.testing.assert_array_equal(start.params[0]["W"], first)
    np.testing.assert_array_equal(start.params[1]["W"], second)
    assert not start.params[0]["b"].any()
    assert not start.params[1]["b"].any()


def test_cs231n_has_the_published_settings() -> None:
    recipe = PRESETS["cs231n"]
    assert (recipe.widths, recipe.activation, recipe.dtype) == ([2, 100, 3], "relu", "float64")
    assert (recipe.optimizer, recipe.lr, recipe.reg, recipe.steps, recipe.batch) == (
        {"name": "sgd"},
        1.0,
        1e-3,
        10_000,
        None,
    )


def test_demo_has_the_defaults_of_the_demo_it_is_named_after() -> None:
    recipe = PRESETS["demo"]
    training, _, start = recipe.start()
    np.testing.assert_array_equal(np.bincount(training.labels), [100] * 5)
    assert recipe.config()["dataset"] == {
        "name": "spiral",
        "points": 500,
        "classes": 5,
        "noise": 0.25,
        "rotation": np.pi,
    }
    assert (recipe.widths, recipe.lr, recipe.reg) == ([2, 100, 5], 0.5, 0.001)
    for layer in start.params:
        for key in ("W", "b"):
            assert 0.03 < layer[key].std() < 0.2
    assert start.params[0]["b"].std() == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize(
    "recipe",
    [
        *PRESETS.values(),
        Recipe(
            dataset={"name": "moons", "noise": 0.1}, test=0.25, hidden=(16, 8), activation="tanh", init="xavier",
            optimizer={"name": "adamw", "weight_decay": 0.1}, lr=0.02, batch=32, dtype="float32",
            schedule={"name": "step", "every": 100, "factor": 0.3, "warmup_steps": 10},
        ),
    ],
)  # fmt: skip
def test_a_recipe_comes_back_from_its_configuration(recipe: Recipe) -> None:
    config = json.loads(json.dumps(recipe.config()))
    again = Recipe.from_config(config)
    assert again.config() == recipe.config()
    ours, theirs = recipe.start(), again.start()
    np.testing.assert_array_equal(ours[0].points, theirs[0].points)
    np.testing.assert_array_equal(ours[2].params[0]["W"], theirs[2].params[0]["W"])
    assert [again.make_schedule()(k) for k in (0, 500)] == [recipe.make_schedule()(k) for k in (0, 500)]


def test_a_recipe_splits_and_casts_the_data() -> None:
    training, test, start = Recipe(dataset={"name": "blobs", "points": 50}, test=0.2, dtype="float32").start()
    assert test is not None
    assert (len(training), len(test)) == (40, 10)
    leaves = [training.points, test.points, start.params[0]["W"], start.params[1]["b"]]
    assert {leaf.dtype for leaf in leaves} == {np.dtype("float32")}


def test_options_replace_settings_of_the_preset_one_by_one() -> None:
    recipe = recipe_from("demo", {"classes": 4, "noise": 0.1, "hidden": [64, 32], "steps": 7})
    assert recipe.config()["dataset"] == {
        "name": "spiral",
        "points": 500,
        "classes": 4,
        "noise": 0.1,
        "rotation": np.pi,
    }
    assert recipe.widths == [2, 64, 32, 4]
    assert (recipe.lr, recipe.init, recipe.steps) == (0.5, 0.1, 7)


def test_another_data_set_or_optimiser_brings_its_own_defaults() -> None:
    recipe = recipe_from("cs231n", {"dataset": "moons", "optimizer": "momentum", "mu": 0.5})
    assert recipe.dataset == {"name": "moons"}
    assert (recipe.optimizer, recipe.lr) == ({"name": "momentum", "mu": 0.5}, 0.1)
    assert recipe_from("cs231n", {"optimizer": "sgd"}).lr == 1.0
    assert recipe_from("cs231n", {"optimizer": "adam", "lr": 0.2}).lr == 0.2


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"hidden": ()}, r"hidden widths are \[\]"),
        ({"hidden": (4, 0)}, r"hidden widths are \[4, 0\]"),
        ({"dtype": "float16"}, "dtype is 'float16'"),
        ({"steps": -1}, "steps is -1"),
        ({"reg": -0.1}, "reg is -0.1"),
        ({"reg": float("nan")}, "reg is nan"),
        ({"bias": -1.0}, "bias is -1.0"),
        ({"init": -1.0}, "init is -1.0"),
        ({"init": "glorot"}, "init 'glorot'"),
        ({"activation": "swish"}, "no activation 'swish'"),
        ({"optimizer": {"name": "lion"}}, "no optimiser 'lion'"),
        ({"schedule": {"name": "linear"}}, "no schedule 'linear'"),
        ({"dataset": {"name": "rings"}}, "no data set 'rings'"),
        ({"lr": 0.0}, "the learning rate is 0.0"),
        ({"batch": 501}, "batch is 501; with 500 training points"),
        ({"test": 1.5}, "a test fraction of 1.5 of 500 points"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_bad_setting_is_named(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Recipe(), **setting).start()


def test_a_recipe_has_its_points_either_from_a_file_or_from_its_draw() -> None:
    own = data.Dataset(np.eye(2), np.array([0, 1]), 2)
    recipe = recipe_from(None, {"hidden": [3]}, OwnPoints("mine.csv", own))
    assert recipe.dataset == {"name": "file", "path": "mine.csv", "points": 2, "classes": 2}
    assert recipe.start(own=own)[0].labels.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"the points of mine\.csv cannot be drawn"):
        recipe.start()
    with pytest.raises(ValueError, match=r"this recipe draws the points of spiral; leave out those of your own"):
        Recipe().start(own=own)
    with pytest.raises(ValueError, match="has a path, points and classes"):
        Recipe(dataset={"name": "file", "path": "mine.csv"})
