"""Tests as plain calls: a module's test functions with every combination of their parameters, without pytest."""

import inspect
import itertools
from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any

Call = partial[None]


def calls(module: ModuleType, **wanted: Any) -> Iterator[Call]:
    """The tests of a module that take no fixtures; `wanted` keeps those whose parameters have these values."""
    for name, function in vars(module).items():
        if name.startswith("test_"):
            yield from (partial(function, **p) for p in _parameters(function) if wanted.items() <= p.items())


def _parameters(function: Any) -> Iterator[dict[str, Any]]:
    columns = []
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "parametrize":
            names = mark.args[0] if isinstance(mark.args[0], tuple) else tuple(mark.args[0].split(","))
            columns.append([dict(zip(names, _values(value, names), strict=True)) for value in mark.args[1]])
    for combination in itertools.product(*columns):
        parameters = {key: value for part in combination for key, value in part.items()}
        if set(inspect.signature(function).parameters) <= parameters.keys():
            yield parameters


def _values(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    if hasattr(value, "marks") and hasattr(value, "values"):  # pytest.param
        return tuple(value.values)
    return (value,) if len(names) == 1 else tuple(value)


def failure(tests: Iterator[Call]) -> str:
    """The first test that fails, by whatever error, and its message; empty when all pass."""
    for test in tests:
        try:
            test()
        except Exception as error:
            parameters = ", ".join(map(str, test.keywords.values()))
            return f"{test.func.__name__}[{parameters}]: {str(error)[:500]}"
    return ""
