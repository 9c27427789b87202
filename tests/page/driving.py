"""What the tests read from the page and do to it, all by what a person sees and touches."""

import json
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import FIREFOX_DOWNLOADS

SIZES = {360: 740, 768: 1024, 1440: 900}
"""Windows of a phone, a tablet and a desk: heights in pixels by width."""


def number(page: Page, name: str) -> float:
    """A read-out: "step", "loss", "accuracy" (in percent), "speed"."""
    text = page.locator(f"#metric-{name}").inner_text()
    return float(text.replace(",", "").replace("%", "").strip())


def set_number(page: Page, name: str, value: float | str) -> None:
    """Types a value into a control."""
    page.locator(f"#{name}").select_text()
    page.keyboard.type(str(value))
    page.keyboard.press("Enter")


def settle(page: Page) -> None:
    """Waits for the map in its final resolution."""
    page.wait_for_timeout(400)


def map_pixels(page: Page) -> NDArray[np.uint8]:
    """The map's canvas, [side, side, 4]."""
    url = page.evaluate("document.getElementById('decision-map').toDataURL()")
    image = Image.open(BytesIO(b64decode(url.split(",")[1])))
    return np.asarray(image.convert("RGBA"))


def saved_weights(page: Page) -> dict[str, Any]:
    """The file that "Save the weights" gives, parsed."""
    return json.loads(saved_file(page, "save-weights").read_text())


def saved_file(page: Page, button: str) -> Path:
    """The file that a click on the button saves."""
    if is_chromium(page):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        return download.value.path()
    known = set(FIREFOX_DOWNLOADS.glob("*"))
    page.locator(f"#{button}").click()
    for _ in range(100):
        page.wait_for_timeout(50)
        new = {file for file in FIREFOX_DOWNLOADS.glob("*") if file.stat().st_size > 0} - known
        if new and not any(file.suffix == ".part" for file in new):
            return new.pop()
    raise AssertionError(f"a click on {button} saved no file")


def params_of(weights: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """The parameters in a weights file."""
    return {
        name: np.array(entry["data"], np.float32).reshape(entry["shape"]) for name, entry in weights["params"].items()
    }


def is_chromium(page: Page) -> bool:
    """Whether the page is open in Chromium, not in Firefox."""
    browser = page.context.browser
    return browser is not None and browser.browser_type.name == "chromium"


SYNTHETIC_TOUCH = """places => {
    const target = document.elementFromPoint(...places[0]);
    const send = (type, [clientX, clientY]) => target.dispatchEvent(
        new PointerEvent(type, { clientX, clientY, pointerType: "touch", bubbles: true, isPrimary: true }));
    send("pointerdown", places[0]);
    for (const place of places.slice(1)) send("pointermove", place);
    send("pointerup", places[places.length - 1]);
    if (places.length === 1) target.click();
}"""


def touch(page: Page, *places: tuple[float, float]) -> None:
    """A finger goes down at the first place, along the others, and up at the last.

    Chromium gets the touch of a screen and makes of it what it will: a click, a drag, or scrolling. Firefox takes no
    touch from Playwright, so the page there gets the events that a browser would make of one.
    """
    if not is_chromium(page):
        page.evaluate(SYNTHETIC_TOUCH, places)
        return
    screen = page.context.new_cdp_session(page)
    for index, (x, y) in enumerate(places):
        kind = "touchMove" if index else "touchStart"
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    screen.detach()


def play_until(page: Page, step: int) -> None:
    """Plays up to a step."""
    set_number(page, "stop", step)
    page.locator("#play").click()
    expect(page.locator("#metric-step")).to_have_text(f"{step:,}", timeout=30_000)
    expect(page.locator("#play-text")).to_have_text("Play")


def notice(page: Page) -> str:
    """What the notice over the map says, once there is one."""
    expect(page.locator("#notice")).to_be_visible()
    return page.locator("#notice-text").inner_text()


# Two classes crosswise, in the frame [-1.12, 1.12]² that `place` knows.
SIX = "x,y,label\n-1,-1,0\n1,-1,1\n-1,1,1\n1,1,0\n0,0.5,0\n0,-0.5,1"


def use_points(page: Page, text: str = SIX) -> None:
    """Puts points in by "Edit as CSV"."""
    page.locator("#open-csv").click()
    page.locator("#csv-text").fill(text)
    page.locator("#csv-apply").click()


def points(page: Page) -> list[tuple[float, float, int | str]]:
    """All points, as "Edit as CSV" writes them: a class by its name, or else its number."""
    page.locator("#open-csv").click()
    lines = page.locator("#csv-text").input_value().split("\n")[1:]
    page.locator("#csv-cancel").click()
    fields = [line.split(",") for line in lines]
    return [(float(x), float(y), int(label) if label.isdigit() else label) for x, y, label in fields]


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane is on the screen, for points whose frame is that of `SIX`."""
    box = page.locator("#overlay").bounding_box()
    assert box
    return box["x"] + box["width"] * (x + 1.12) / 2.24, box["y"] + box["height"] * (1.12 - y) / 2.24


def open_groups(page: Page) -> None:
    """Unfolds all groups of controls."""
    for group in page.locator("details").all():
        if group.get_attribute("open") is None:
            group.locator("summary").click()
