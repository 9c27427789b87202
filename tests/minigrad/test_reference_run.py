"""The published numbers of CS231n's neural networks case study, reached by our own differentiation.

Source: https://cs231n.github.io/neural-networks-case-study
"""

import numpy as np
import pytest

from minigrad import Tensor, data, ops, optim
from minigrad.grad import value_and_grad
from minigrad.recipe import PRESETS
from minigrad.train import Outcome, evaluate, fit, make_step, recorded

PUBLISHED = [1.098744, 0.294946, 0.259301, 0.248310, 0.246170, 0.245649, 0.245491, 0.245400, 0.245335, 0.245292]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    recipe = PRESETS["cs231n"]
    training, _, start = recipe.start()
    step = recorded(make_step(recipe.make_optimizer(), recipe.activation), start, training)
    return fit(step, training, start, recipe.steps, recipe.make_schedule(), recipe.reg, progress=False)


def test_the_network_reaches_the_published_losses(outcome: Outcome) -> None:
    found = outcome.losses[::1000]
    np.testing.assert_allclose(found[:7], PUBLISHED[:7], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found[7:], PUBLISHED[7:], rtol=0, atol=2e-5)


def test_the_network_reaches_the_published_accuracy(outcome: Outcome) -> None:
    recipe = PRESETS["cs231n"]
    training, _, _ = recipe.start()
    assert f"{evaluate(outcome.snapshot.params, training, recipe.reg)[1]:.2f}" == "0.98"


def test_the_linear_softmax_reaches_the_published_losses_and_accuracy() -> None:
    rng = np.random.RandomState(0)
    training = data.cs231n(seed=rng)
    rng.randn(18)
    params = {"W": 0.01 * rng.randn(2, 3), "b": np.zeros(3)}

    def loss(params: dict[str, np.ndarray]) -> Tensor:
        scores = ops.matmul(training.points, params["W"]) + params["b"]
        return ops.cross_entropy(scores, training.labels) + 0.5 * 1e-3 * ops.sum(ops.square(params["W"]))

    opt = optim.sgd(lr=1.0)
    losses = []
    for _ in range(200):
        value, grads = value_and_grad(loss)(params)
        losses.append(float(value))
        params, _ = opt.update(params, grads, {})
    np.testing.assert_allclose(np.array(losses)[[0, 10, 190]], [1.096956, 0.917265, 0.786302], rtol=0, atol=1e-6)
    scores = training.points @ np.asarray(params["W"]) + np.asarray(params["b"])
    assert f"{np.mean(scores.argmax(axis=1) == training.labels):.2f}" == "0.49"
