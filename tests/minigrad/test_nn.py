"""Networks against the same arithmetic in NumPy, and initialisations against their formulas."""

import numpy as np
import pytest

from minigrad import check, nn, ops

REFERENCE = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "identity": lambda x: x,
}


def test_every_activation_has_a_reference_here() -> None:
    assert REFERENCE.keys() == nn.ACTIVATIONS.keys()


@pytest.mark.parametrize("activation", sorted(nn.ACTIVATIONS))
def test_mlp_is_layers_with_an_activation_between_them(activation: str) -> None:
    params = nn.init_mlp([2, 5, 4, 3], "he", 1, bias=0.3)
    x = np.random.RandomState(2).randn(7, 2)
    f = REFERENCE[activation]
    hidden = f(x @ params[0]["W"] + params[0]["b"])
    hidden = f(hidden @ params[1]["W"] + params[1]["b"])
    expected = hidden @ params[2]["W"] + params[2]["b"]
    np.testing.assert_allclose(nn.mlp(params, x, activation).numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize("activation", sorted(nn.ACTIVATIONS))
def test_mlp_has_the_gradients_that_finite_differences_give(activation: str) -> None:
    params = nn.init_mlp([2, 4, 3], "he", 3, bias=0.5)
    x = np.random.RandomState(4).randn(6, 2)
    check.gradients(lambda params: ops.sum(ops.square(nn.mlp(params, x, activation))), params)


def test_a_network_of_one_layer_is_linear() -> None:
    params = nn.init_mlp([2, 3], "he", 0, bias=1.0)
    x = np.random.RandomState(0).randn(4, 2)
    np.testing.assert_allclose(nn.mlp(params, x).numpy(), x @ params[0]["W"] + params[0]["b"])


def test_squared_weights_leaves_biases_out() -> None:
    params = nn.init_mlp([2, 5, 3], "he", 0, bias=1.0)
    expected = np.sum(params[0]["W"] ** 2) + np.sum(params[1]["W"] ** 2)
    assert float(nn.squared_weights(params)) == pytest.approx(expected, rel=1e-14)


DEVIATIONS = {"he": np.sqrt(2 / 400), "xavier": np.sqrt(2 / 700), ("normal", 0.01): 0.01}


@pytest.mark.parametrize(("init", "deviation"), DEVIATIONS.items())
def test_weights_have_the_standard_deviation_of_their_initialisation(init: nn.Init, deviation: float) -> None:
    weights = nn.init_mlp([400, 300], init, 0)[0]["W"]
    assert weights.mean() == pytest.approx(0, abs=deviation / 50)
    assert weights.std() == pytest.approx(deviation, rel=0.01)


def test_xavier_is_uniform_within_its_bound_and_he_is_not_bounded() -> None:
    bound = np.sqrt(6 / 700)
    assert np.abs(nn.init_mlp([400, 300], "xavier", 0)[0]["W"]).max() == pytest.approx(bound, rel=1e-3)
    assert np.abs(nn.init_mlp([400, 300], "he", 0)[0]["W"]).max() > 3 * np.sqrt(2 / 400)


def test_draws_come_in_order_weights_then_biases_from_one_stream() -> None:
    rng = np.random.RandomState(5)
    params = nn.init_mlp([2, 4, 3], ("normal", 0.1), np.random.RandomState(5), bias=0.2)
    for layer, (inputs, outputs) in zip(params, [(2, 4), (4, 3)], strict=True):
        np.testing.assert_array_equal(layer["W"], 0.1 * rng.randn(inputs, outputs))
        np.testing.assert_array_equal(layer["b"], 0.2 * rng.randn(outputs))
    for layer in nn.init_mlp([2, 4, 3]):
        assert not layer["b"].any()


def test_float32_rounds_the_same_draws() -> None:
    for single, double in zip(nn.init_mlp([2, 4, 3], dtype="float32"), nn.init_mlp([2, 4, 3]), strict=True):
        assert single["W"].dtype == single["b"].dtype == np.float32
        np.testing.assert_array_equal(single["W"], double["W"].astype(np.float32))


def test_bad_requests_are_named() -> None:
    with pytest.raises(ValueError, match="no activation 'swish'; there are relu, tanh"):
        nn.mlp(nn.init_mlp([2, 3, 3]), np.zeros((1, 2)), "swish")
    with pytest.raises(ValueError, match="no init 'glorot'; there are 'he', 'xavier'"):
        nn.init_mlp([2, 3], "glorot")
    for widths in ([2], [2, 0, 3]):
        with pytest.raises(ValueError, match="widths are"):
            nn.init_mlp(widths)
    with pytest.raises(ValueError, match=r"\(1, 3\).*\(2, 4\)"):
        nn.mlp(nn.init_mlp([2, 4, 3]), np.zeros((1, 3)))
