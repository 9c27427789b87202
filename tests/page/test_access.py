"""For everybody: keyboard, screen reader, small screens, light and dark. Screenshots of the main states are kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.page import picture
from tests.page.conftest import BOTH, SCREENSHOTS, STEPS, OpenPage
from tests.page.driving import SIZES, map_pixels, number, open_groups, play_until, settle
from tests.page.tools import npm_package


def halfway(page: Page) -> None:
    page.locator("#play").click()
    expect(page.locator("#metric-step")).to_have_text("200")
    expect(page.locator("#play-text")).to_have_text("Play")


def failing(page: Page) -> None:
    open_groups(page)
    page.locator("#lr").fill("fast")
    page.locator("#lr").press("Enter")
    expect(page.locator("#notice")).to_be_visible()


STATES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "first": ("", lambda page: None),
    "halfway": ("#stop=200", halfway),
    "held-out": ("#stop=200&dataset=circles&classes=4&test=0.3&hinges=1&logarithmic=1&architecture=tanh-2", halfway),
    "failing": ("", failing),
    "csv": ("", lambda page: page.locator("#open-csv").click()),
    "inside": ("", lambda page: page.locator("#open-study").click()),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_axe_finds_nothing_and_nothing_sticks_out(open_page: OpenPage, width: int, scheme: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for state, (hash_, enter) in STATES.items():
        page = open_page(hash_, viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme)
        enter(page)
        settle(page)
        page.screenshot(path=SCREENSHOTS / f"{width}-{scheme}-{state}.png", full_page=width < 1440)
        assert violations(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
        page.context.close()


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds: the rules and the elements that break them."""
    page.evaluate("() => {" + (npm_package("axe-core") / "axe.min.js").read_text() + "}")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("browser_name", ["firefox", "dark_firefox"], indirect=True)
def test_firefox_shows_the_same_in_every_size(open_page: OpenPage, browser_name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for width, height in SIZES.items():
        # Playwright's screenshot puts a style into the page, which the policy keeps out.
        page = open_page(viewport={"width": width, "height": height}, allowed="blocked an inline style")
        settle(page)
        page.screenshot(path=SCREENSHOTS / f"{width}-{browser_name}-first.png")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        corner = map_pixels(page)[0, 0, :3].mean()
        assert (corner < 128) == (browser_name == "dark_firefox")
        page.context.close()


def test_the_readmes_picture_can_be_taken_anew(browser: Browser, page_file: Path, tmp_path: Path) -> None:
    picture.photograph(browser, page_file, tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as taken, Image.open(picture.PICTURE) as shown:
        assert taken.size == shown.size == tuple(picture.SIZE.values())


@BOTH
def test_keys_run_the_page(open_page: OpenPage) -> None:
    page = open_page("#stop=0&speed=60")
    page.keyboard.press("r")
    assert number(page, "step") == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert number(page, "step") == 2
    page.keyboard.press("Space")
    expect(page.locator("#play-text")).to_have_text("Pause")
    expect(page.locator("#metric-step")).not_to_have_text("2")
    page.keyboard.press("Space")
    expect(page.locator("#play-text")).to_have_text("Play")
    page.keyboard.press("2")
    assert page.locator('input[name="tool"][value="add"]').is_checked()
    assert page.locator('input[name="label"][value="1"]').is_checked()
    page.keyboard.press("9")
    assert page.locator('input[name="label"][value="1"]').is_checked()
    page.keyboard.press("l")
    assert page.locator("#logarithmic").is_checked()


@BOTH
def test_keys_belong_to_the_control_that_has_the_focus(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#lr").focus()
    page.keyboard.type("r1 ")
    assert number(page, "step") == STEPS
    page.locator("#rewind").focus()
    page.keyboard.press("Space")
    assert number(page, "step") == 0
    expect(page.locator("#play-text")).to_have_text("Play")


def test_everything_is_reached_by_tab_with_a_visible_focus(open_page: OpenPage) -> None:
    page = open_page()
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => {
                const element = document.activeElement;
                const shown = element.type === "radio" ? element.nextElementSibling : element;
                return [element.id || element.ariaLabel || element.value, getComputedStyle(shown).outlineStyle];
            }"""
        )
        if name in seen:
            break
        if name:
            assert outline != "none", name
            seen.append(name)
    assert {"copy-link", "open-study", "play", "step", "rewind", "new-seed", "lr", "reg", "dataset", "move"} <= set(
        seen
    )


def test_a_slider_moves_by_keys(open_page: OpenPage) -> None:
    page = open_page()
    slider = page.get_by_label("Learning rate, slider")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert 0.9 < float(page.locator("#lr").input_value()) < 1


def test_the_summary_stays_current(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#rewind").click()
    expect(page.locator("#summary")).to_contain_text("at step 0")
    play_until(page, 30)
    expect(page.locator("#summary")).to_contain_text("at step 30")


def test_the_chart_tells_the_value_under_the_pointer(open_page: OpenPage) -> None:
    page = open_page()
    box = page.locator("#chart").bounding_box()
    assert box
    read = """() => { const c = document.getElementById("chart"); return c.toDataURL(); }"""
    before = page.evaluate(read)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.evaluate(read) != before


def test_colours_follow_the_system(open_page: OpenPage) -> None:
    page = open_page()
    settle(page)
    light = map_pixels(page).mean()
    page.emulate_media(color_scheme="dark")
    settle(page)
    assert map_pixels(page).mean() < light - 50
