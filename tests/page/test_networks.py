"""Networks beside the preset's: those that the page offers, and runs with another one, optimiser or batch."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from minigrad import nn, optim, runs, train
from minigrad.__main__ import main as minigrad_command
from minigrad.files import named
from tests.page.conftest import OpenPage
from tests.page.driving import map_pixels, number, params_of, play_until, saved_weights, set_number, settle
from wasm_export.__main__ import main as export_command

SMALL = ("--dataset", "moons", "--hidden", "8", "--dtype", "float32")


def hidden_widths(page: Page) -> list[int]:
    return saved_weights(page)["widths"]


def test_other_networks_and_widths(open_page: OpenPage) -> None:
    page = open_page()
    for network, hidden in (("relu-2", 24), ("tanh-1", 1), ("tanh-2", 64), ("relu-1", 256)):
        page.locator("#architecture").select_option(network)
        set_number(page, "hidden1", hidden)
        page.wait_for_timeout(100)
        assert hidden_widths(page)[1] == hidden
        assert len(hidden_widths(page)) == 2 + int(network[-1])
        page.locator("#step").click()
        assert number(page, "step") == 1


def test_the_largest_networks_are_painted(open_page: OpenPage) -> None:
    for network in ("relu-2", "tanh-2"):
        page = open_page(f"#architecture={network}&hidden1=256&hidden2=256&init=xavier&optimizer=adam&lr=0.01")
        page.locator("#step").click()
        settle(page)
        pixels = map_pixels(page)
        assert (pixels[..., 3] == 255).all()
        assert pixels[..., :3].std() > 1


def test_loss_matches_nn_for_a_drawn_network(open_page: OpenPage, run: runs.Run) -> None:
    page = open_page("#architecture=tanh-2&hidden1=17&hidden2=9&init=xavier&seed=5")
    weights = params_of(saved_weights(page))
    params = [{"W": weights[f"params.{i}.W"], "b": weights[f"params.{i}.b"]} for i in range(3)]
    logits = nn.mlp(params, run.points.astype(np.float32), "tanh").numpy().astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    cross = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(300), run.labels]
    penalty = 0.5 * 0.001 * sum((layer["W"].astype(np.float64) ** 2).sum() for layer in params)
    assert abs(number(page, "loss") - (cross.mean() + penalty)) < 1e-4


def page_of(folder: Path, *options: str) -> str:
    """The address of the page of a run made with these options."""
    assert minigrad_command(["train", *options, "--out", str(folder / "run")]) == 0
    assert export_command([str(folder / "run"), "--out", str(folder / "page.html")]) == 0
    return (folder / "page.html").as_uri()


def test_a_deep_run_becomes_a_page_that_trains(open_page: OpenPage, tmp_path: Path) -> None:
    network = ("--hidden", "6", "5", "4", "--activation", "gelu", "--optimizer", "adam", "--lr", "0.05")
    page = open_page(url=page_of(tmp_path, "--dataset", "blobs", *network, "--steps", "40"))
    run = runs.load(tmp_path / "run")
    assert abs(number(page, "loss") - train.evaluate(run.params(), run.train, 0.001, "gelu")[0]) < 1e-4
    page.locator("#rewind").click()
    play_until(page, 40)
    loss, _ = train.evaluate(run.params(), run.train, run.config["reg"], "gelu")
    assert abs(number(page, "loss") - loss) < 1e-3


@pytest.mark.parametrize("method", ["adam", "momentum"])
def test_the_page_goes_on_with_the_state_of_the_runs_optimiser(
    open_page: OpenPage, tmp_path: Path, method: str
) -> None:
    page = open_page(url=page_of(tmp_path, *SMALL, "--optimizer", method, "--lr", "0.05", "--steps", "40"))
    run = runs.load(tmp_path / "run")
    step = train.make_step(optim.make(**run.config["optimizer"]), "relu")
    after = step(run.params(), run.state(), run.points, run.labels, 0.05, run.config["reg"])["params"]
    page.locator("#step").click()
    assert number(page, "step") == 41
    for name, array in params_of(saved_weights(page)).items():
        np.testing.assert_allclose(array, named(after, "params")[name], rtol=2e-5, atol=2e-6)


def test_minibatches_train_and_can_be_repeated(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(url=page_of(tmp_path, *SMALL, "--batch", "20", "--steps", "200"))
    expect(page.locator("#batch")).to_have_value("20")
    page.locator("#rewind").click()
    before = number(page, "loss")
    play_until(page, 150)
    assert number(page, "loss") < 0.8 * before
    first = saved_weights(page)
    page.locator("#rewind").click()
    play_until(page, 150)
    assert saved_weights(page) == first
    page.locator("#rewind").click()
    set_number(page, "batch", "all")
    play_until(page, 150)
    assert saved_weights(page) != first
