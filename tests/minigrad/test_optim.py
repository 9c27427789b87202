"""Optimisers against closed forms and hand-computed steps, and schedules against their formulas."""

import math
from typing import Any

import numpy as np
import pytest

from minigrad import Tensor, optim, record, spec
from minigrad.tensor import Abstract

NAMES = sorted(optim.OPTIMIZERS)
PARAMS = [{"W": np.array([[1.0, -2.0]]), "b": np.array([0.5])}]
GRADS = [{"W": np.array([[0.1, 0.2]]), "b": np.array([-0.3])}]


def descend(opt: optim.Optimizer, p: float, curvature: float, steps: int) -> list[float]:
    """The path of `opt` from p down ½·curvature·p²."""
    param: Any = np.array(p)
    state = opt.init(param)
    path = [p]
    for _ in range(steps):
        param, state = opt.update(param, curvature * param, state)
        path.append(float(param))
    return path


def test_sgd_shrinks_a_parabola_geometrically() -> None:
    path = descend(optim.sgd(lr=0.1), 2.0, curvature=3.0, steps=20)
    np.testing.assert_allclose(path, 2.0 * 0.7 ** np.arange(21), rtol=1e-13)


def linear_recurrence(step: np.ndarray, p: float, steps: int) -> list[float]:
    """p of (p, v) under repeated (p, v) ← step (p, v) from v = 0: what momentum does on a parabola."""
    return [float((np.linalg.matrix_power(step, k) @ [p, 0.0])[0]) for k in range(steps + 1)]


def test_momentum_on_a_parabola_is_its_linear_recurrence() -> None:
    lr, mu, curvature = 0.1, 0.9, 3.0
    step = np.array([[1 - lr * curvature, -lr * mu], [curvature, mu]])
    path = descend(optim.momentum(lr, mu), 2.0, curvature, 30)
    np.testing.assert_allclose(path, linear_recurrence(step, 2.0, 30), rtol=1e-10, atol=1e-14)


def test_nesterov_on_a_parabola_is_its_linear_recurrence() -> None:
    lr, mu, curvature = 0.1, 0.9, 3.0
    step = np.array([[1 - lr * (1 + mu) * curvature, -lr * mu * mu], [curvature, mu]])
    path = descend(optim.nesterov(lr, mu), 2.0, curvature, 30)
    np.testing.assert_allclose(path, linear_recurrence(step, 2.0, 30), rtol=1e-10, atol=1e-14)


def test_momentum_of_zero_is_sgd() -> None:
    for make in (optim.momentum, optim.nesterov):
        np.testing.assert_allclose(descend(make(0.1, 0.0), 1.0, 2.0, 9), descend(optim.sgd(0.1), 1.0, 2.0, 9))


def test_adam_by_hand() -> None:
    opt = optim.adam(lr=0.1, beta1=0.9, beta2=0.99, eps=1e-3)
    param, state = opt.update(np.array(1.0), np.array(2.0), opt.init(np.array(1.0)))
    first = 1 - 0.1 * 2 / (2 + 1e-3)  # m̂ = 2 and v̂ = 4 after one step, whatever the betas
    assert float(param) == pytest.approx(first, rel=1e-12)
    param, state = opt.update(param, np.array(-1.0), state)
    m = (0.9 * 0.1 * 2 + 0.1 * -1) / (1 - 0.9**2)
    v = (0.99 * 0.01 * 4 + 0.01 * 1) / (1 - 0.99**2)
    assert float(param) == pytest.approx(first - 0.1 * m / (math.sqrt(v) + 1e-3), rel=1e-12)
    assert float(state["t"]) == 2


def test_adam_with_a_constant_gradient_moves_by_lr_a_step() -> None:
    opt = optim.adam(lr=0.01, eps=1e-12)
    param, state = np.array([5.0, -5.0]), opt.init(np.zeros(2))
    for _ in range(50):
        param, state = opt.update(param, np.array([1e-3, -1e3]), state)
    np.testing.assert_allclose(param, [4.5, -4.5], rtol=1e-6)


def test_adamw_adds_decay_that_no_gradient_scales() -> None:
    plain, decayed = optim.adam(lr=0.1), optim.adamw(lr=0.1, weight_decay=0.2)
    without, _ = plain.update(PARAMS, GRADS, plain.init(PARAMS))
    with_decay, _ = decayed.update(PARAMS, GRADS, decayed.init(PARAMS))
    for key in ("W", "b"):
        expected = np.asarray(without[0][key]) - 0.1 * 0.2 * PARAMS[0][key]
        np.testing.assert_allclose(np.asarray(with_decay[0][key]), expected, rtol=1e-13)


def test_adamw_without_gradient_only_shrinks() -> None:
    opt = optim.adamw(lr=0.1, weight_decay=0.5)
    param, state = np.array(2.0), opt.init(np.array(2.0))
    for _ in range(3):
        param, state = opt.update(param, np.array(0.0), state)
    assert float(param) == pytest.approx(2.0 * 0.95**3, rel=1e-13)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_updates_keep_structure_and_dtype_and_write_nothing(name: str, dtype: str) -> None:
    params, grads = ([{key: x.astype(dtype) for key, x in tree[0].items()}] for tree in (PARAMS, GRADS))
    before = [{key: x.copy() for key, x in tree[0].items()} for tree in (params, grads)]
    opt = optim.make(name)
    state = opt.init(params)
    for _ in range(2):
        new, state = opt.update(params, [{k: Tensor(g) for k, g in grads[0].items()}], state)
        for key in ("W", "b"):
            assert new[0][key].shape == params[0][key].shape
            assert new[0][key].dtype == dtype
            assert not np.shares_memory(np.asarray(new[0][key]), params[0][key])
    for tree, old in zip((params, grads), before, strict=True):
        for key in ("W", "b"):
            np.testing.assert_array_equal(tree[0][key], old[key])


@pytest.mark.parametrize("name", NAMES)
def test_a_learning_rate_given_to_update_takes_the_place_of_the_own(name: str) -> None:
    def once(opt: optim.Optimizer, lr: Any) -> np.ndarray:
        return np.asarray(opt.update(PARAMS, GRADS, opt.init(PARAMS), lr)[0][0]["W"])

    np.testing.assert_array_equal(once(optim.make(name, lr=0.9), 0.02), once(optim.make(name, lr=0.02), None))
    np.testing.assert_array_equal(once(optim.make(name, lr=0.9), Tensor(0.02)), once(optim.make(name, lr=0.02), None))


@pytest.mark.parametrize("name", NAMES)
def test_an_update_is_recorded_with_symbolic_shapes_and_replays_alike(name: str) -> None:
    from minigrad import dims

    (h,) = dims("h")
    opt = optim.make(name)
    params = [{"W": spec((2, h), "float64"), "b": spec((h,), "float64")}]
    state = opt.init(params)
    program = record(opt.update, params, params, state, spec((), "float64"))
    rng = np.random.RandomState(0)
    concrete = [{"W": rng.randn(2, 5), "b": rng.randn(5)}]
    grads = [{"W": rng.randn(2, 5), "b": rng.randn(5)}]
    eager, replayed = ((concrete, opt.init(concrete)) for _ in range(2))
    for _ in range(3):
        eager = opt.update(eager[0], grads, eager[1], np.float64(0.1))
        replayed = program(replayed[0], grads, replayed[1], np.float64(0.1))
    for key in ("W", "b"):
        np.testing.assert_allclose(np.asarray(eager[0][0][key]), np.asarray(replayed[0][0][key]), rtol=1e-13)


def test_the_state_of_specs_is_specs() -> None:
    state = optim.adam().init([{"W": spec((2, 3))}])
    assert isinstance(state["m"][0]["W"], Abstract)
    assert (state["m"][0]["W"].shape, state["m"][0]["W"].dtype) == ((2, 3), np.float32)
    assert (state["t"].shape, state["t"].dtype) == ((), np.float32)


def test_schedules() -> None:
    assert [optim.constant(0.3)(k) for k in (0, 9)] == [0.3, 0.3]
    assert [optim.step_decay(1.0, 10, 0.1)(k) for k in (9, 10, 29)] == pytest.approx([1.0, 0.1, 0.01])
    falling = optim.cosine(1.0, 100, final=0.2)
    assert [falling(k) for k in (0, 25, 50, 100, 150)] == pytest.approx(
        [1.0, 0.6 + 0.4 * math.sqrt(0.5), 0.6, 0.2, 0.2]
    )
    warm = optim.warmup(optim.step_decay(1.0, 2), 4)
    assert [warm(k) for k in range(6)] == pytest.approx([0.25, 0.5, 0.375, 0.5, 0.25, 0.25])


def test_a_cosine_made_by_name_ends_at_the_last_step() -> None:
    schedule = optim.make_schedule("cosine", lr=1.0, steps=10, warmup_steps=2)
    assert [schedule(k) for k in (0, 5, 10)] == pytest.approx([0.5, 0.5, 0.0])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: optim.make("sdg"), "no optimiser 'sdg'; there are sgd, momentum"),
        (lambda: optim.make("sgd", mu=0.5), "optimiser 'sgd' has no option 'mu'; it has none"),
        (lambda: optim.make("adam", mu=0.5), "optimiser 'adam' has no option 'mu'; it has beta1, beta2, eps"),
        (lambda: optim.make("sgd", lr=-1), "the learning rate is -1; it must be above 0"),
        (lambda: optim.make("sgd", lr=math.nan), "the learning rate is nan"),
        (lambda: optim.momentum(mu=1.0), "mu is 1.0; it must be at least 0 and below 1"),
        (lambda: optim.nesterov(mu=-0.1), "mu is -0.1"),
        (lambda: optim.adam(beta2=1.0), "beta2 is 1.0"),
        (lambda: optim.adam(eps=0.0), "eps is 0.0; it must be above 0"),
        (lambda: optim.adamw(weight_decay=-1), "weight_decay is -1"),
        (lambda: optim.make_schedule("linear", 1.0, 10), "no schedule 'linear'; there are constant, step, cosine"),
        (lambda: optim.make_schedule("constant", 1.0, 10, every=3), "schedule 'constant' has no option 'every'"),
        (lambda: optim.step_decay(1.0, 0), "every is 0; it must be at least 1"),
        (lambda: optim.warmup(optim.constant(1.0), -2), "steps is -2"),
        (lambda: optim.sgd().update(PARAMS, GRADS[0], {}), "different structure"),
    ],
)
def test_bad_settings_are_named(bad: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bad()
