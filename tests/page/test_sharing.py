"""Settings in the address, points as CSV, the map as PNG; the panel to study; and what is not what it should be."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import (
    map_pixels,
    notice,
    number,
    play_until,
    saved_file,
    saved_weights,
    set_number,
    settle,
)


@BOTH
def test_the_address_holds_all_that_was_changed(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#dataset").select_option("moons")
    set_number(page, "classes", 4)
    set_number(page, "lr", 0.3)
    set_number(page, "hidden1", 33)
    page.locator("#new-seed").click()
    page.wait_for_timeout(500)
    play_until(page, 30)
    page.wait_for_timeout(500)
    other = open_page(page.evaluate("location.hash"))
    expect(other.locator("#hidden1")).to_have_value("33")
    play_until(other, 30)
    assert saved_weights(other) == saved_weights(page)


def test_points_of_your_own_are_in_the_address(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#open-csv").click()
    page.locator("#csv-text").fill("0.25,0.5,0\n-0.75,0.125,1\n0.1,0.2,3")
    page.locator("#csv-apply").click()
    page.wait_for_timeout(600)
    other = open_page(page.evaluate("location.hash"))
    other.locator("#open-csv").click()
    assert other.locator("#csv-text").input_value() == "x,y,label\n0.25,0.5,0\n-0.75,0.125,1\n0.1,0.2,3"
    other.locator("#csv-cancel").click()
    assert saved_weights(other)["widths"] == [2, 100, 4]


@BOTH
def test_a_malformed_address_is_named_and_ignored(open_page: OpenPage) -> None:
    for hash_, message in {
        "#lr=fast": "Learning rate must be",
        "#nonsense=1": "there is no setting “nonsense”",
        "#dataset=<img src=x onerror=alert(1)>": "Data set has no “<img src=x onerror=a”",
        "#data=@@": "the points in the address cannot be read",
        "#dataset=custom": "points of your own",
    }.items():
        page = open_page(hash_)
        assert message in notice(page)
        assert number(page, "step") == STEPS
        assert page.locator("img").count() == 0


@BOTH
def test_a_bad_line_of_csv_is_named_and_nothing_is_lost(open_page: OpenPage) -> None:
    page = open_page()
    before = saved_weights(page)
    page.locator("#open-csv").click()
    text = "0,0,0\n1,1,1\n1,<script>alert(1)</script>,1"
    page.locator("#csv-text").fill(text)
    page.locator("#csv-apply").click()
    assert "line 3" in page.locator("#csv-error").inner_text()
    assert page.locator("#csv-text").input_value() == text
    page.keyboard.press("Escape")
    assert saved_weights(page) == before
    assert "300 points" in page.locator("#summary").inner_text()


@BOTH
@pytest.mark.parametrize(("width", "density"), [(360, 3), (768, 2), (1440, 1), (1440, 1.5)])
def test_the_map_is_saved_as_png_at_the_screens_own_resolution(open_page: OpenPage, width: int, density: float) -> None:
    page = open_page(viewport={"width": width, "height": 900}, device_scale_factor=density)
    settle(page)
    image = Image.open(saved_file(page, "save-image"))
    side = round(page.evaluate("document.getElementById('overlay').clientWidth") * density)
    assert (image.format, image.size) == ("PNG", (side, side))
    pixels = np.asarray(image.convert("RGB")).astype(int)
    # Away from the points, which lie in the middle, the picture is the map, as finely as it was painted.
    map_ = Image.fromarray(map_pixels(page)).convert("RGB").resize(image.size, Image.Resampling.BILINEAR)
    margin = side // 32
    assert np.abs(pixels[:margin] - np.asarray(map_)[:margin]).max() <= 8
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 1000


def test_the_link_is_copied(open_page: OpenPage) -> None:
    page = open_page("#lr=0.5", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#copy-link").click()
    assert notice(page) == "The link is on the clipboard."
    assert page.evaluate("navigator.clipboard.readText()").endswith("#lr=0.5")


@BOTH
def test_inside_shows_the_program_and_its_wat(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#open-study").click()
    text = page.locator("#study-text")
    expect(text).to_contain_text("{ lambda params.0.W:f32[2,h1]")
    expect(text).to_contain_text("nn.py:")
    expect(text.locator(".comment").first).to_contain_text("# forward")
    page.locator("#study-form").select_option("wat")
    expect(text).to_contain_text('(func $step (export "step") (param $dim:h1 i32)')
    expect(text.locator(".comment").first).to_contain_text(";; params.1.W.packed0[h1, i3] = params.1.W[h1, i3]")
    expect(text).to_contain_text("(loop $n_0")
    page.locator("#study-function").select_option("paint")
    page.locator("#study-form").select_option("loops")
    expect(text).to_contain_text("side")
    page.locator("#study-close").click()
    expect(page.locator("#study")).to_be_hidden()


def test_inside_shows_the_network_that_is_running(open_page: OpenPage) -> None:
    page = open_page("#architecture=tanh-2&classes=4&dataset=blobs&optimizer=adam")
    page.locator("#open-study").click()
    expect(page.locator("#study-about")).to_contain_text("2 hidden layers, tanh")
    expect(page.locator("#study-about")).to_contain_text("The run computed in float64")
    assert page.locator("#study-function").input_value() == "gradient"
    text = page.locator("#study-text")
    expect(text).to_contain_text("params.2.W:f32[h2,c]")
    expect(text).to_contain_text(" tanh ")
    page.locator("#study-form").select_option("wat")
    expect(text).to_contain_text("(param $out:grads.2.W i32)")
    called, shown = (set(re.findall(rf"\({word} \$([\w.]+)", text.inner_text())) for word in ("call", "func"))
    assert "exp_f32" in called
    assert called <= shown
    page.locator("#study-function").select_option("adam")
    expect(text).to_contain_text("(param $in:state.m i32)")


@BOTH
def test_the_page_runs_in_a_sandboxed_frame(open_page: OpenPage, page_file: Path, tmp_path: Path) -> None:
    source = page_file.read_text().replace("&", "&amp;").replace('"', "&quot;")
    host = tmp_path / "host.html"
    host.write_text(
        f'<!doctype html><iframe sandbox="allow-scripts" width="1400" height="900" srcdoc="{source}"></iframe>'
    )
    page = open_page(url=host.as_uri(), ready=False, allowed="Clipboard API has been blocked")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#metric-step")).to_have_text(f"{STEPS}")
    frame.locator("#lr").fill("0.5")
    frame.locator("#lr").press("Enter")
    frame.locator("#step").click()
    expect(frame.locator("#metric-step")).to_have_text(f"{STEPS + 1}")
    frame.locator("#copy-link").click()
    # Firefox lets a sandboxed frame write to the clipboard, Chromium does not.
    expect(frame.locator("#notice")).to_contain_text(re.compile("could not be copied|is on the clipboard"))
