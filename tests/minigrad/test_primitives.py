"""Every row of the table, held against its meaning in JAX: value, gradient, and gradient of the gradient.

The tests are parametrised over the table itself, so a new row is tested as soon as it exists; until it has a domain
to be tested on, the first test fails.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.abstract import Abstract
from minigrad.execute import VIEWS
from minigrad.primitives import TABLE
from minigrad.tensor import as_tensor
from tests.minigrad.domains import ALL, DOMAINS, FLOATS
from tests.minigrad.layouts import memory
from tests.minigrad.rows import Example, examples, floats_only, jaxs, ours

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
# Rows whose results, or gradients, add up several products: rounding is then relative to the terms, not to what is left
# of them after they cancel. The largest element stands for the terms. All other rows are compared element by element.
ADDS_UP = {"sum", "matmul", "scatter_add", "gather", "broadcast", "max"}

ROWS = [
    (name, dtype) for name in sorted(TABLE) for dtype in FLOATS if dtype in DOMAINS.get(name, DOMAINS["add"]).dtypes
]
OTHERS = [(name, dtype) for name in sorted(TABLE) for dtype in DOMAINS[name].dtypes if dtype not in FLOATS]
# BLAS rounds as the memory is aligned, so even two eager calls may differ in the last bit. With AVX-512, NumPy computes
# these by other instructions where memory is in order, and their last bits may differ with the layout.
BY_LAYOUT = {"cos", "exp", "log", "log1p", "pow", "sin", "tanh"}
fewer = settings(max_examples=max(10, settings.default.max_examples // 4))  # for what does not depend on the numbers
every_row = pytest.mark.parametrize(("name", "dtype"), ROWS)


def assert_close(found: Any, expected: Any, example: Example, kind: str) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    tolerance, scale = TOLERANCE[example.dtype], 0.0
    if example.name in ADDS_UP or kind == "second":
        scale = largest(expected)
    if kind == "second":  # a sum over the uses of an input in every row: tanh''(0) = 0 comes out as c d - c d
        scale = max(scale, largest(example.cotangent) * max(map(largest, example.second)))
    np.testing.assert_allclose(found, expected, tolerance, tolerance * scale, err_msg=f"{kind} of {example.name}")


def largest(x: Any) -> Any:
    return np.max(np.abs(x), initial=0.0)


def test_every_row_has_a_domain_to_be_tested_on():
    assert DOMAINS.keys() == TABLE.keys()
    for name, domain in DOMAINS.items():
        assert set(domain.dtypes) <= set(ALL), name


@every_row
@given(data=st.data())
def test_value_gradient_and_second_derivative_agree_with_jax(name, dtype, data):
    example = data.draw(examples(name, dtype))
    found, expected = ours(example), jaxs(example)
    assert found.keys() == expected.keys()
    for kind, arrays in found.items():
        for a, b in zip(arrays, expected[kind], strict=True):
            assert_close(a, b, example, kind)


@every_row
@fewer
@given(data=st.data())
def test_gradients_have_the_shapes_and_dtypes_of_the_inputs(name, dtype, data):
    example = data.draw(examples(name, dtype))
    found = ours(example)
    floats = [example.inputs[i] for i in example.moving]
    for g, x in zip(found.get("first", []), floats, strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
    for g, x in zip(found.get("second", [])[:-1], floats, strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)


@every_row
@fewer
@given(data=st.data())
def test_inputs_and_cotangents_are_left_alone_and_nothing_returned_shares_their_memory(name, dtype, data):
    example = data.draw(examples(name, dtype))
    before = [memory(x) for x in example.arrays]
    flags = [x.flags.writeable for x in example.arrays]
    found = ours(example)
    assert [memory(x) for x in example.arrays] == before
    assert [x.flags.writeable for x in example.arrays] == flags
    results = [x for kind, arrays in found.items() for x in arrays if kind != "value" or example.moving]
    for i, result in enumerate(results):
        for x in example.arrays:
            assert not np.shares_memory(result, x)
        for other in results[:i]:
            assert not np.shares_memory(result, other)


@pytest.mark.parametrize(("name", "dtype"), ROWS + OTHERS)
@fewer
@given(data=st.data())
def test_the_shape_rule_predicts_the_result(name, dtype, data):
    example = data.draw(examples(name, dtype))
    value = TABLE[name](*map(as_tensor, example.inputs), **example.params)
    abstract = [Abstract(x.shape, x.dtype) for x in example.inputs]
    assert TABLE[name].shape(*abstract, **example.params) == (value.shape, value.dtype)
    assert isinstance(value.value, np.ndarray)


@every_row
@fewer
@given(data=st.data())
def test_a_recording_replays_to_the_same_bits_as_eager(name, dtype, data):
    example = data.draw(examples(name, dtype))
    program = mg.record(lambda *xs: TABLE[name](*xs, **example.params), *example.inputs)
    before = [memory(x) for x in example.inputs]
    found = program(*example.inputs)
    expected = TABLE[name](*map(as_tensor, example.inputs), **example.params).numpy()
    assert (program.outputs[0].shape, program.outputs[0].dtype) == (found.shape, found.dtype)
    in_order = all(x.flags.c_contiguous for x in example.inputs)
    if name == "matmul" or (name in BY_LAYOUT and not in_order):
        assert_close(found, expected, example, "value")
    else:
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    assert [memory(x) for x in example.inputs] == before
    for x in example.inputs:
        assert not np.shares_memory(found, x)


@every_row
@fewer
@given(data=st.data())
def test_a_recorded_gradient_replays_like_eager(name, dtype, data):
    example = data.draw(examples(name, dtype))
    if not example.moving:
        return
    floats = [example.inputs[i] for i in example.moving]

    def gradient(floats: Any, cotangent: Any) -> Any:
        return mg.vjp(floats_only(example), *floats)[1](cotangent)

    program = mg.record(gradient, floats, example.cotangent)
    found = program(floats, example.cotangent)
    for a, b in zip(found, ours(example)["first"], strict=True):
        assert_close(a, b, example, "first")


@pytest.mark.parametrize(("name", "dtype"), OTHERS)
@fewer
@given(data=st.data())
def test_integers_and_bools_agree_with_jax_exactly(name, dtype, data):
    example: Example = data.draw(examples(name, dtype))
    (found,), (expected,) = ours(example)["value"], jaxs(example)["value"]
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_the_mixed_derivative_of_a_power_at_exponent_zero():
    """d/dy d/dx x**y = x**(y - 1) (1 + y log x), which is 1/x at y = 0 although d/dx x**y is 0 there."""
    mixed = mg.grad(lambda y: mg.grad(lambda x: mg.power(x, y))(4.0))(0.0)
    assert mixed.item() == 0.25


@pytest.mark.parametrize("name", sorted(TABLE))
def test_only_the_rows_that_move_elements_return_views(name):
    """What `minigrad.execute` takes for granted when it reuses memory: these and no others may share it."""
    rng = np.random.RandomState(0)
    shares = False
    for dtype in DOMAINS[name].dtypes:
        for shape in ((2, 3), (3,), (2, 2)):
            signature = DOMAINS[name].sign(rng, shape, dtype)
            inputs = [np.ones(s, dtype) for s in signature.shapes]
            if signature.index:
                inputs[signature.index[0]] = np.zeros(signature.shapes[signature.index[0]], np.int64)
            for position in signature.conditions:
                inputs[position] = np.ones(shape, bool)
            value = TABLE[name].impl(*inputs, **signature.params)
            shares = shares or any(np.shares_memory(value, x) for x in inputs)
    assert shares == (name in VIEWS | {"alias"})
