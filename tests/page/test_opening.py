"""The page opens from disk: at first sight it shows what Python trained, and says whose it is."""

import numpy as np
from playwright.sync_api import expect

from minigrad import runs, train
from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import map_pixels, number, settle
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
