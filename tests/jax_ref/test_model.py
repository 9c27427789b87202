"""The model by hand: independent of minigrad, and right by formulas that can be worked out on paper."""

import ast
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jax_ref  # noqa: F401  64-bit mode
from jax_ref import model


def test_it_shares_no_code_with_minigrad():
    source = ast.parse(Path(model.__file__).read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert imported == {"collections", "typing", "jax"}


def test_without_weights_the_loss_is_that_of_guessing():
    params = [{"W": jnp.zeros((2, 4)), "b": jnp.zeros(4)}, {"W": jnp.zeros((4, 3)), "b": jnp.zeros(3)}]
    value, grads = jax.jit(jax.value_and_grad(model.loss))(params, jnp.ones((6, 2)), jnp.array([0, 0, 0, 1, 1, 2]), 0.1)
    assert float(value) == pytest.approx(math.log(3), abs=1e-15)
    np.testing.assert_allclose(grads[1]["b"], [1 / 3 - 1 / 2, 0, 1 / 3 - 1 / 6], atol=1e-15)


def test_regularisation_counts_weights_and_not_biases():
    params = [{"W": jnp.full((2, 3), 2.0), "b": jnp.full(3, 5.0)}]
    args = (jnp.zeros((1, 2)), jnp.array([0]))
    assert float(model.loss(params, *args, 0.5) - model.loss(params, *args, 0.0)) == pytest.approx(0.5 * 0.5 * 24)


@pytest.mark.parametrize("name", list(model.ACTIVATIONS))
def test_activations_are_what_they_are_called(name):
    formulas = {
        "relu": lambda x: max(x, 0.0), "tanh": math.tanh, "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
        "softplus": lambda x: math.log(1 + math.exp(x)), "identity": lambda x: x,
        "gelu": lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    }  # fmt: skip
    for x in (-2.0, 0.0, 0.7):
        assert float(model.ACTIVATIONS[name](jnp.array(x))) == pytest.approx(formulas[name](x), abs=1e-15)


def test_two_steps_of_every_optimizer_on_paper():
    """p = 1 with gradients 2 and then 4, lr 0.1."""
    m1, v1 = 2.0, 4.0  # Adam's first step: m̂ = g and v̂ = g²
    m2 = (0.5 * 0.5 * m1 + 0.5 * 4.0) / (1 - 0.25)
    v2 = (0.5 * 0.5 * v1 + 0.5 * 16.0) / (1 - 0.25)
    adam1 = 1 - 0.1 * m1 / math.sqrt(v1)
    settings = {"beta1": 0.5, "beta2": 0.5, "eps": 1e-300}
    moments = {"m": [{"W": 0.0}], "v": [{"W": 0.0}], "t": 0.0}
    velocity = {"velocity": [{"W": 0.0}]}
    decayed1 = adam1 - 0.1 * 0.3
    cases = {
        "sgd": ({}, {}, [0.8, 0.4]),
        "momentum": ({"mu": 0.5}, velocity, [0.8, 0.3]),
        "nesterov": ({"mu": 0.5}, velocity, [0.7, 0.05]),
        "adam": (settings, moments, [adam1, adam1 - 0.1 * m2 / math.sqrt(v2)]),
        "adamw": (
            {**settings, "weight_decay": 0.3},
            moments,
            [decayed1, decayed1 - 0.1 * (m2 / math.sqrt(v2) + 0.3 * decayed1)],
        ),
    }
    assert cases.keys() == model.OPTIMIZERS.keys()
    for name, (options, state, expected) in cases.items():
        params = [{"W": 1.0}]
        for g, p in zip((2.0, 4.0), expected, strict=True):
            params, state = model.OPTIMIZERS[name](params, [{"W": g}], state, 0.1, **options)
            assert float(params[0]["W"]) == pytest.approx(p, rel=1e-14), name


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="there is no optimizer 'lion' here; there are sgd"):
        model.make_step({"name": "lion"})
    with pytest.raises(ValueError, match="there is no activation 'step' here"):
        model.make_step({"name": "sgd"}, "step")
