"""What is where, how large, and with which words, in windows of every size."""

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.page.conftest import BOTH, OpenPage
from tests.page.driving import SIZES, open_groups, settle, use_points


@BOTH
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080)])
def test_all_is_above_the_fold_on_a_desk(open_page: OpenPage, width: int, height: int) -> None:
    for hash_ in ("", "#dataset=spiral&classes=6&test=0.3&hinges=1&architecture=tanh-2"):
        page = open_page(hash_, viewport={"width": width, "height": height})
        settle(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= height
        for name in ("decision-map", "chart", "reg"):
            box = page.locator(f"#{name}").bounding_box()
            assert box
            assert box["y"] + box["height"] <= height
        stage = page.locator("#decision-map").bounding_box()
        assert stage
        assert stage["width"] >= 0.7 * height


def test_map_and_read_outs_are_above_the_buttons_of_a_tablet_on_its_side(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1024, "height": 768})
    buttons, *shown = (page.locator(f"#{name}").bounding_box() for name in ("play", "decision-map", "metric-loss"))
    assert buttons
    for box in shown:
        assert box
        assert box["y"] + box["height"] <= buttons["y"]


@pytest.mark.parametrize("width", [360, 768])
def test_targets_are_large_enough_for_fingers(open_page: OpenPage, width: int) -> None:
    page = open_page(viewport={"width": width, "height": SIZES[width]}, has_touch=True, is_mobile=True)
    open_groups(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, summary")]
            .filter((element) => element.offsetParent && !element.closest("dialog"))
            .map((element) => element.closest("label") ?? element)
            .map((element) => [element.id || element.textContent.trim(), element.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 44)
            .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
    )
    assert small == []


def box_of(element: Locator) -> FloatRect:
    """Where an element that is shown is, in CSS pixels."""
    box = element.bounding_box()
    assert box
    return box


@BOTH
@pytest.mark.parametrize("width", [390, 768, 1440, 1920])
def test_no_sentence_under_the_heading_is_broken(open_page: OpenPage, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    first, second = (box_of(sentence) for sentence in page.locator("#lede span").all())
    assert max(first["height"], second["height"]) <= 20  # a line
    assert (second["y"] == first["y"]) == (width > 390)
    assert first["x"] == box_of(page.locator("#heading"))["x"]
    for button in page.locator(".actions button").all():
        box = box_of(button)
        assert box["x"] > second["x"] + second["width"] or box["y"] >= second["y"] + second["height"]


def test_a_longer_line_under_the_heading_breaks_between_sentences_and_moves_nothing_on_a_desk(
    open_page: OpenPage,
) -> None:
    page = open_page()
    plane, (first, second) = page.locator("#plane"), page.locator("#lede span").all()
    before = box_of(plane)
    first.evaluate("(sentence) => (sentence.textContent = 'many words '.repeat(7))")
    assert box_of(page.locator("#lede"))["height"] == 40  # two lines
    assert box_of(second)["x"] == box_of(first)["x"]
    assert box_of(plane) == before


WORDLESS = """() => [...document.querySelectorAll("button, .classes label")]
    .filter((element) => element.offsetParent && !element.closest("dialog:not([open]), #notice"))
    .filter((element) => {
        const name = element.querySelector("input")?.ariaLabel ?? element.ariaLabel ?? element.innerText;
        const clipped = [element, ...element.children].some((part) => part.scrollWidth > part.clientWidth + 1);
        const words = element.innerText.replaceAll(/\\s+/g, " ").trim();
        return words === "" || clipped || !name.replaceAll(/\\s+/g, " ").includes(words);
    })
    .map((element) => element.outerHTML)"""
"""Buttons and chips that show no words, or other words than a screen reader reads, or cut them off."""


@BOTH
@pytest.mark.parametrize("width", [390, 600, 768, 1440])
def test_no_button_is_an_icon_alone(open_page: OpenPage, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    use_points(page, "0,0,0\n1,1,5")
    expect(page.locator("#class-chips label")).to_have_count(6)
    assert page.evaluate(WORDLESS) == []
    page.locator("#open-study").click()
    assert page.evaluate(WORDLESS) == []
