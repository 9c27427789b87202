"""Points under the pointer: added, dragged and deleted by mouse and by touch; hidden units; numbers in their fields."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import number, place, points, set_number, touch, use_points


@BOTH
def test_a_click_adds_a_point_of_the_chosen_class(open_page: OpenPage) -> None:
    page = open_page()
    use_points(page)
    page.locator("#class-chips label").nth(1).click()
    page.mouse.click(*place(page, 0.5, 0.25))
    x, y, label = points(page)[-1]
    assert (abs(x - 0.5) < 0.01, abs(y - 0.25) < 0.01, label) == (True, True, 1)
    expect(page.locator("#dataset")).to_have_value("custom")


@BOTH
def test_a_point_can_be_dragged_while_it_trains(open_page: OpenPage) -> None:
    page = open_page("#stop=0")
    use_points(page)
    page.locator("#play").click()
    page.mouse.move(*place(page, 0, 0.5))
    page.mouse.down()
    page.mouse.move(*place(page, 0.3, 0.2), steps=4)
    page.mouse.move(*place(page, 0.5, 0.0), steps=4)
    page.mouse.up()
    expect(page.locator("#play-text")).to_have_text("Pause")
    x, y, label = points(page)[4]
    assert (abs(x - 0.5) < 0.01, abs(y) < 0.01, label) == (True, True, 0)
    assert len(points(page)) == 6


@BOTH
def test_points_are_deleted_up_to_the_last(open_page: OpenPage) -> None:
    page = open_page()
    use_points(page, "-1,-1,0\n1,1,1")
    page.locator('#tools input[value="delete"]').check(force=True)
    page.mouse.click(*place(page, 0, 0))
    assert len(points(page)) == 2
    page.mouse.click(*place(page, -1, -1))
    assert points(page) == [(1, 1, 1)]
    page.locator("#step").click()
    assert number(page, "step") == 1
    page.mouse.click(*place(page, 1, 1))
    expect(page.locator("#notice")).to_contain_text("at least one training point")
    assert points(page) == [(1, 1, 1)]


def open_on_a_phone(open_page: OpenPage, browser_name: str, hash_: str = "") -> Page:
    """The page with the six points, on a small screen, which in Chromium takes touch."""
    mobile = {"has_touch": True, "is_mobile": True} if browser_name == "browser" else {}
    page = open_page(hash_, viewport={"width": 360, "height": 740}, **mobile)
    use_points(page)
    return page


def tap(page: Page, selector: str) -> None:
    """A finger on the middle of an element."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    assert box
    touch(page, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))


@BOTH
def test_touch_adds_and_deletes(open_page: OpenPage, browser_name: str) -> None:
    page = open_on_a_phone(open_page, browser_name)
    tap(page, '#tools input[value="add"]')
    page.locator("#overlay").scroll_into_view_if_needed()
    touch(page, place(page, 0.5, 0.5))
    x, y, label = points(page)[-1]
    assert (len(points(page)), abs(x - 0.5) < 0.01, abs(y - 0.5) < 0.01, label) == (7, True, True, 0)
    tap(page, "#class-chips label:nth-of-type(2) input")
    page.locator("#overlay").scroll_into_view_if_needed()
    touch(page, place(page, -0.5, 0.5))
    assert points(page)[-1][2] == 1
    tap(page, '#tools input[value="delete"]')
    page.locator("#overlay").scroll_into_view_if_needed()
    touch(page, place(page, 0.55, 0.5))  # a finger need not meet the point exactly
    touch(page, place(page, 0.5, -0.5))  # nor does it delete what is too far away
    page.wait_for_timeout(500)
    assert points(page) == points(open_page(page.evaluate("location.hash")))
    assert len(points(page)) == 7


@BOTH
def test_a_finger_drags_a_point_and_the_page_stays_where_it_is(open_page: OpenPage, browser_name: str) -> None:
    page = open_on_a_phone(open_page, browser_name, "#stop=0")
    page.locator("#play").click()
    page.locator("#overlay").scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    touch(page, *[place(page, x, y) for x, y in [(0, 0.5), (0.1, 0.4), (0.3, 0.1), (0.5, -0.1), (0.5, -0.3)]])
    assert page.evaluate("scrollY") == scrolled
    expect(page.locator("#play-text")).to_have_text("Pause")
    x, y, label = points(page)[4]
    assert (abs(x - 0.5) < 0.01, abs(y + 0.3) < 0.01, label) == (True, True, 0)
    assert len(points(page)) == 6
    page.locator("#overlay").scroll_into_view_if_needed()
    touch(page, place(page, 0.9, 0.9), place(page, 0.9, 0.2))  # where no point is, nothing moves
    assert points(page)[4] == (x, y, label)


def test_a_unit_shows_its_hinge(open_page: OpenPage) -> None:
    page = open_page()
    assert page.locator("#units").is_hidden()
    page.locator("#hinges").check()
    units = page.locator("#units")
    units.scroll_into_view_if_needed()
    read = """() => document.getElementById("overlay").toDataURL()"""
    plain = page.evaluate(read)
    box = units.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    first = page.evaluate(read)
    assert first != plain
    page.mouse.move(box["x"] + 10, box["y"] - 60)
    assert page.evaluate(read) == plain
    units.focus()
    assert page.evaluate(read) == first
    page.keyboard.press("ArrowRight")
    assert units.get_attribute("aria-valuenow") == "2"
    assert page.evaluate(read) not in (plain, first)
    assert number(page, "step") == STEPS


@BOTH
def test_a_wrong_number_is_named_and_changes_nothing(open_page: OpenPage) -> None:
    page = open_page()
    set_number(page, "hidden1", 1000)
    expect(page.locator("#notice")).to_contain_text("Hidden units must be from 1 to 256")
    assert number(page, "step") == STEPS
    page.locator("#hidden1").press("Escape")
    expect(page.locator("#hidden1")).to_have_value("100")


@BOTH
@pytest.mark.parametrize("leave", ["#notice-close", "#play", "#seed"])
def test_a_refused_number_gives_way_to_the_one_in_force(open_page: OpenPage, leave: str) -> None:
    page = open_page()
    field = page.locator("#lr")
    set_number(page, "lr", 1000)
    expect(page.locator("#notice")).to_contain_text("Learning rate must be")
    expect(field).to_have_value("1000")  # to be corrected
    expect(field).to_have_attribute("aria-invalid", "true")
    page.locator(leave).click()
    expect(field).to_have_value("1")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    field.select_text()
    page.keyboard.type("1000")  # and leaving it at once
    page.locator(leave if leave != "#notice-close" else "#step").click()
    expect(field).to_have_value("1")


def test_the_number_in_force_typed_over_a_refused_one_is_right(open_page: OpenPage) -> None:
    page = open_page()
    for value, invalid in [(1000, "true"), (1, None)]:
        set_number(page, "lr", value)
        assert page.locator("#lr").get_attribute("aria-invalid") == invalid
