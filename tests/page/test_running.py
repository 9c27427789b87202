"""The page trains by itself: play, step and rewind, the optimisers, and what stops them."""

import numpy as np
from playwright.sync_api import expect

from minigrad import nn, optim, runs, train
from minigrad.files import named
from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import number, params_of, play_until, saved_weights, set_number
from wasm_export.compile import compile
from wasm_export.site import recorded


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
