"""Derivatives against nothing but mathematics: no other library's calculus takes part here."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.primitives import TABLE
from tests.minigrad.domains import DOMAINS, signatures
from tests.minigrad.face import CASES, IDS, Case
from tests.minigrad.rows import numbers_for

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=max(5, settings.default.max_examples // 5))  # four evaluations per element and order
JUMPS = ("floor", "sign", "stop_gradient")  # what they do and what they say differ on purpose
SMOOTH = [pytest.param(c, id=name) for c, name in zip(CASES, IDS, strict=True) if not c.name.startswith(JUMPS)]


def numbers(case: Case, seed: int = 0) -> list[Any]:
    rng = np.random.RandomState(seed)
    return [np.asarray(rng.uniform(case.low, case.high, shape)) for shape in case.shapes]


def has_slope(name: str) -> bool:
    vjp = TABLE[name].vjp
    return (callable(vjp) or any(vjp)) and "float64" in DOMAINS[name].dtypes


@pytest.mark.parametrize("name", [name for name in sorted(TABLE) if has_slope(name)])
@some
@given(seed=seeds, which=st.integers(0, 10))
def test_every_row_of_the_table_has_the_slopes_of_finite_differences(name, seed, which):
    """First and second order, at numbers on a grid without ties, whose points keep clear of every row's kinks."""
    rng = np.random.RandomState(seed)
    pool, grid, inputs = signatures(name, "float64"), list(rng.permutation(1000)), []
    signature = pool[which % len(pool)]
    for position, shape in enumerate(signature.shapes):
        x = numbers_for(rng, name, signature, position, shape, "float64", ties=0.0)
        if x.dtype == np.float64:
            low, high, _ = DOMAINS[name].numbers[min(position, len(DOMAINS[name].numbers) - 1)]
            x = low + (high - low) * (np.reshape([grid.pop() for _ in range(x.size)], shape) + 0.5) / 1000
        inputs.append(x)
    result = TABLE[name](*inputs, **signature.params)
    if result.dtype == np.float64:  # a cast may make something else
        mg.check.gradients(lambda *xs: TABLE[name](*xs, **signature.params), *inputs)


@pytest.mark.parametrize("case", SMOOTH)
def test_slopes_of_first_and_second_order_are_those_of_finite_differences(case):
    mg.check.gradients(lambda *xs: case.function(mg, *xs), *numbers(case))


@pytest.mark.parametrize("case", SMOOTH)
def test_jvp_and_vjp_are_each_others_transpose(case):
    """<u, J t> = <J^T u, t>"""
    xs, tangents = numbers(case), numbers(case, seed=1)
    value, pushed = mg.jvp(lambda *xs: case.function(mg, *xs), xs, tangents)
    u = np.random.RandomState(2).normal(size=value.shape)
    pulled = mg.vjp(lambda *xs: case.function(mg, *xs), *xs)[1](u)
    right = sum(np.vdot(g.numpy(), t) for g, t in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(np.vdot(u, pushed.numpy()), right, rtol=1e-11, atol=1e-12)


ANALYTIC: dict[str, Callable[..., Any]] = {
    "exp": lambda m, x: m.sum(m.exp(x)),
    "log": lambda m, x: m.sum(m.log(x)),
    "log1p": lambda m, x: m.sum(m.log1p(x)),
    "sqrt": lambda m, x: m.sum(m.sqrt(x) * x),
    "sin and cos": lambda m, x: m.sum(m.sin(x) * m.cos(2.0 * x)),
    "tanh": lambda m, x: m.sum(m.tanh(x) ** 2),
    "powers": lambda m, x: m.sum(x**3 - x**2.5 + x**-1.5),
    "quotient": lambda m, x: m.sum(x / (1.0 + x * x)),
    "logsumexp": lambda m, x: m.log(m.sum(m.exp(x))),
    "products": lambda m, x: m.sum(m.matmul(x, x.T) * m.matmul(x, x.T)[::-1, :1]),
    "variance": lambda m, x: m.sum((x - m.mean(x)) ** 2) / 5.0,
    "movements": lambda m, x: m.sum(m.concatenate([x[:, ::-1], x[1:]]).T.reshape(-1)[::2] ** 3),
    "a network": lambda m, x: m.sum(m.tanh(m.matmul(m.tanh(m.matmul(x, np.eye(3, 4))), np.full((4, 2), 0.3)))),
}


@pytest.mark.parametrize("name", ANALYTIC)
@given(seed=seeds)
def test_gradients_are_those_of_the_complex_step(name, seed):
    """f'(x) = Im f(x + ih)/h with h so small that no digit is lost: J. Lyness & C. Moler 1967."""
    f, x, h = ANALYTIC[name], np.random.RandomState(seed).uniform(0.3, 2.0, (2, 3)), 1e-40
    expected = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = x.astype(complex)
        step[place] += 1j * h
        expected[place] = f(np, step).imag / h
    scale = np.abs(expected).max()
    np.testing.assert_allclose(mg.grad(lambda x: f(mg, x))(x).numpy(), expected, rtol=1e-12, atol=1e-13 * scale)


@pytest.mark.parametrize("name", ANALYTIC)
@given(seed=seeds)
def test_hessians_are_symmetric(name, seed):
    x = np.random.RandomState(seed).uniform(0.3, 2.0, (2, 3))
    h = mg.hessian(lambda x: ANALYTIC[name](mg, x))(x).numpy().reshape(6, 6)
    np.testing.assert_allclose(h, h.T, rtol=1e-12, atol=1e-13 * np.abs(h).max())
    v = np.random.RandomState(seed).normal(size=(2, 3))
    (product,) = mg.hvp(lambda x: ANALYTIC[name](mg, x), (x,), (v,))
    np.testing.assert_allclose(product.numpy().ravel(), h @ v.ravel(), rtol=1e-11, atol=1e-12 * np.abs(h).max())


@given(x=st.floats(0.2, 2.0), y=st.floats(0.2, 2.0))
def test_mixed_partial_derivatives_commute(x, y):
    """Schwarz: ∂²f/∂x∂y = ∂²f/∂y∂x."""
    for f in (
        lambda x, y: x**y,
        lambda x, y: mg.sin(x * y) / (x + y),
        lambda x, y: mg.exp(-x / y) * mg.log(x + y * y),
        lambda x, y: mg.logsumexp(mg.stack([x, y, x * y])) ** 2,
    ):
        one = mg.grad(lambda y: mg.grad(f, 0)(x, y))(y).item()  # noqa: B023
        other = mg.grad(lambda x: mg.grad(f, 1)(x, y))(x).item()  # noqa: B023
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


@given(seed=seeds, n=st.integers(1, 6), c=st.integers(1, 5))
def test_cross_entropy_has_the_gradient_p_minus_y(seed, n, c):
    rng = np.random.RandomState(seed)
    logits, labels = rng.normal(size=(n, c)) * 5, rng.randint(c, size=n)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = (p - np.eye(c)[labels]) / n
    found = mg.grad(mg.cross_entropy)(logits, labels).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


@given(seed=seeds, n=st.integers(1, 5))
def test_logsumexp_has_the_hessian_of_a_covariance(seed, n):
    """diag(p) - p pᵀ with p the softmax."""
    x = np.random.RandomState(seed).normal(size=n) * 3
    p = np.exp(x) / np.exp(x).sum()
    np.testing.assert_allclose(mg.grad(mg.logsumexp)(x).numpy(), p, rtol=1e-13)
    np.testing.assert_allclose(mg.jacobian(mg.softmax)(x).numpy(), np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(mg.hessian(mg.logsumexp)(x).numpy(), np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-15)


@given(seed=seeds)
def test_closed_forms(seed):
    rng = np.random.RandomState(seed)
    x, y, a = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(4, 4))
    s = 1 / (1 + np.exp(-x))
    forms: list[tuple[Any, Any]] = [
        (mg.grad(lambda x: x @ a @ x)(x), (a + a.T) @ x),
        (mg.hessian(lambda x: x @ a @ x)(x), a + a.T),
        (mg.jacobian(lambda x: a @ x)(x), a),
        (mg.grad(lambda x: mg.norm(x))(x), x / np.linalg.norm(x)),
        (mg.grad(lambda x: mg.var(x))(x), 2 * (x - x.mean()) / 4),
        (mg.grad(lambda x: mg.mean_squared_error(x, y))(x), (x - y) / 2),
        (mg.jacobian(mg.sigmoid)(x), np.diag(s * (1 - s))),
        (mg.grad(lambda x: mg.sum(mg.softplus(x)))(x), s),
        (mg.hessian(lambda x: mg.sum(mg.softplus(x)))(x), np.diag(s * (1 - s))),
        (mg.jacobian(lambda x: mg.outer(x, y))(x), np.einsum("ik,j->ijk", np.eye(4), y)),
        (mg.grad(lambda a: mg.sum(a @ a))(a), np.ones((4, 4)) @ a.T + a.T @ np.ones((4, 4))),
    ]  # fmt: skip
    for found, expected in forms:
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-11, atol=1e-12)


HOMOGENEOUS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "norm": (1, mg.norm),
    "largest": (1, mg.max),
    "magnitudes": (1, lambda x: mg.sum(mg.absolute(x))),
    "geometric mean": (1, lambda x: mg.sqrt(mg.absolute(x[0] * x[1]))),
    "angle": (0, lambda x: x[0] * x[1] / mg.sum(x * x)),
    "cubic": (3, lambda x: x[0] ** 2 * x[1] + x[2] * x[1] * x[0]),
    "quotient": (-1, lambda x: x[0] / mg.sum(x * x)),
    "three layers without biases": (3, lambda x: mg.sum(mg.relu(mg.relu(mg.outer(x, x)) @ mg.maximum(x, 2 * x)))),
}


@pytest.mark.parametrize("name", HOMOGENEOUS)
@given(seed=seeds)
def test_euler(name, seed):
    """f(t x) = t^k f(x) implies <x, f'(x)> = k f(x) and f''(x) x = (k - 1) f'(x)."""
    degree, f = HOMOGENEOUS[name]
    x = np.random.RandomState(seed).normal(size=4)
    value, gradient = mg.value_and_grad(f)(x)
    scale = np.abs(x * gradient.numpy()).sum()
    np.testing.assert_allclose(x @ gradient.numpy(), degree * value.item(), rtol=1e-11, atol=1e-12 * scale)
    (along,) = mg.hvp(f, (x,), (x,))
    scale = np.abs(mg.hessian(f)(x).numpy() * x).sum() + np.abs(gradient.numpy()).max()
    np.testing.assert_allclose(along.numpy(), (degree - 1) * gradient.numpy(), rtol=1e-11, atol=1e-12 * scale)


def test_a_taylor_polynomial_of_order_five_leaves_an_error_of_order_six():
    def f(x: Any) -> Any:
        return mg.exp(mg.sin(x)) / (2.0 + x * x)

    derivatives = [f]
    for _ in range(5):
        derivatives.append(mg.grad(derivatives[-1]))
    coefficients = [d(0.4).item() for d in derivatives]
    errors = []
    for h in (0.2, 0.1, 0.05):
        series = sum(c * h**k / np.prod(np.arange(1, k + 1)) for k, c in enumerate(coefficients))
        errors.append(abs(series - f(mg.Tensor(0.4 + h)).item()))
    assert all(40 < a / b < 90 for a, b in pairwise(errors))  # 2**6 = 64
