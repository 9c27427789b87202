"""The page opens from disk, shows what Python trained, and trains by itself."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from minigrad import nn, optim, runs, train
from minigrad.__main__ import main as minigrad_command
from minigrad.files import named
from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import map_pixels, number, params_of, play_until, saved_weights, set_number, settle
from wasm_export.__main__ import main as export_command
from wasm_export.compile import compile
from wasm_export.site import recorded
from wasm_export.site.palette import PETROFF_6, REGION_STRENGTH


def frame_of(points: np.ndarray) -> tuple[float, float, float, float]:
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (low + high) / 2
    half = 0.56 * (high - low).max()
    return x - half, x + half, y - half, y + half


def expected_map(run: runs.Run, side: int, background: list[int]) -> np.ndarray:
    """The decision map in float64, written out with NumPy."""
    x0, x1, y0, y1 = frame_of(run.points.astype(np.float32).astype(np.float64))
    steps = (np.arange(side) + 0.5) / side
    points = np.stack(np.meshgrid(x0 + steps * (x1 - x0), y1 - steps * (y1 - y0)), axis=-1)
    first, second = run.params()
    logits = np.maximum(points @ first["W"] + first["b"], 0) @ second["W"] + second["b"]
    exps = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = exps / exps.sum(axis=-1, keepdims=True)
    strength = REGION_STRENGTH * np.maximum((p - 1 / 3) * 1.5, 0)
    hues = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in PETROFF_6[:3]])
    return background + strength @ (hues - background)


@BOTH
def test_first_sight_is_the_trained_map_as_numpy_computes_it(open_page: OpenPage, run: runs.Run) -> None:
    page = open_page()
    settle(page)
    pixels = map_pixels(page)
    assert len(pixels) >= 256
    assert (pixels[..., 3] == 255).all()
    assert np.abs(pixels[..., :3] - expected_map(run, len(pixels), [255, 255, 255])).max() <= 1


def test_dark_map_has_the_dark_background(open_page: OpenPage, run: runs.Run) -> None:
    page = open_page(color_scheme="dark")
    settle(page)
    pixels = map_pixels(page)
    assert np.abs(pixels[..., :3] - expected_map(run, len(pixels), [0x1A, 0x1D, 0x21])).max() <= 1


def test_first_read_outs_are_those_of_the_run(open_page: OpenPage, run: runs.Run) -> None:
    page = open_page()
    loss, accuracy = train.evaluate(run.params(), run.train, run.config["reg"])
    assert number(page, "step") == STEPS
    assert abs(number(page, "loss") - loss) < 1e-4
    assert abs(number(page, "accuracy") - 100 * accuracy) < 0.1
    assert "300 points of 3 classes" in page.locator("#summary").inner_text()


@BOTH
def test_play_lowers_the_loss_and_stops_where_python_stopped(open_page: OpenPage) -> None:
    page = open_page("#speed=200")  # slow enough to be seen under way
    page.locator("#play").click()
    expect(page.locator("#metric-step")).not_to_have_text(f"{STEPS}")
    expect(page.locator("#play-text")).to_have_text("Play")
    assert number(page, "step") == STEPS
    page.locator("#rewind").click()
    before = number(page, "loss")
    play_until(page, 200)
    assert number(page, "loss") < 0.9 * before


def test_play_measures_its_speed(open_page: OpenPage) -> None:
    page = open_page("#stop=0&speed=1000000")
    page.locator("#play").click()
    page.wait_for_timeout(1500)
    assert number(page, "speed") > 500
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Play"


@BOTH
def test_rewind_restores_the_start_to_the_bit(open_page: OpenPage, run: runs.Run) -> None:
    page = open_page()
    page.locator("#rewind").click()
    assert number(page, "step") == 0
    start = params_of(saved_weights(page))
    for name, array in named(run.params(0), "params").items():
        np.testing.assert_array_equal(start[name], array.astype(np.float32), strict=True)
    play_until(page, 120)
    page.locator("#rewind").click()
    for name, array in params_of(saved_weights(page)).items():
        np.testing.assert_array_equal(array, start[name], strict=True)


def float32_params(run: runs.Run) -> nn.Params:
    return [{key: array.astype(np.float32) for key, array in layer.items()} for layer in run.params(0)]


def test_a_step_is_the_step_that_python_takes(open_page: OpenPage, run: runs.Run) -> None:
    page = open_page()
    page.locator("#rewind").click()
    page.locator("#step").click()
    assert number(page, "step") == 1
    step = train.make_step(optim.sgd(), "relu")
    expected = named(step(run.params(0), {}, run.points, run.labels, 1.0, 0.001)["params"], "params")
    for name, array in params_of(saved_weights(page)).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-5, atol=2e-7)


@BOTH
def test_steps_equal_those_of_wasmtime_to_the_bit(open_page: OpenPage, run: runs.Run) -> None:
    bound = compile(recorded.step_program(1, "relu", 3)).bind(
        float32_params(run),
        run.points.astype(np.float32),
        run.labels.astype(np.int32),
        np.float32(run.config["lr"]),
        np.float32(run.config["reg"]),
    )
    bound.run(60)
    page = open_page()
    page.locator("#rewind").click()
    play_until(page, 60)
    for name, array in params_of(saved_weights(page)).items():
        np.testing.assert_array_equal(array, bound.outputs[name], strict=True)


def test_new_seed_starts_anew_with_other_weights(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#rewind").click()
    before = params_of(saved_weights(page))
    page.locator("#new-seed").click()
    page.wait_for_timeout(100)
    after = params_of(saved_weights(page))
    assert number(page, "step") == 0
    assert (before["params.0.W"] != after["params.0.W"]).all()
    assert 0.005 < after["params.0.W"].std() < 0.02
    assert (after["params.0.b"] == 0).all()


def test_learning_rate_acts_without_a_restart(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#rewind").click()
    play_until(page, 50)
    loss = number(page, "loss")
    set_number(page, "lr", 0.0001)
    assert number(page, "step") == 50
    play_until(page, 60)
    assert abs(number(page, "loss") - loss) < 1e-3


def test_penalty_acts_without_a_restart(open_page: OpenPage) -> None:
    page = open_page()
    loss = number(page, "loss")
    set_number(page, "reg", 0)
    assert number(page, "step") == STEPS
    assert number(page, "loss") < loss


def test_every_optimiser_learns(open_page: OpenPage) -> None:
    for name, rate in {"sgd": 1, "momentum": 0.1, "nesterov": 0.1, "adam": 0.01, "adamw": 0.01}.items():
        page = open_page(f"#optimizer={name}&lr={rate}&speed=1000000")
        page.locator("#rewind").click()
        play_until(page, 250)
        assert number(page, "loss") < 0.8, name


@BOTH
def test_divergence_stops_and_keeps_finite_weights(open_page: OpenPage) -> None:
    page = open_page("#lr=100&reg=1&stop=0")
    page.locator("#rewind").click()
    page.locator("#play").click()
    page.wait_for_selector("#notice:not([hidden])")
    assert "lower the learning rate" in page.locator("#notice").inner_text()
    assert page.locator("#play").inner_text() == "Play"
    assert all(np.isfinite(array).all() for array in params_of(saved_weights(page)).values())
    set_number(page, "lr", 0.5)
    page.locator("#play").click()
    page.wait_for_timeout(300)
    assert page.locator("#notice").is_hidden()


def test_a_hidden_tab_takes_no_steps(open_page: OpenPage) -> None:
    page = open_page("#stop=0")
    page.locator("#play").click()
    page.wait_for_timeout(200)
    other = page.context.new_page()
    other.bring_to_front()
    assert page.locator("#play").inner_text() == "Pause"
    other.close()


def test_a_deep_run_becomes_a_page_that_trains(open_page: OpenPage, tmp_path: Path) -> None:
    options = [
        "--hidden",
        "6",
        "5",
        "4",
        "--activation",
        "gelu",
        "--dataset",
        "blobs",
        "--optimizer",
        "adam",
        "--lr",
        "0.05",
    ]
    assert minigrad_command(["train", *options, "--steps", "40", "--out", str(tmp_path / "run")]) == 0
    assert export_command([str(tmp_path / "run"), "--out", str(tmp_path / "page.html")]) == 0
    page = open_page(url=(tmp_path / "page.html").as_uri())
    run = runs.load(tmp_path / "run")
    assert abs(number(page, "loss") - train.evaluate(run.params(), run.train, 0.001, "gelu")[0]) < 1e-4
    page.locator("#rewind").click()
    play_until(page, 40)
    loss, _ = train.evaluate(run.params(), run.train, run.config["reg"], "gelu")
    assert abs(number(page, "loss") - loss) < 1e-3


def page_of(folder: Path, *options: str) -> str:
    """The address of the page of a small run made with these options."""
    run = ["train", "--dataset", "moons", "--hidden", "8", "--dtype", "float32", *options, "--out", str(folder / "run")]
    assert minigrad_command(run) == 0
    assert export_command([str(folder / "run"), "--out", str(folder / "page.html")]) == 0
    return (folder / "page.html").as_uri()


@pytest.mark.parametrize("method", ["adam", "momentum"])
def test_the_page_goes_on_with_the_state_of_the_runs_optimiser(
    open_page: OpenPage, tmp_path: Path, method: str
) -> None:
    page = open_page(url=page_of(tmp_path, "--optimizer", method, "--lr", "0.05", "--steps", "40"))
    run = runs.load(tmp_path / "run")
    step = train.make_step(optim.make(**run.config["optimizer"]), "relu")
    after = step(run.params(), run.state(), run.points, run.labels, 0.05, run.config["reg"])["params"]
    page.locator("#step").click()
    assert number(page, "step") == 41
    for name, array in params_of(saved_weights(page)).items():
        np.testing.assert_allclose(array, named(after, "params")[name], rtol=2e-5, atol=2e-6)


def test_minibatches_train_and_can_be_repeated(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(url=page_of(tmp_path, "--batch", "20", "--steps", "200"))
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


def test_the_heading_follows_the_settings(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("h1")).to_have_text("A neural network learns the spiral")
    expect(page.locator("#lede")).to_contain_text("trained in Python for 300 steps")
    page.locator("#architecture").select_option("tanh-2")
    expect(page.locator("#lede")).to_contain_text("100 + 100 tanh units learn to tell 3 classes apart")
    page.locator("#dataset").select_option("moons")
    expect(page.locator("h1")).to_have_text("A neural network learns the moons")
    assert page.title() == "A neural network learns the moons"


def test_a_browser_without_webassembly_is_told(open_page: OpenPage) -> None:
    page = open_page(init="delete WebAssembly.instantiate", ready=False)
    expect(page.locator("#notice")).to_contain_text("This browser cannot run the page")


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
