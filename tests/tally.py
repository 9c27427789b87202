"""A pytest plugin that counts what was checked: `pytest -n 0 -p tests.tally --hypothesis-profile=deep tests/minigrad`.

At the end it says, for every file, how many examples hypothesis ran and how many arrays and numbers were compared.
"""

from collections import Counter, defaultdict
from functools import wraps
from time import perf_counter
from typing import Any

import numpy as np
import pytest

counts: dict[str, Counter[str]] = defaultdict(Counter)
current = Counter[str]()


def counted(compare: Any) -> Any:
    @wraps(compare)
    def wrapper(actual: Any, desired: Any, *args: Any, **kwargs: Any) -> Any:
        current.update(arrays=1, numbers=max(size(actual), size(desired)))
        return compare(actual, desired, *args, **kwargs)

    return wrapper


def size(x: Any) -> int:
    """How many numbers an array, a Tensor, a list or a number is."""
    return int(x.size) if hasattr(x, "size") else np.size(x)


def pytest_configure() -> None:
    """Importing this file changes nothing; being a plugin does."""
    for name in ("assert_allclose", "assert_array_equal"):
        setattr(np.testing, name, counted(getattr(np.testing, name)))


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Every example passes through the test that hypothesis calls."""
    tests = {id(test): test for item in items if (test := getattr(getattr(item, "obj", None), "hypothesis", None))}
    for test in tests.values():
        test.inner_test = _counting_examples(test.inner_test)


def _counting_examples(test: Any) -> Any:
    @wraps(test)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        current.update(examples=1)
        return test(*args, **kwargs)

    return wrapper


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Any:
    current.clear()
    start = perf_counter()
    try:
        return (yield)
    finally:
        counts[item.location[0]].update(current, seconds=round(perf_counter() - start), tests=1)  # type: ignore[call-arg]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("what was checked")
    columns = ("tests", "examples", "arrays", "numbers", "seconds")
    total = sum(counts.values(), start=Counter())
    for file, row in [*counts.items(), ("in all", total)]:
        terminalreporter.write_line(f"{file}: " + ", ".join(f"{row[column]:,} {column}" for column in columns))
