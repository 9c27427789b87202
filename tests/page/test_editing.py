"""Points under the pointer: added, dragged and deleted by mouse and by touch; data sets and their controls."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from minigrad import runs
from minigrad.__main__ import main as minigrad_command
from tests.page.conftest import BOTH, STEPS, OpenPage
from tests.page.driving import number, play_until, set_number, touch
from wasm_export.site import export

SIX = "x,y,label\n-1,-1,0\n1,-1,1\n-1,1,1\n1,1,0\n0,0.5,0\n0,-0.5,1"


def use_points(page: Page, text: str = SIX) -> None:
    page.locator("#open-csv").click()
    page.locator("#csv-text").fill(text)
    page.locator("#csv-apply").click()


def points(page: Page) -> list[tuple[float, float, int]]:
    page.locator("#open-csv").click()
    lines = page.locator("#csv-text").input_value().split("\n")[1:]
    page.locator("#csv-cancel").click()
    return [(float(x), float(y), int(label)) for x, y, label in (line.split(",") for line in lines)]


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane is on the screen, for points whose frame is [-1.12, 1.12]²."""
    box = page.locator("#overlay").bounding_box()
    assert box
    return box["x"] + box["width"] * (x + 1.12) / 2.24, box["y"] + box["height"] * (1.12 - y) / 2.24


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


def test_every_data_set_draws_and_trains(open_page: OpenPage) -> None:
    page = open_page("#speed=1000000&stop=20")
    for kind in ("spiral", "circles", "moons", "xor", "blobs"):
        page.locator("#dataset").select_option(kind)
        for classes in (2, 6):
            set_number(page, "classes", classes)
            expect(page.locator("#summary")).to_contain_text(f"300 points of {classes} classes")
            assert len(points(page)) == 300
            assert {label for *_, label in points(page)} == set(range(classes))
            play_until(page, 20)
        expect(page.locator("#rotation")).to_be_visible(visible=kind == "spiral")


def test_a_share_of_the_points_is_held_out(open_page: OpenPage) -> None:
    page = open_page("#dataset=blobs")
    assert page.locator("#metric-test-loss").is_hidden()
    assert page.locator("#mark-test").is_hidden()
    set_number(page, "test", 0.25)
    assert "test" in page.locator("#metric-test-loss").inner_text()
    play_until(page, 100)
    assert "% " not in page.locator("#metric-test-accuracy").inner_text()
    assert page.locator("#legend-test").is_visible()
    assert page.locator("#mark-test").is_visible()


def test_one_point_one_class_and_five_thousand(open_page: OpenPage) -> None:
    page = open_page()
    use_points(page, "0.5,0.5,0")
    page.locator("#step").click()
    assert number(page, "accuracy") in (0, 100)
    use_points(page, "0.5,0.5,0\n0.1,0.5,0")
    play_until(page, 50)
    assert number(page, "accuracy") == 100
    expect(page.locator("#lede")).to_contain_text("All points are of class 0: there is nothing to tell apart.")
    page.locator("#class-chips label").nth(1).click()
    page.locator("#overlay").click()
    expect(page.locator("#lede")).to_contain_text("learn to tell 2 classes apart")
    many = open_page("#dataset=spiral&points=5000&stop=3")
    expect(many.locator("#summary")).to_contain_text("5000 points")
    many.locator("#play").click()
    expect(many.locator("#metric-step")).to_have_text("3")


def test_classes_and_points_have_the_names_of_the_file(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "networks_of", lambda run: [("relu", 1)])
    (tmp_path / "zoo.csv").write_text("x,y,label\n0,0,cat\n1,0,dog\n0,1,emu\n")
    options = ["--data", str(tmp_path / "zoo.csv"), "--steps", "5", "--hidden", "8", "--out", str(tmp_path / "run")]
    assert minigrad_command(["train", *options]) == 0
    export.write_page(runs.load(tmp_path / "run"), tmp_path / "page.html")
    assert str(tmp_path) not in (tmp_path / "page.html").read_text()

    page = open_page(url=(tmp_path / "page.html").as_uri())
    expect(page.locator("#heading")).to_have_text("A neural network learns the points of zoo.csv")
    emu = page.locator("#class-chips label").nth(2)
    expect(emu).to_have_attribute("title", "Class 2, emu")
    expect(page.get_by_role("radio", name="Class 2, emu")).to_have_count(1)
    page.locator("#dataset").select_option("blobs")
    expect(emu).to_have_attribute("title", "Class 2")  # these blobs are no emus
    page.locator("#dataset").select_option("run")
    expect(emu).to_have_attribute("title", "Class 2, emu")
    use_points(page, "0,0,emu\n1,1,dog\n0,1,0")
    assert [label for *_, label in points(page)] == [2, 1, 0]


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
