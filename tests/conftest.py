"""What every test shares: one thread per worker, three depths of property tests, and the browsers.

`pytest --hypothesis-profile=fast|default|deep` chooses the depth, as HYPOTHESIS_PROFILE in the environment does.
`default` draws the same examples in every run, so that a red run is red again; `deep` explores 100 times as many, or
as many as HYPOTHESIS_EXAMPLES says. With `-n 0 -p tests.tally` it is said at the end how much was compared.
"""

import os
import shutil

# Tests run one worker per core; threads inside a worker only get in the others' way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from minigrad.primitives import TABLE
from tests.browser import FIREFOX_DOWNLOADS, find

quiet = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("fast", max_examples=10, derandomize=True, **quiet)
settings.register_profile("default", max_examples=50, derandomize=True, **quiet)
settings.register_profile("deep", max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "5000")), **quiet)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """The driver of all browsers of a worker: there can be only one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
    """A running Chromium, one for all tests of a worker."""
    started = playwright.chromium.launch(executable_path=installed("chromium"), args=["--no-sandbox"])
    yield started
    started.close()


@pytest.fixture(scope="session")
def firefox(playwright: Any) -> Iterator[Any]:
    """A running Firefox, one for all tests of a worker."""
    started = launch_firefox(playwright)
    yield started
    started.close()
    shutil.rmtree(FIREFOX_DOWNLOADS, ignore_errors=True)


@pytest.fixture(scope="session")
def dark_firefox(playwright: Any) -> Iterator[Any]:
    """A Firefox on a dark desktop, which cannot be said of a single page."""
    started = launch_firefox(playwright, {"ui.systemUsesDarkTheme": 1})
    yield started
    started.close()


def launch_firefox(playwright: Any, preferences: dict[str, Any] | None = None) -> Any:
    """Starts the installed Firefox, driven by the protocol that it has itself (WebDriver BiDi)."""
    return playwright.firefox.launch(
        executable_path=installed("firefox"),
        channel="moz-firefox",
        downloads_path=FIREFOX_DOWNLOADS,
        firefox_user_prefs=preferences,
    )


def installed(name: str) -> str:
    """The path of a browser; where there is none the test is skipped, or, where tests have to run (CI), fails."""
    path = find(name)
    if path is None:
        message = f"no {name} is installed; python tests/browser.py gets one, or says how to"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return path


@pytest.fixture(autouse=True)
def _table_as_it_was() -> Iterator[None]:
    """Rows that a test adds to the table of primitives are gone afterwards, whatever became of the test."""
    rows = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(rows)
