"""The scrubber in a real Chromium: it opens from its file, says nothing, and shows what NumPy computes."""

import base64
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from playwright.sync_api import expect

import viz
from minigrad import nn, runs
from minigrad.data import Dataset
from minigrad.files import FileError
from tests.page.tools import node, npm_package
from viz.__main__ import main
from viz.history import history
from viz.maps import DecisionMap

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser, tmp_path):
    """Writes a run's scrubber and opens it; at the end nothing may have been said or asked for."""
    said, contexts = [], []

    def open_it(run, hinges=False, **options):
        file = viz.animate(run, hinges=hinges).save(tmp_path / "film.html")
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 760}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url) if request.url != file.as_uri() else None)
        page.goto(file.as_uri())
        expect(page.locator("#step")).not_to_have_text("–")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert said == []


def shown_pixels(page):
    """The map as it stands on the canvas, [side, side, 3]."""
    script = """() => {
        const canvas = document.getElementById("map");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [canvas.width, btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))];
    }"""
    side, text = page.evaluate(script)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(side, side, 4)[..., :3].astype(int)


@pytest.mark.parametrize("frame", [0, -1])
def test_the_map_is_what_numpy_computes(opened, run, frame):
    page, one = opened(run), history(run)
    page.keyboard.press("Home" if frame == 0 else "End")
    pixels = shown_pixels(page)
    drawn = DecisionMap(Figure().subplots(), tuple(film_of(page)["extent"]), range(3), side=len(pixels))
    drawn.update(lambda points: one.model.probabilities(one.params[frame], points))
    assert abs(pixels - np.asarray(drawn.image.get_array())[::-1, :, :3]).max() <= 1


def test_the_border_lies_where_the_likeliest_class_changes(opened, run):
    page, one = opened(run), history(run)
    side, text = page.evaluate("""() => {
        const canvas = document.getElementById("border");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [canvas.width, btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))];
    }""")
    drawn = np.frombuffer(base64.b64decode(text), np.uint8).reshape(side, side, 4)[..., 3] > 127
    samples = DecisionMap(Figure().subplots(), tuple(film_of(page)["extent"]), range(3), side=side).samples
    classes = one.model.probabilities(one.params[-1], samples).argmax(axis=1).reshape(side, side)[::-1]
    here = classes[3:-3, 3:-3]
    around = [classes[3 + y : side - 3 + y, 3 + x : side - 3 + x] for y in range(-3, 4) for x in range(-3, 4)]
    near = np.any([part != here for part in around], axis=0)
    assert drawn.sum() > side
    assert not (drawn[3:-3, 3:-3] & ~near).any()


def film_of(page):
    return json.loads(page.locator("#film").text_content())


def test_slider_keys_and_play_choose_the_frame(opened, run):
    page, steps = opened(run), runs.load(run).snapshots
    step = page.locator("#step")
    expect(step).to_have_text(f"step {steps[-1]}")
    page.keyboard.press("Home")
    expect(step).to_have_text("step 0")
    page.keyboard.press("ArrowRight")
    expect(step).to_have_text(f"step {steps[1]}")
    page.locator("#frame").fill("3")
    expect(step).to_have_text(f"step {steps[3]}")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_text("Pause")
    expect(step).to_have_text(f"step {steps[-1]}")
    expect(page.locator("#play")).to_have_text("Play")


def test_a_click_into_a_chart_goes_to_its_step(opened, run):
    page = opened(run)
    page.locator("#charts canvas").first.click(position={"x": 57, "y": 40})
    expect(page.locator("#step")).to_have_text("step 0")


def test_it_says_how_many_points_are_wrong(opened, run):
    page, one = opened(run), history(run)
    wrong = round((1 - one.accuracy(one.run.train)[-1]) * len(one.run.train))
    expect(page.locator("#map")).to_have_attribute(
        "aria-label", re.compile(f": {wrong} of {len(one.run.train)} points")
    )


def test_hinges_can_be_shown(opened, run):
    page = opened(run)
    before = page.locator(".plane").screenshot()
    page.get_by_label("Hinges").check()
    assert page.locator(".plane").screenshot() != before
    expect(opened(run, hinges=True).get_by_label("Hinges")).to_be_checked()


def test_two_hidden_layers_and_test_points_are_shown(opened, tested_run):
    page = opened(tested_run, color_scheme="dark")
    assert page.locator("figcaption output").first.text_content().split()[::2] == ["train", "test"]
    assert shown_pixels(page).max() < 160


def test_a_network_without_hidden_layer_has_no_hinges_to_show(opened, made_run):
    page = opened(made_run(Dataset(np.eye(2), np.array([0, 1]), 2), nn.init_mlp([2, 2])))
    expect(page.get_by_label("Hinges")).to_be_disabled()


def test_a_phone_needs_no_sideways_scrolling(opened, run):
    page = opened(run)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_is_inaccessible(opened, run):
    page = opened(run)
    axe = (npm_package("axe-core") / "axe.min.js").read_text()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(f"async () => {{ {axe}; return (await axe.run()).violations.map((one) => one.id) }}")
        assert found == []


def test_the_same_run_gives_the_same_bytes_and_few_of_them(run, tmp_path):
    one, two = (viz.animate(run).save(tmp_path / f"{i}.html") for i in (1, 2))
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size < 300_000


def test_the_types_hold():
    compiler = npm_package("typescript") / "bin" / "tsc"
    found = subprocess.run(
        [node(), compiler, "-p", Path(__file__).parent / "tsconfig.json"], capture_output=True, text=True
    )
    assert found.stdout == ""


@pytest.mark.parametrize("option", ["units", "gradients"])
def test_options_that_need_a_film_are_named(run, tmp_path, option):
    with pytest.raises(ValueError, match=r"film\.html shows map and curves of one run"):
        viz.animate(run, **{option: True}).save(tmp_path / "film.html")


def test_the_command_writes_it(run, tmp_path, capsys):
    assert main([str(run), "--out", str(tmp_path / "film.html")]) == 0
    assert "film.html" in capsys.readouterr().out
    with pytest.raises(FileError):
        viz.animate(run).save(tmp_path / "no" / "film.html")
