"""Transformations: nested without confusion, through Python, over trees, and clear about wrong use."""

from functools import reduce
from typing import Any

import numpy as np
import pytest
from numpy.polynomial import Polynomial

import minigrad as mg

POINTS = (-1.3, -0.2, 0.0, 0.7, 2.1)


def tanh_derivatives(x: float, order: int) -> list[float]:
    """tanh, tanh', ...: with t = tanh(x), each is a polynomial in t, and d/dx p(t) = p'(t) (1 - t²)."""
    p, found = Polynomial([0, 1]), []
    for _ in range(order + 1):
        found.append(p(np.tanh(x)))
        p = p.deriv() * Polynomial([1, 0, -1])
    return found


def pushed(f: Any) -> Any:
    """The derivative of a scalar function by jvp."""
    return lambda x: mg.jvp(f, (x,), (1.0,))[1]


def hessian_product(f: Any) -> Any:
    """The second derivative of a scalar function by hvp."""
    return lambda x: mg.hvp(f, (x,), (1.0,))[0]


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize(
    "ways",
    [[mg.grad] * 5, [pushed] * 5, [mg.grad, pushed] * 2 + [mg.grad], [pushed, mg.grad] * 2 + [pushed],
     [hessian_product, mg.grad, hessian_product], [pushed, hessian_product, hessian_product]],
    ids=["grad", "jvp", "grad and jvp", "jvp and grad", "hvp, grad, hvp", "jvp, hvp, hvp"],
)  # fmt: skip
def test_nested_to_order_five_against_the_closed_form(ways, x):
    expected = tanh_derivatives(x, 5)
    f, order = mg.tanh, 0
    for way in ways:
        f, order = way(f), order + (2 if way is hessian_product else 1)
        np.testing.assert_allclose(f(x).item(), expected[order], rtol=1e-12, atol=1e-12)
    assert order == 5


CONFUSING = {
    "inner argument, outer factor": (lambda x: mg.grad(lambda y: x * y)(x), 1.0),
    "x times d/dy (x + y)": (lambda x: x * mg.grad(lambda y: x + y)(x), 1.0),
    "x times d/dy (x y)": (lambda x: x * mg.grad(lambda y: x * y)(2.0), 6.0),
    "inner is constant in y": (lambda x: mg.grad(lambda y: x * x)(x), 0.0),
    "the same name twice": (lambda x: mg.grad(lambda x: x * x * x)(x), 18.0),
    "three levels": (lambda x: mg.grad(lambda y: y * mg.grad(lambda z: x * y * z)(x))(x), 12.0),
    "jvp in grad": (lambda x: mg.jvp(lambda y: x * y, (x,), (1.0,))[1], 1.0),
    "jvp whose tangent is x": (lambda x: mg.jvp(lambda y: y * y, (2.0,), (x,))[1], 4.0),
    "vjp whose cotangent is x": (lambda x: mg.vjp(lambda y: y * y, 2.0)[1](x)[0], 4.0),
    "hvp in grad": (lambda x: mg.hvp(lambda y: x * y * y * y, (x,), (1.0,))[0], 36.0),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFUSING)
def test_perturbations_are_not_confused(name):
    f, expected = CONFUSING[name]
    assert mg.grad(f)(3.0).item() == pytest.approx(expected, rel=1e-14)
    assert mg.jvp(f, (3.0,), (1.0,))[1].item() == pytest.approx(expected, rel=1e-14)


def test_a_closure_differentiated_at_two_places():
    def f(x: Any) -> Any:
        inner = mg.grad(lambda y: x * y * y)  # 2 x y
        return inner(x) * inner(2.0)  # 2 x x * 4 x

    assert mg.grad(f)(3.0).item() == pytest.approx(24 * 9.0)


def test_a_value_used_twice_gets_both_cotangents_before_it_is_visited():
    def f(a: Any) -> Any:
        b = a + a
        return b + b

    assert mg.grad(f)(1.0).item() == 4


def test_through_loops_branches_and_recursion():
    def root(a: Any) -> Any:  # Newton's method, as many steps as it takes
        x = mg.Tensor(1.0)
        while abs((x * x - a).item()) > 1e-14:
            x = 0.5 * (x + a / x)
        return x

    assert mg.grad(root)(2.0).item() == pytest.approx(0.5 / np.sqrt(2), rel=1e-12)

    def power(x: Any, n: int) -> Any:
        return 1.0 if n == 0 else x * power(x, n - 1)

    assert mg.grad(power)(1.1, 50).item() == pytest.approx(50 * 1.1**49, rel=1e-13)

    def collatz(x: Any) -> Any:
        return x if x < 2 else collatz(x * 0.5 if x.item() % 2 == 0 else x * 3.0 + 1.0)

    assert mg.grad(collatz)(6.0).item() == 3**2 / 2**6

    assert mg.grad(lambda x: reduce(lambda h, w: mg.tanh(w * h), [0.5, 2.0, -1.0], x))(0.0).item() == -1.0


def test_gradients_are_trees_like_their_arguments():
    def f(params: Any, pair: Any) -> Any:
        a, b = pair
        return mg.sum(params["W"] * a) + mg.sum(params["layers"][0]["b"] ** 2) * b

    params = {"W": np.ones((2, 3), np.float32), "layers": [{"b": np.array([1.0, 2.0])}], "none": None}
    pair = (np.full((2, 3), 2.0, np.float32), 3.0)
    g = mg.grad(f)(params, pair)
    assert list(g) == ["W", "layers", "none"]
    assert (g["W"].shape, g["W"].dtype, g["none"]) == ((2, 3), np.float32, None)
    np.testing.assert_array_equal(g["layers"][0]["b"].numpy(), [6, 12])
    both = mg.grad(f, argnums=(1, 0))(params, pair)
    assert type(both[0]) is tuple
    assert both[0][1].item() == 5
    np.testing.assert_array_equal(both[1]["W"].numpy(), g["W"].numpy())


def test_an_argument_that_is_not_used_has_a_gradient_of_zeros():
    g = mg.grad(lambda x, y: mg.sum(x), argnums=(0, 1))(np.ones(2), np.ones((3, 1), np.float32))
    np.testing.assert_array_equal(g[1].numpy(), np.zeros((3, 1)))
    assert g[1].dtype == np.float32


def test_has_aux_carries_whatever_else_was_computed():
    def f(x: Any) -> Any:
        y = mg.exp(x)
        return mg.sum(y), {"y": y, "text": "kept"}

    (value, aux), g = mg.value_and_grad(f, has_aux=True)(np.zeros(2))
    assert (value.item(), aux["text"]) == (2, "kept")
    assert not aux["y"].birth  # untracked: it holds on to nothing
    np.testing.assert_array_equal(g.numpy(), [1, 1])
    assert mg.grad(f, has_aux=True)(np.zeros(2))[1]["text"] == "kept"


def test_a_pullback_can_be_called_again():
    _, pullback = mg.vjp(lambda x: mg.sin(x), np.zeros(2))
    for cotangent in ([1.0, 2.0], [3.0, 4.0]):
        np.testing.assert_array_equal(pullback(np.array(cotangent))[0].numpy(), cotangent)


def test_jacobian_and_hessian_have_the_shapes_of_result_and_argument():
    x, y = np.ones((2, 3)), np.ones(4)
    assert mg.jacobian(lambda x, y: mg.outer(x, y), argnums=1)(x, y).shape == (6, 4, 4)
    assert mg.hessian(lambda x: mg.sum(x**3))(x).shape == (2, 3, 2, 3)
    blocks = mg.jacobian(lambda x: {"sum": mg.sum(x["a"]), "all": x["b"]})({"a": x, "b": y})
    assert blocks["sum"]["a"].shape == (2, 3)
    assert blocks["all"]["b"].shape == (4, 4)
    np.testing.assert_array_equal(blocks["all"]["a"].numpy(), np.zeros((4, 2, 3)))


def test_backward_accumulates_until_it_is_cleared():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    unused = mg.Tensor(1.0, requires_grad=True)
    for _ in range(2):
        mg.sum(x * x).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4, 8])
    assert unused.grad is None
    x.grad = None
    (x * 3.0).backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad.numpy(), [3, 30])


def test_stop_gradient_stops_at_every_order():
    f = lambda x: x * mg.stop_gradient(x * x)  # noqa: E731
    assert mg.grad(f)(3.0).item() == 9
    assert mg.grad(mg.grad(f))(3.0).item() == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mg.grad(lambda x: x * x)(np.ones(3)), ValueError, r"scalar loss, and .* returned shape \(3,\)"),
        (lambda: mg.grad(lambda x: x > 0)(1.0), TypeError, "the loss has dtype bool"),
        (lambda: mg.grad(lambda x: x * 1.0)(3), TypeError, r"argument 0 has dtype int64, .*; write 3\.0, or choose"),
        (lambda: mg.grad(lambda x: "loss")(3.0), TypeError, "one scalar, and it returned str"),
        (lambda: mg.grad(lambda x: x, argnums=1)(3.0), ValueError, "argnums names argument 1, but 1 positional"),
        (lambda: mg.vjp(lambda x: x, np.ones(3))[1](np.ones(2)), ValueError, r"cotangent of a result float64\[3\]"),
        (lambda: mg.vjp(lambda x: (x, x), 1.0)[1](1.0), ValueError, "the cotangent is a tree"),
        (lambda: mg.jvp(lambda x: x, (np.ones(3),), (np.ones(2),)), ValueError, r"tangent float64\[2\] does not fit"),
        (lambda: mg.jacobian(lambda x: x, 1)(np.ones(3)), ValueError, "argnums names argument 1, but 1 positional"),
        (lambda: mg.grad(lambda x: x, has_aux=True)(1.0), TypeError, r"has_aux the function returns \(result"),
        (lambda: mg.grad(lambda x: float(x) * x)(1.0), TypeError, r"float\(\) of a Tensor .* would lose its gradient"),
        (lambda: mg.Tensor(1.0).backward(), ValueError, "requires_grad=True"),
        (lambda: mg.Tensor([1.0, 2.0], requires_grad=True).backward(), ValueError, r"backward\(\) of .* shape \(2,\)"),
        (lambda: mg.grad(mg.sum)(np.arange(3)), TypeError, r"int64, .*; use \.astype\(float\), or choose float"),
        (lambda: mg.Tensor([1, 2], requires_grad=True), TypeError, "requires_grad needs a float dtype"),
        (lambda: mg.grad(lambda x: float(np.exp(x)))(1.0), TypeError, "np.exp does not know Tensors; use minigrad.exp"),
        (lambda: mg.grad(lambda x: mg.sum(np.asarray(x)))(1.0), TypeError, "lose the gradient of a tracked Tensor"),
    ],
)  # fmt: skip
def test_a_wrong_use_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
