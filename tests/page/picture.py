"""The README's picture of the page: `python -m tests.page.picture` writes docs/page.png anew."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.tables.page import exported
from tests.browser import find

PICTURE = Path(__file__).parents[2] / "docs" / "page.png"
FINE, PATIENCE = 600, 50  # pixels along the map's side; tenths of a second to wait for them
SIZE = {"width": 1440, "height": 900}


def photograph(browser: Any, page_file: Path, out: Path) -> None:
    """The page as it opens, once the map is as fine as the screen."""
    context = browser.new_context(viewport=SIZE, color_scheme="light")
    page = context.new_page()
    page.goto(page_file.as_uri())
    for _ in range(PATIENCE):
        if page.evaluate("document.getElementById('decision-map').width") < FINE:
            page.wait_for_timeout(100)
    page.screenshot(path=out)
    context.close()


def main() -> None:
    """Trains the preset, exports its page and photographs it."""
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=["--no-sandbox"])
        photograph(browser, exported(Path(folder)), PICTURE)
        browser.close()
    print(PICTURE)


if __name__ == "__main__":
    main()
