"""The spiral model in lock-step with the one written by hand: 200 steps of training, compared at every one.

Both take each step from minigrad's parameters, since two correct programs drift apart when left alone.
"""

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_ref import lower, model
from jax_ref.compare import deviation
from minigrad import dims, nn, optim, record, spec, train
from minigrad.files import named
from minigrad.grad import value_and_grad

STEPS = 200
some = settings(max_examples=max(1, settings.default.max_examples // 25))  # three compilations and 200 steps each
RATES = {"sgd": 0.5, "momentum": 0.1, "nesterov": 0.1, "adam": 0.01, "adamw": 0.01}


def observed(optimizer: optim.Optimizer, activation: str) -> Any:
    """The training step, its gradients among the results."""

    def step(params: Any, state: Any, points: Any, labels: Any, lr: Any, reg: Any) -> dict[str, Any]:
        value, grads = value_and_grad(train.loss)(params, points, labels, reg, activation)
        params, state = optimizer.update(params, grads, state, lr)
        return {"loss": value, "grads": grads, "params": params, "state": state}

    return step


@pytest.mark.parametrize("name", RATES)
@some
@given(data=st.data())
def test_two_hundred_steps_agree_with_the_model_by_hand(name, data):
    n, classes = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 6))
    widths = [2, *data.draw(st.lists(st.integers(1, 12), max_size=3)), classes]
    activation = data.draw(st.sampled_from(sorted(model.ACTIVATIONS)))
    reg = data.draw(st.sampled_from([0.0, 1e-3, 0.1]))
    rng = np.random.RandomState(data.draw(st.integers(0, 2**32 - 1)))
    points, labels = rng.normal(size=(n, 2)), rng.randint(classes, size=n)

    optimizer = optim.make(name)
    params: Any = nn.init_mlp(widths, "xavier", rng, bias=0.1)
    state = optimizer.init(params)
    ours = observed(optimizer, activation)
    (size,) = dims("n")
    number = spec((), "float64")
    program = record(ours, params, state, spec((size, 2), "float64"), spec((size,), "int64"), number, number)
    by_hand = jax.jit(model.make_step({"name": name, **optimizer.options}, activation))
    lowered = jax.jit(lower(program))
    for step in range(STEPS):
        args = (params, state, points, labels, RATES[name], reg)
        found = named(ours(*args) if step % 2 else program(*args), "")
        for other in (by_hand, lowered):
            expected = named(other(*args), "")
            for quantity, value in found.items():
                assert deviation(value, quantity, expected) < 1e-11, (step, quantity)
        result = program(*args)
        params, state = result["params"], result["state"]
