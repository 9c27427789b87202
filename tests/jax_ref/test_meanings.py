"""Every primitive has a meaning in JAX, and at the edges where JAX would do otherwise it is the table's."""

import jax.numpy as jnp
import numpy as np
import pytest

from jax_ref import MEANINGS
from minigrad.primitives import TABLE


def test_every_row_of_the_table_has_a_meaning_and_nothing_else_has():
    assert MEANINGS.keys() == TABLE.keys()


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_integers_divided_by_zero_give_zero(dtype):
    x, y = jnp.array([7, 0, 9], dtype), jnp.array([0, 0, 2], dtype)
    np.testing.assert_array_equal(MEANINGS["floordiv"](x, y), [0, 0, 4])


def test_integers_divide_downward():
    np.testing.assert_array_equal(MEANINGS["floordiv"](jnp.array([-7, 7]), jnp.array([2, -2])), [-4, -4])


def test_an_index_wraps_once_and_is_then_clamped():
    x, index = jnp.array([10.0, 11.0, 12.0]), jnp.array([-1, -3, -4, 3, 100, -100])
    np.testing.assert_array_equal(MEANINGS["gather"](x, index, axis=0), [12, 10, 10, 12, 12, 10])
    np.testing.assert_array_equal(MEANINGS["scatter_add"](jnp.ones(6), index, axis=0, size=3), [3, 0, 3])


def test_a_small_unsigned_index_reaches_every_element():
    x = jnp.arange(300.0)
    np.testing.assert_array_equal(MEANINGS["gather"](x, jnp.array([255], "uint8"), axis=0), [255])


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_floats_become_integers_by_truncation_and_saturation(dtype):
    info = np.iinfo(dtype)
    x = jnp.array([1.9, -0.9, 1e30, -1e30, np.inf, -np.inf, np.nan])
    expected = np.array([1, 0, info.max, info.min, info.max, info.min, 0], dtype)
    np.testing.assert_array_equal(MEANINGS["cast"](x, dtype=np.dtype(dtype)), expected)


def test_labels_out_of_range_have_an_empty_row():
    found = MEANINGS["one_hot"](jnp.array([1, -1, 3]), size=3, dtype=np.dtype("float32"))
    np.testing.assert_array_equal(found, [[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    assert found.dtype == np.float32
