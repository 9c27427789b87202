"""The NumPy-like face: values and dtypes are NumPy's, gradients are JAX's."""

import itertools
from functools import cache
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.tensor import as_tensor
from tests.minigrad.face import CASES, IDS, Case, Function, Reference
from tests.minigrad.layouts import LAYOUTS

fewer = settings(max_examples=max(5, settings.default.max_examples // 10))  # a compilation per case, and 120 cases
EVERY = [pytest.param(i, "float64", id=name) for i, name in enumerate(IDS)]
SOME = [pytest.param(i, "float32", id=f"{IDS[i]} float32") for i in range(0, len(CASES), 5)]  # rows are tested in both


# Without a gradient, or without numbers to differentiate: tested below, and where records and indices are.
OTHERS = {
    "all", "any", "arange", "argmax", "argmin", "astype", "broadcast_shapes", "equal", "eye", "floor_divide", "full",
    "greater", "greater_equal", "isfinite", "isnan", "less", "less_equal", "logical_and", "logical_not", "logical_or",
    "logical_xor", "not_equal", "one_hot", "ones", "ones_like", "size", "zeros", "zeros_like",
}  # fmt: skip


def test_every_function_of_the_face_has_a_case():
    used = set()

    class Spy:
        def __getattr__(self, name: str) -> Any:
            used.add({"abs": "absolute"}.get(name, name))
            return getattr(mg, name)

    for c in CASES:
        c.function(Spy(), *(mg.ones(shape) for shape in c.shapes))
    functions = {name for name in mg.ops.__all__ if not isinstance(getattr(mg, name), type(np))} - {"abs"}
    assert functions - used == OTHERS


@st.composite
def arrays(draw: st.DrawFn, case: Case, dtype: str) -> list[Any]:
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    drawn = [np.asarray(rng.uniform(case.low, case.high, shape)).astype(dtype) for shape in case.shapes]
    return [draw(st.sampled_from(LAYOUTS))(x) for x in drawn]


@cache
def reference(index: int, dtype: str) -> Function:
    """JAX's value and pullback of a case, compiled."""

    def both(xs: Any, cotangent: Any) -> Any:
        value, pullback = jax.vjp(lambda *xs: CASES[index].function(Reference(), *xs), *xs)
        return value, pullback(cotangent)

    return jax.jit(both)


@pytest.mark.parametrize(("index", "dtype"), EVERY + SOME)
@fewer
@given(data=st.data())
def test_values_and_gradients_agree_with_jax(index, dtype, data):
    function = CASES[index].function
    xs = data.draw(arrays(CASES[index], dtype))
    value, pullback = mg.vjp(lambda *xs: function(mg, *xs), *xs)
    cotangent = np.random.RandomState(0).normal(size=value.shape).astype(dtype)
    expected, gradients = reference(index, dtype)(xs, cotangent)
    for a, b in zip((value, *pullback(cotangent)), (expected, *gradients), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        tolerance = 1e-12 if dtype == "float64" else 1e-5
        scale = np.max(np.abs(b), initial=1.0)  # sums cancel, and numbers are of size 1
        np.testing.assert_allclose(a.numpy(), b, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("index", range(len(CASES)), ids=IDS)
@fewer
@given(data=st.data())
def test_values_are_those_of_numpy_where_it_has_the_function(index, data):
    function = CASES[index].function
    xs = data.draw(arrays(CASES[index], "float64"))
    try:
        expected = function(np, *xs)
    except AttributeError:
        return
    found = function(mg, *map(mg.Tensor, xs))
    assert (found.shape, found.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-14, atol=1e-15)


ARITHMETIC = ["add", "subtract", "multiply", "divide", "floor_divide", "mod", "maximum", "minimum"]
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]
DTYPES = ["float64", "float32", "int64", "int32", "uint8"]
SCALARS = [2, 3.0]


@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISONS])
def test_dtypes_promote_as_in_numpy(name):
    """Arrays of every pair of dtypes, and Python numbers beside arrays, which keep the array's dtype."""
    tensors = [np.array([7, 1, 4], dtype) for dtype in DTYPES]
    pairs = [*itertools.product(tensors, tensors)]
    pairs += [pair for x in tensors for s in SCALARS for pair in ((x, s), (s, x))]
    for x, y in pairs:
        expected = getattr(np, name)(x, y)
        if expected.dtype == np.float16:
            continue  # NumPy divides uint8 by uint8 in float16, which minigrad does not have
        found = getattr(mg, name)(x, y)
        assert found.dtype == expected.dtype, (name, x, y)
        np.testing.assert_array_equal(found.numpy(), expected, err_msg=f"{name} {x!r} {y!r}")


def test_python_numbers_do_not_promote_a_float32_array():
    x = mg.Tensor(np.ones(2, np.float32))
    for y in (x + 1.0, 2 * x, x / 3, 1.0 - x, x**2.5, mg.maximum(x, 0.5), mg.where(x > 0, x, 0.0), x.mean(), x.var()):
        assert y.dtype == np.float32


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor", "logical_not", "all", "any"])
def test_truth_is_that_of_numpy(name):
    x, y = np.array([[True, False], [True, True]]), np.array([[2, 0], [0, 0]])
    args = (x, y) if name in ("logical_and", "logical_or", "logical_xor") else (x,)
    np.testing.assert_array_equal(getattr(mg, name)(*args).numpy(), getattr(np, name)(*args))


def test_only_functions_that_move_elements_look_at_the_memory_of_their_argument():
    sharing = set()
    for c in CASES:
        xs = [np.full(shape, 0.5) for shape in c.shapes]
        if any(np.shares_memory(c.function(mg, *map(as_tensor, xs)).value, x) for x in xs):
            sharing.add(c.name)
    assert sharing == {
        "broadcast_to", "expand_dims", "flip", "moveaxis", "ravel", "reshape", "squeeze", "stop_gradient", "swapaxes",
        "transpose",
    }  # fmt: skip


def test_positions_and_constants_are_those_of_numpy():
    x = np.array([[2.0, np.nan, 5.0], [5.0, 5.0, np.inf]])
    for name in ("isnan", "isfinite"):
        np.testing.assert_array_equal(getattr(mg, name)(x).numpy(), getattr(np, name)(x))
    finite = np.array([[2, 5, 5], [1, 7, 1]])
    for axis in (None, 0, 1, -1):
        np.testing.assert_array_equal(mg.argmax(finite, axis).numpy(), np.argmax(finite, axis))
        np.testing.assert_array_equal(mg.argmin(finite, axis).numpy(), np.argmin(finite, axis))
    np.testing.assert_array_equal(mg.eye(3).numpy(), np.eye(3))
    np.testing.assert_array_equal(mg.arange(4).numpy(), np.arange(4))
    np.testing.assert_array_equal(mg.full((2, 1), 3.0).numpy(), np.full((2, 1), 3.0))
    np.testing.assert_array_equal(mg.astype([1.7, -1.7], "int64").numpy(), [1, -1])
    for name in ("ones", "zeros"):
        assert getattr(mg, name)((2, 3), "float32").dtype == np.float32
        np.testing.assert_array_equal(getattr(mg, name + "_like")(finite).numpy(), getattr(np, name + "_like")(finite))
    np.testing.assert_array_equal(mg.one_hot([1, 3, -1], 3).numpy(), [[0, 1, 0], [0, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x + np.ones(4), r"shapes \(2, 3\) and \(4,\) do not broadcast: axis -1 has 3 and 4"),
        (lambda x: x @ np.ones((4, 2)), r"matmul of \(2, 3\) and \(4, 2\): the inner axes 3 and 4 differ"),
        (lambda x: x.reshape(4, 2), r"cannot reshape \(2, 3\), 6 elements, to \(4, 2\), 8 elements"),
        (lambda x: x.reshape(4, -1), r"cannot reshape \(2, 3\) to \(4, -1\)"),
        (lambda x: mg.sum(x, axis=2), "axis 2 does not exist in an array with 2 axes"),
        (lambda x: mg.sum(x, axis=(0, -2)), "name the same axis twice"),
        (lambda x: mg.stack([x, mg.ones((2, 2))]), r"stack needs equal shapes, and got \(2, 3\), \(2, 2\)"),
        (lambda x: mg.max(mg.zeros((0, 3)), axis=0), r"max over an empty axis has no value: shape \(0, 3\)"),
        (lambda x: mg.squeeze(x, 0), "squeeze can only remove axes of length 1"),
        (lambda x: mg.cross_entropy(x, np.array([0, 3])), "label 3 at row 1 is out of range for 3 classes"),
        (lambda x: mg.cross_entropy(x, np.array([0, 1, 2])), "one label per row of logits"),
        (lambda x: mg.mean_squared_error(x, np.ones(3)), "mean_squared_error needs equal shapes"),
    ],
)
def test_what_does_not_fit_is_named_with_its_shapes(call, message):
    with pytest.raises(ValueError, match=message):
        call(mg.Tensor(np.ones((2, 3))))


def test_a_mask_of_other_bytes_than_0_and_1_chooses_as_numpy_does():
    mask = np.full(4096, 2, np.uint8).view(bool)
    assert mg.where(mask, mg.Tensor(np.ones(4096)), 0.0).numpy().max() == 1


def test_shapes_are_lists_too_and_lengths_not_negative():
    assert mg.broadcast_shapes([3, 1], [4]) == (3, 4)
    with pytest.raises(ValueError, match="cannot broadcast"):
        mg.broadcast_to(np.ones(1), (-1,))
