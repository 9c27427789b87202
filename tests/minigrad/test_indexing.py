"""`x[key]` reads what NumPy reads, refuses what NumPy refuses, and its gradient lands where the elements came from."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from tests.minigrad.domains import SHAPES
from tests.minigrad.layouts import LAYOUTS

INDEX_SHAPES = [(), (1,), (2,), (3,), (2, 1), (1, 3), (0,)]


@st.composite
def entries(draw: st.DrawFn, length: int) -> Any:
    """What may stand for one axis of this length, now and then out of its range."""
    kind = draw(st.sampled_from(["int", "slice", "slice", "full", "array", "array"]))
    edge = st.none() | st.integers(-length - 2, length + 2)
    if kind == "int":
        return draw(st.integers(-length, length - 1)) if length and draw(st.integers(0, 9)) else length
    if kind == "slice":
        return slice(draw(edge), draw(edge), draw(st.sampled_from([None, 1, 2, 3, -1, -2])))
    if kind == "full":
        return slice(None)
    shape = draw(st.sampled_from(INDEX_SHAPES))
    low, high = (-length, length - 1) if length else (0, 0)
    values = [draw(st.integers(low, high)) for _ in range(int(np.prod(shape)))]
    dtype = draw(st.sampled_from(["int64", "int32"]))
    return np.array(values, dtype).reshape(shape)


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key for an array of this shape: entries for some of its axes, None and ... in between, or a mask."""
    if shape and draw(st.integers(0, 9)) == 0:
        lead = draw(st.integers(1, len(shape)))
        size = int(np.prod(shape[:lead]))
        return (np.array([draw(st.booleans()) for _ in range(size)], bool).reshape(shape[:lead]),)
    used = draw(st.integers(0, len(shape)))
    from_the_end = draw(st.booleans())
    axes = shape[len(shape) - used :] if from_the_end else shape[:used]
    key = [draw(entries(length)) for length in axes]
    if from_the_end or draw(st.integers(0, 4)) == 0:
        key.insert(0 if from_the_end else draw(st.integers(0, len(key))), ...)
    if draw(st.integers(0, 2)) == 0:
        key.insert(draw(st.integers(0, len(key))), None)
    return tuple(key)


@given(data=st.data(), shape=st.sampled_from(SHAPES))
def test_reading_equals_numpy_and_the_gradient_goes_back_where_it_came_from(data, shape):
    key = data.draw(keys(shape))
    layout = data.draw(st.sampled_from(LAYOUTS))
    x = layout(np.arange(1.0, 1 + np.prod(shape)).reshape(shape))
    try:
        expected = x[key]
    except IndexError:
        with pytest.raises((IndexError, ValueError)):
            mg.Tensor(x)[key]
        return
    value, pullback = mg.vjp(lambda x: x[key], x)
    np.testing.assert_array_equal(value.numpy(), expected)
    assert value.shape == np.shape(expected)
    cotangent = np.random.RandomState(0).normal(size=value.shape)
    landed = np.zeros(shape)
    np.add.at(landed, key, cotangent)
    np.testing.assert_allclose(pullback(cotangent)[0].numpy(), landed, rtol=1e-15, atol=1e-15)


@given(data=st.data(), shape=st.sampled_from([s for s in SHAPES if s and all(s)]))
def test_a_recording_reads_the_same(data, shape):
    key = data.draw(keys(shape))
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    try:
        expected = x[key]
    except IndexError:
        return
    program = mg.record(lambda x: x[key], mg.spec(shape, "float64"))
    np.testing.assert_array_equal(program(x), expected)


def test_an_index_may_be_a_tensor_and_repeats_add_up():
    x = np.array([1.0, 2.0, 3.0])
    index = mg.Tensor([2, 0, 2, 2])
    gradient = mg.grad(lambda x: mg.sum(x[index] * mg.Tensor([1.0, 10.0, 100.0, 1000.0])))(x)
    np.testing.assert_array_equal(gradient.numpy(), [10, 0, 1101])


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (3, IndexError, r"index 3 is out of range for axis 0 of the shape \(3, 2\)"),
        ((0, 0, 0), IndexError, "3 indices for a Tensor with 2 axes"),
        ((..., ...), IndexError, "only one ..."),
        (1.5, TypeError, "cannot index a Tensor with 1.5"),
        ("a", TypeError, "cannot index a Tensor with 'a'"),
        (np.array([0.0]), TypeError, "an index array holds integers or bools, not float64"),
        (np.array([0, 3]), IndexError, r"index 3 is out of range for axis 0"),
        (np.array([0, -4]), IndexError, r"index -4 is out of range for axis 0"),
    ],
)
def test_a_wrong_index_is_named(key, error, message):
    with pytest.raises(error, match=message):
        mg.Tensor(np.zeros((3, 2)))[key]


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(IndexError, match=r"boolean index of shape \(2,\) does not fit axis 0"):
        mg.Tensor(np.zeros((3, 2)))[np.array([True, False])]


def test_an_integer_apart_from_an_array_sends_the_new_axes_to_the_front():
    x = np.arange(24.0).reshape(2, 3, 4)
    for key in [(0, slice(None), [1, 2]), ([0, 1], slice(None), 0), (slice(None), 0, None, [1, 2]), (0, [1, 2])]:
        np.testing.assert_array_equal(mg.Tensor(x)[key].numpy(), x[key])


def test_positions_in_two_axes_of_which_one_has_no_length_yet():
    m, n = mg.dims("m n")
    x, rows, columns = np.arange(6.0).reshape(2, 3), np.array([1, -1, 0]), np.array([-1, 0, 2])
    for shape in [(m, n), (2, n), (m, 3)]:
        program = mg.record(lambda x, i, j: x[i, j], mg.spec(shape, "float64"), rows, columns)
        np.testing.assert_array_equal(program(x, rows, columns), x[rows, columns])


@pytest.mark.parametrize("size", [1, 3, 8, 9, 300])  # short axes are rows of a table
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("result", ["float32", "bool"])
def test_one_hot_of_any_integer_is_a_comparison(size: int, dtype: str, result: str) -> None:
    limits = np.iinfo(dtype)
    index = np.array([[limits.min, 0, 1, 2], [size - 1, size % 256, 100, limits.max]]).astype(dtype).T
    expected = index[..., None] == np.arange(size)
    np.testing.assert_array_equal(mg.one_hot(index, size, result).numpy(), expected.astype(result))
    np.testing.assert_array_equal(mg.record(lambda i: mg.one_hot(i, size, result), index)(index), expected)
