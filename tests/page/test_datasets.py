"""The data sets that are offered: drawn, given as text, held out in part, and with the names of their classes."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from minigrad import runs, train
from minigrad.__main__ import main as minigrad_command
from tests.page.conftest import OpenPage
from tests.page.driving import number, place, play_until, points, set_number, use_points
from wasm_export.site import export

ZOO = "x,y,label\n-1,-1,cat\n1,-1,dog\n-1,1,emu\n1,1,cat\n0,0.5,dog\n0,-0.5,emu\n0.5,0,cat\n-0.5,0,dog\n"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on a file of eight points of three classes with names, two of them held out."""
    folder = tmp_path_factory.mktemp("zoo")
    (folder / "zoo.csv").write_text(ZOO)
    options = ["--data", str(folder / "zoo.csv"), "--test", "0.25", "--steps", "5", "--hidden", "8"]
    assert minigrad_command(["train", *options, "--out", str(folder / "run")]) == 0
    return folder


@pytest.fixture(scope="module")
def zoo_page(zoo: Path) -> str:
    """The address of its page, which has the run's own network alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "networks_of", lambda run: [("relu", 1)])
        export.write_page(runs.load(zoo / "run"), zoo / "page.html")
    return (zoo / "page.html").as_uri()


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


def held_out_loss(page: Page) -> float:
    """The loss on the test points."""
    return float(page.locator("#metric-test-loss").inner_text().removeprefix("test "))


def add_point(page: Page, x: float, y: float) -> None:
    page.locator('#tools input[value="add"]').check(force=True)
    page.mouse.click(*place(page, x, y))


def test_the_test_share_of_a_run_is_shown_and_leads_back_to_its_own_test_points(
    open_page: OpenPage, zoo: Path, zoo_page: str
) -> None:
    run = runs.load(zoo / "run")
    page = open_page(url=zoo_page)
    share = page.locator("#test")
    expect(share).to_have_value("0.25")
    assert run.test
    assert abs(held_out_loss(page) - train.evaluate(run.params(), run.test, run.config["reg"])[0]) < 1e-4
    page.locator("#rewind").click()
    own = held_out_loss(page)
    set_number(page, "test", 0)
    expect(page.locator("#metric-test-loss")).to_be_hidden()
    set_number(page, "test", 0.5)
    assert held_out_loss(page) != own
    page.locator("#dataset").select_option("blobs")
    expect(share).to_have_value("0.5")
    expect(page.locator("#points")).to_have_value("8")
    page.locator("#dataset").select_option("run")
    expect(share).to_have_value("0.25")
    assert held_out_loss(page) == own
    set_number(page, "test", 0.9)
    set_number(page, "test", 0.25)
    assert held_out_loss(page) == own


def test_the_test_share_stays_true_of_points_of_your_own(open_page: OpenPage) -> None:
    page = open_page("#test=0.5")
    use_points(page)
    share = page.locator("#test")
    page.locator('#tools input[value="move"]').check(force=True)
    page.mouse.move(*place(page, 0, 0.5))
    page.mouse.down()
    page.mouse.move(*place(page, 0.2, 0.5), steps=3)
    page.mouse.up()
    expect(share).to_have_value("0.5")
    add_point(page, 0.5, 0.25)
    expect(share).to_have_value("0.43")  # 3 of 7
    page.wait_for_timeout(500)
    again = open_page(page.evaluate("location.hash"))
    expect(again.locator("#test")).to_have_value("0.43")
    old_link = open_page(page.evaluate("location.hash.replace('test=0.43', 'test=0.1')"))
    expect(old_link.locator("#test")).to_have_value("0.43")
    set_number(page, "test", 0)
    expect(page.locator("#metric-test-loss")).to_be_hidden()
    assert len(points(page)) == 7


def test_points_stay_as_they_are_when_they_become_your_own(open_page: OpenPage, zoo_page: str) -> None:
    page = open_page(url=zoo_page)
    page.locator("#rewind").click()
    own = held_out_loss(page)
    page.locator("#dataset").select_option("custom")
    assert held_out_loss(page) == own
    set_number(page, "classes", 4)
    expect(page.locator("#test")).to_have_value("0.25")


def emu(page: Page) -> Locator:
    """The chip of the third class."""
    return page.locator("#class-chips label").nth(2)


def test_classes_and_points_have_the_names_of_the_file(open_page: OpenPage, zoo: Path, zoo_page: str) -> None:
    assert str(zoo) not in (zoo / "page.html").read_text()
    page = open_page(url=zoo_page)
    expect(page.locator("#heading")).to_have_text("A neural network learns the points of zoo.csv")
    expect(emu(page)).to_have_attribute("title", "Class 2, emu")
    expect(emu(page)).to_have_text("emu")
    expect(page.get_by_role("radio", name="Class 2, emu")).to_have_count(1)
    page.locator("#dataset").select_option("blobs")
    expect(emu(page)).to_have_attribute("title", "Class 2")  # these blobs are no emus
    expect(emu(page)).to_have_text("2")
    page.locator("#dataset").select_option("run")
    expect(emu(page)).to_have_attribute("title", "Class 2, emu")
    use_points(page, "0,0,emu\n1,1,dog\n0,1,0")
    assert [label for *_, label in points(page)] == ["emu", "dog", "cat"]


def test_points_that_are_edited_keep_the_names_of_their_classes(open_page: OpenPage, zoo_page: str) -> None:
    page = open_page(url=zoo_page)
    add_point(page, 0.5, 0.5)
    expect(page.locator("#dataset")).to_have_value("custom")
    expect(emu(page)).to_have_attribute("title", "Class 2, emu")
    page.wait_for_timeout(500)
    page = open_page(page.evaluate("location.hash"), url=zoo_page)
    expect(page.locator("#dataset")).to_have_value("custom")
    expect(emu(page)).to_have_attribute("title", "Class 2, emu")
    assert {label for *_, label in points(page)} == {"cat", "dog", "emu"}
    page.locator("#open-csv").click()
    page.locator("#csv-apply").click()
    expect(emu(page)).to_have_attribute("title", "Class 2, emu")
    set_number(page, "classes", 4)
    expect(emu(page)).to_have_attribute("title", "Class 2, emu")
    expect(page.locator("#class-chips label").nth(3)).to_have_attribute("title", "Class 3")
    use_points(page, "0,0,0\n1,1,1\n0,1,2")
    expect(emu(page)).to_have_attribute("title", "Class 2")  # other classes, as far as one can tell
    use_points(page, "0,0,emu")
    expect(page.locator("#lede")).to_contain_text("All points are of class 2, emu")


def test_a_name_that_is_too_long_for_its_chip_is_shown_in_full_once_it_is_chosen(
    open_page: OpenPage, zoo_page: str
) -> None:
    page = open_page(url=zoo_page)
    words = emu(page).locator("b")
    words.evaluate("(name) => (name.textContent = 'the largest bird of Australia')")
    cut = "(name) => name.scrollHeight > name.clientHeight"
    assert words.evaluate(cut)
    page.keyboard.press("3")
    words.evaluate("(name) => (name.textContent = 'the largest bird of Australia')")
    assert not words.evaluate(cut)
