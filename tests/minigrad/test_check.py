"""`check.gradients` passes what is right, and says where and by how much anything else is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.check import GradientError, gradients
from minigrad.primitive import Rule
from minigrad.primitives import TABLE, primitive


@contextmanager
def cube(*rules: Rule | None) -> Iterator[Any]:
    """A row for x³ with the rule under test."""
    row = primitive("cube", lambda x: x * x * x, lambda x: (x.shape, x.dtype), rules)
    try:
        yield row
    finally:
        del TABLE["cube"]


RIGHT: Rule = lambda g, z, x: g * 3.0 * x * x  # noqa: E731
X = np.array([[0.5, -1.0, 2.0]])


def test_a_right_rule_passes_at_both_orders():
    points = []

    def scaled(tree: Any, scale: Any) -> Any:
        points.append(np.array([*tree["x"].numpy().ravel(), scale.item()]) if not tree["x"].birth else None)
        return {"out": row(tree["x"]) * scale}

    with cube(RIGHT) as row:
        gradients(row, X)
        gradients(scaled, {"x": X}, 2.0, order=1)
    moved = {tuple(np.flatnonzero(p - [0.5, -1.0, 2.0, 2.0])) for p in points if p is not None}
    assert moved >= {(0,), (1,), (2,), (3,)}  # each element by itself, the scale too


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, z, x: g * 0.0,
        lambda g, z, x: -RIGHT(g, z, x),
        lambda g, z, x: 2.0 * RIGHT(g, z, x),
        lambda g, z, x: g * 3.0 * x,
        lambda g, z, x: 1.00001 * RIGHT(g, z, x),
        lambda g, z, x: 3.0 * x * x,
        None,
    ],
    ids=["zero", "negated", "twice", "a factor missing", "a hundred thousandth off", "cotangent forgotten", "no rule"],
)
def test_a_wrong_rule_does_not(rule):
    with cube(rule) as row, pytest.raises(GradientError, match="derivative of order 1: the worst is"):
        gradients(row, X)


def test_a_rule_that_cannot_be_differentiated_again_fails_at_order_two_alone():
    def frozen(g: Any, z: Any, x: Any) -> Any:
        return g * mg.stop_gradient(3.0 * x * x)

    with cube(frozen) as row:
        gradients(row, X, order=1)
        with pytest.raises(GradientError, match="derivative of order 2"):
            gradients(row, X)


def test_the_message_names_the_worst_element_and_both_numbers():
    def off_at_the_end(g: Any, z: Any, x: Any) -> Any:
        return RIGHT(g, z, x) * np.array([[1.0, 1.0, 1.5]])

    def f(w: Any) -> Any:
        return mg.sum(TABLE["cube"](w))

    with cube(off_at_the_end), pytest.raises(GradientError) as error:
        gradients(f, X)
    text = str(error.value)
    assert text.startswith("f, derivative of order 1: the worst is 0[0, 2], where the gradient is")
    gradient, slope = (float(part.split()[0]) for part in text.split(" is ")[2:4])
    assert gradient / slope == pytest.approx(1.5, rel=1e-6)


def test_large_arguments_are_checked_along_random_directions():
    x = np.linspace(-1.0, 1.0, 300)
    gradients(lambda x: mg.sum(mg.sin(x) * x), x, max_elements=100)
    with cube(lambda g, z, x: g * 0.0) as row, pytest.raises(GradientError, match="in a random direction"):
        gradients(row, x, max_elements=100)


def test_integers_stay_fixed():
    seen = []

    def loss(x: Any, labels: Any) -> Any:
        seen.append(labels.numpy().tolist())
        return mg.cross_entropy(x, labels)

    gradients(loss, np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([1, 0]))
    assert len(seen) > 16  # four evaluations per element
    assert all(labels == [1, 0] for labels in seen)


def test_what_cannot_be_checked_is_named():
    with pytest.raises(TypeError, match="argument 0 is float32; check gradients in float64"):
        gradients(mg.exp, X.astype(np.float32))
    with pytest.raises(ValueError, match="argument 1 holds NaN or infinity"):
        gradients(lambda x, y: x * y, X, X * np.nan)
    with pytest.raises(TypeError, match="no argument is a float array"):
        gradients(lambda x: x, np.array([1, 2]))


@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0])
def test_the_rules_that_the_check_itself_needs_are_checked_too(monkeypatch, factor):
    right = TABLE["sum"].rule(0)
    monkeypatch.setattr(TABLE["sum"], "vjp", (lambda g, z, x, axes: right(g * factor, z, x, axes=axes),))
    with pytest.raises(GradientError, match="derivative of order 1"):
        gradients(lambda x: mg.sum(x * x), X)
