"""Weights as JSON, with the optimiser's state: between pages, to Python and back."""

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from minigrad import runs, weights
from minigrad.__main__ import main as minigrad_command
from minigrad.files import named
from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import (
    notice,
    number,
    params_of,
    play_until,
    saved_weights,
)


def load_weights(page: Page, text: str) -> None:
    file = {"name": "weights.json", "mimeType": "application/json", "buffer": text.encode()}
    page.locator("#weights-file").set_input_files(file)


@BOTH
def test_python_reads_the_weights_of_the_page(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    page.locator("#rewind").click()
    play_until(page, 40)
    saved = saved_weights(page)
    file = tmp_path / "weights.json"
    file.write_text(json.dumps(saved))
    network = weights.read(file)
    assert (network.widths, network.activation) == ([2, 100, 3], "relu")
    for name, array in named(network.params, "params").items():
        np.testing.assert_array_equal(array, params_of(saved)[name], strict=True)


@BOTH
def test_the_page_reads_the_weights_of_python(open_page: OpenPage, run_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    assert minigrad_command(["weights", str(run_folder), "--out", str(file)]) == 0
    page = open_page("#seed=9")
    page.locator("#step").click()
    load_weights(page, file.read_text())
    assert notice(page) == "Weights loaded."
    for name, array in named(runs.load(run_folder).params(), "params").items():
        np.testing.assert_array_equal(params_of(saved_weights(page))[name], array.astype(np.float32), strict=True)


def test_loaded_weights_are_what_rewind_returns_to(open_page: OpenPage) -> None:
    page = open_page()
    saved = saved_weights(page)
    load_weights(page, json.dumps(saved))
    assert number(page, "step") == STEPS
    page.locator("#step").click()
    page.locator("#rewind").click()
    assert saved_weights(page) == saved


def test_weights_of_another_width_bring_their_network(open_page: OpenPage) -> None:
    page = open_page("#architecture=tanh-2&hidden1=7&hidden2=5")
    saved = saved_weights(page)
    other = open_page()
    load_weights(other, json.dumps(saved))
    expect(other.locator("#architecture")).to_have_value("tanh-2")
    assert saved_weights(other) == saved


@pytest.mark.parametrize("settings", ["", "#optimizer=momentum", "#optimizer=adam", "#batch=50"])
def test_weights_too_small_to_compute_with_are_flushed(open_page: OpenPage, settings: str) -> None:
    page = open_page(settings)
    saved = saved_weights(page)
    saved.pop("optimizer", None)
    saved["params"]["params.0.b"]["data"][7] = -100.0  # a unit that is dead, and whose weights have nearly gone
    saved["params"]["params.0.W"]["data"][7] = 1e-40
    load_weights(page, json.dumps(saved))
    assert params_of(saved_weights(page))["params.0.W"][0, 7] == np.float32(1e-40)
    for _ in range(2):
        page.locator("#step").click()
    after = saved_weights(page)
    for entry in (*after["params"].values(), *after.get("optimizer", {}).get("state", {}).values()):
        array = np.array(entry["data"], np.float32)
        assert not np.any((array != 0) & (np.abs(array) < np.finfo(np.float32).tiny))


@BOTH
@pytest.mark.parametrize("method", ["adam", "momentum"])
def test_the_page_goes_on_from_a_file_to_the_same_bits(open_page: OpenPage, method: str) -> None:
    settings = f"#optimizer={method}&lr=0.02"
    page = open_page(settings)
    page.locator("#rewind").click()
    play_until(page, 40)
    saved = saved_weights(page)
    play_until(page, 60)
    other = open_page(settings)
    load_weights(other, json.dumps(saved))
    assert notice(other) == f"Weights loaded, with the state of {method.capitalize()}."
    assert saved_weights(other) == saved
    for _ in range(2):  # also after rewinding, to the loaded state
        play_until(other, 60)
        assert saved_weights(other) == saved_weights(page)
        other.locator("#rewind").click()
    elsewhere = open_page("#optimizer=nesterov")
    load_weights(elsewhere, json.dumps(saved))
    without = f"Weights loaded, without the state of {method.capitalize()}: the method here is Nesterov."
    assert notice(elsewhere) == without
    saved["optimizer"]["state"].pop(next(name for name in saved["optimizer"]["state"] if name.endswith("0.W")))
    load_weights(other, json.dumps(saved))
    assert "0.W must have shape [2, 100]" in notice(other)


def test_the_optimisers_state_travels_between_page_and_python_to_the_bit(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("#optimizer=adam&lr=0.02")
    page.locator("#rewind").click()
    play_until(page, 40)
    saved = saved_weights(page)
    mine, back = tmp_path / "page.json", tmp_path / "python.json"
    mine.write_text(json.dumps(saved))
    network = weights.read(mine)
    weights.write(back, network)
    other = open_page("#optimizer=adam&lr=0.02")
    load_weights(other, back.read_text())
    state = saved_weights(other)["optimizer"]["state"]
    assert state == saved["optimizer"]["state"]
    assert named(network.state, "state")["state.t"] == 40
    for name, array in named(network.state, "state").items():
        np.testing.assert_array_equal(np.array(state[name]["data"], np.float32).reshape(array.shape), array)


def test_python_goes_on_from_a_file_of_the_page_as_the_page_does(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("#optimizer=adam&lr=0.02")
    page.locator("#rewind").click()
    play_until(page, 40)
    mine = tmp_path / "page.json"
    mine.write_text(json.dumps(saved_weights(page)))
    page.locator("#step").click()
    options = ["--preset", "cs231n", "--dtype", "float32", "--optimizer", "adam", "--lr", "0.02", "--steps", "1"]
    assert minigrad_command(["train", *options, "--weights", str(mine), "--out", str(tmp_path / "run")]) == 0
    for name, array in named(runs.load(tmp_path / "run").params(), "params").items():
        np.testing.assert_allclose(params_of(saved_weights(page))[name], array, rtol=2e-5, atol=2e-6)


@BOTH
def test_broken_weights_change_nothing(open_page: OpenPage) -> None:
    page = open_page()
    before = saved_weights(page)
    broken = {
        "nonsense": "not JSON",
        "{}": "does not hold weights",
        json.dumps({**before, "widths": [2, 99, 3]}): "params.0.W must have shape [2, 99]",
        json.dumps({**before, "activation": "sine"}): "no sine network",
        json.dumps({**before, "activation": "<b>x</b>"}): "<b>x</b>",
    }
    for text, message in broken.items():
        load_weights(page, text)
        assert message in notice(page)
        assert saved_weights(page) == before
        page.locator("#notice-close").click()


def test_weights_for_other_classes_are_refused(open_page: OpenPage) -> None:
    two = saved_weights(open_page("#dataset=xor&classes=2"))
    page = open_page()
    load_weights(page, json.dumps(two))
    assert notice(page) == "the weights know 2 classes; the points have 3"
