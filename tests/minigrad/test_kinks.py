"""Where derivatives do not exist: minigrad and JAX give what the kink table says, and the page says the same."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import minigrad as mg
from minigrad.passes import simplify
from tests.minigrad.face import Reference
from tests.minigrad.kinks import PAGE, TABLE, Kink, page

KINKS = [pytest.param(kink, id=f"{kink.text} at {kink.at}") for kinks in TABLE.values() for kink in kinks]


def by_minigrad(kink: Kink, dtype: str) -> list[Any]:
    xs = [np.array(x, dtype) for x in kink.at]
    value, pullback = mg.vjp(lambda *xs: kink.function(mg, *xs), *xs)
    return [value.numpy(), *(g.numpy() for g in pullback(np.ones(value.shape, dtype)))]


def by_jax(kink: Kink) -> list[Any]:
    @jax.jit
    def both(*xs: Any) -> Any:
        value, pullback = jax.vjp(lambda *xs: kink.function(Reference(), *xs), *xs)
        return value, pullback(jnp.ones_like(value))

    value, slopes = both(*(np.array(x, np.float64) for x in kink.at))
    return [value, *slopes]


def assert_outcome(found: Any, expected: Any) -> None:
    if isinstance(expected[0], str):
        with pytest.raises({"ValueError": ValueError}[expected[0]]):
            found()
        return
    for a, b in zip(found(), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)


@pytest.mark.parametrize("kink", KINKS)
def test_minigrad_gives_what_the_table_says(kink):
    with np.errstate(all="ignore"):
        assert_outcome(lambda: by_minigrad(kink, "float64"), kink.ours)


@pytest.mark.parametrize("kink", KINKS)
def test_jax_gives_what_the_table_says(kink):
    assert_outcome(lambda: by_jax(kink), kink.jax or kink.ours)


@pytest.mark.parametrize("kink", KINKS)
def test_a_recording_gives_the_same(kink):
    if isinstance(kink.ours[0], str):
        return

    def both(*xs: Any) -> Any:
        value, pullback = mg.vjp(lambda *xs: kink.function(mg, *xs), *xs)
        return [value, *pullback(mg.ones_like(value))]

    xs = [np.array(x, np.float64) for x in kink.at]
    with np.errstate(all="ignore"):
        for program in (mg.record(both, *xs), simplify(mg.record(both, *xs))):
            for a, b in zip(program(*xs), kink.ours, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-15)


def test_a_difference_has_a_reason_and_only_a_difference_has():
    for kinks in TABLE.values():
        for kink in kinks:
            assert bool(kink.why) == (kink.jax is not None), kink.text


def test_the_page_is_written_from_the_table():
    assert PAGE.read_text() == page(), "docs/kinks.md is not current: run python -m tests.minigrad.kinks"


def test_the_other_known_differences_are_as_told():
    assert mg.floor_divide(np.array(1), np.array(0)).item() == 0
    assert jnp.floor_divide(1, 0) == -2
    x, index = np.array([1.0, 2.0]), np.array([5])
    with pytest.raises(IndexError, match="index 5 is out of range"):
        mg.take(x, index)
    assert mg.record(mg.take, x, index)(x, index) == [2.0]
    assert np.isnan(jnp.take(x, index))
    assert jnp.asarray(x)[index].item() == 2.0
    logits, label = np.zeros((1, 2)), np.array([2])
    with pytest.raises(ValueError, match="label 2"):
        mg.cross_entropy(logits, label)
    assert mg.record(mg.cross_entropy, logits, label)(logits, label) == np.log(2)
    assert np.isnan(Reference().cross_entropy(jnp.asarray(logits), label))
    with pytest.raises(TypeError):
        mg.grad(lambda x: x * 1.0)(2)
    with pytest.raises(TypeError):
        jax.grad(lambda x: x * 1.0)(2)
    assert mg.Tensor(1.0).dtype == np.float64
    assert (mg.Tensor(True) + mg.Tensor(True)).item() == 2
    assert jnp.add(True, True).dtype == bool
