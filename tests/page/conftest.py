"""A small run, its page, and a Chromium that has the page open and notes whatever it says or asks for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from minigrad import runs
from minigrad.__main__ import main as minigrad_command
from wasm_export.__main__ import main as export_command

OpenPage = Callable[..., Page]

SCREENSHOTS = Path(__file__).parent / "screenshots"
STEPS = 300


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "run"
    assert minigrad_command(["train", "--preset", "cs231n", "--steps", str(STEPS), "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def run(run_folder: Path) -> runs.Run:
    return runs.load(run_folder)


@pytest.fixture(scope="session")
def page_file(run_folder: Path) -> Path:
    out = run_folder.parent / "page.html"
    assert export_command([str(run_folder), "--out", str(out)]) == 0
    return out


BOTH = pytest.mark.parametrize("browser_name", ["browser", "firefox"], ids=["chromium", "firefox"], indirect=True)
"""For a test to run in each browser."""


@pytest.fixture
def browser_name(request: pytest.FixtureRequest) -> str:
    """The fixture of the browser that the page is opened in: Chromium where nothing else is said."""
    return getattr(request, "param", "browser")


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser_name: str, page_file: Path) -> Iterator[OpenPage]:
    """Opens the page from its file. At the end, no console message, error or request may have been seen."""
    browser: Browser = request.getfixturevalue(browser_name)
    said: list[str] = []
    contexts = []

    def open_it(
        hash_: str = "",
        url: str | None = None,
        ready: bool = True,
        allowed: str = "\n",
        init: str = "",
        **options: object,
    ) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        if init:
            page.add_init_script(init)
        page.on("console", lambda message: note(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on("request", lambda request: note(f"request: {request.url}") if page.url != "about:blank" else None)

        def note(message: str) -> None:
            if allowed not in message:
                said.append(message)

        page.goto((url or page_file.as_uri()) + hash_)
        if ready:
            expect(page.locator("#metric-step")).not_to_have_text("–")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert said == []
