"""A lowered Program is a JAX function like any other, with the Program's trees, shapes and dtypes."""

from typing import Any

import jax
import numpy as np
import pytest

import minigrad as mg
from jax_ref import lower
from jax_ref.meanings import MEANINGS
from minigrad.primitives import TABLE, primitive


def affine(params: dict[str, Any], x: Any) -> dict[str, Any]:
    y = x @ params["W"] + params["b"]
    return {"mean": mg.mean(y), "all": (y, [mg.exp(y)])}


def arguments(n: int = 4, dtype: str = "float64") -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(3, 2)).astype(dtype), "b": rng.normal(size=2).astype(dtype)}
    return params, rng.normal(size=(n, 3)).astype(dtype)


def recorded(dtype: str = "float64") -> mg.Program:
    (n,) = mg.dims("n")
    return mg.record(affine, {"W": mg.spec((3, 2), dtype), "b": mg.spec(2, dtype)}, mg.spec((n, 3), dtype))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("compile_it", [False, True])
def test_the_result_has_the_tree_and_dtypes_of_the_program(dtype, compile_it):
    program = recorded(dtype)
    function = jax.jit(lower(program)) if compile_it else lower(program)
    found, expected = function(*arguments(dtype=dtype)), program(*arguments(dtype=dtype))
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=1e-6 if dtype == "float32" else 1e-14)


def test_a_dimension_gets_its_length_from_each_call():
    function = jax.jit(lower(recorded()))
    for n in (1, 4, 7):
        assert function(*arguments(n))["all"][0].shape == (n, 2)


def test_jax_differentiates_it_with_respect_to_a_tree():
    program, (params, x) = recorded(), arguments()
    found = jax.jit(jax.grad(lambda params, x: lower(program)(params, x)["mean"]))(params, x)
    np.testing.assert_allclose(found["W"], np.broadcast_to(x.mean(0)[:, None] / 2, (3, 2)), rtol=1e-14)
    np.testing.assert_allclose(found["b"], [0.5, 0.5], rtol=1e-14)


def test_a_recorded_gradient_lowers_like_any_function():
    program = mg.record(mg.grad(lambda x: mg.sum(mg.sin(x))), mg.spec(3, "float64"))
    x = np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(jax.jit(lower(program))(x), np.cos(x), rtol=1e-14)


def test_names_that_no_input_binds_are_given_to_lower():
    (side,) = mg.dims("side")
    program = mg.record(lambda x: mg.arange(side, "float64") * x + side, mg.spec((), "float64"))
    np.testing.assert_array_equal(jax.jit(lower(program, dims={"side": 3}))(2.0), [3, 5, 7])
    with pytest.raises(ValueError, match="no input axis has length side"):
        lower(program)(2.0)


def test_vmap_over_a_leading_axis():
    program = mg.record(lambda x: mg.sum(x * x), mg.spec(3, "float64"))
    np.testing.assert_array_equal(jax.vmap(lower(program))(np.ones((2, 3))), [3, 3])


def test_wrong_arguments_are_named():
    program, (params, x) = recorded(), arguments()
    with pytest.raises(TypeError, match="this Program takes arguments"):
        lower(program)(params)
    with pytest.raises(TypeError, match="input x has dtype float64, and got float32"):
        lower(program)(params, x.astype("float32"))
    with pytest.raises(ValueError, match=r"input x has shape \[n, 3\].*got \[4, 2\]"):
        lower(program)(params, x[:, :2])


def test_a_row_without_a_meaning_is_named():
    cube = primitive("cube", lambda x: x**3, lambda x: (x.shape, x.dtype), (lambda g, z, x: 3 * g * x * x,))
    try:
        program = mg.record(cube, mg.spec(2, "float64"))
        with pytest.raises(KeyError, match="no meaning in JAX for cube"):
            lower(program)
        MEANINGS["cube"] = lambda x: x**3
        np.testing.assert_array_equal(lower(program)(np.array([1.0, 2.0])), [1, 8])
    finally:
        del TABLE["cube"]
        MEANINGS.pop("cube", None)
