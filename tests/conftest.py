"""What every test shares: one thread per worker, three depths of property tests, and one Chromium.

`pytest --hypothesis-profile=fast|default|deep` chooses the depth, as HYPOTHESIS_PROFILE in the environment does.
`default` draws the same examples in every run, so that a red run is red again; `deep` explores 100 times as many.
"""

import os

# Tests run one worker per core; threads inside a worker only get in the others' way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from minigrad.primitives import TABLE
from tests.browser import find_chromium

quiet = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("fast", max_examples=10, derandomize=True, **quiet)
settings.register_profile("default", max_examples=50, derandomize=True, **quiet)
settings.register_profile("deep", max_examples=5000, **quiet)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A running Chromium, one for all tests of a worker: Playwright allows no second one beside it."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium is installed; python tests/browser.py gets one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _table_as_it_was() -> Iterator[None]:
    """Rows that a test adds to the table of primitives are gone afterwards, whatever became of the test."""
    rows = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(rows)
