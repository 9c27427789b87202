"""Where transformations meet each other and the rest of Python, a gradient is right or an error says why."""

import copy
import math
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, spec

(n,) = mg.dims("n")
square = mg.record(lambda x: x * x, spec([], "float64"))


def test_a_concrete_leaf_may_meet_something_recorded():
    inner = lambda y: mg.sum(y * y * mg.ones((n,)))  # noqa: E731
    program = mg.record(lambda x: mg.grad(inner)(3.0) * x, spec([n], "float64"))
    assert program(np.ones(4)).tolist() == [24.0] * 4


def test_aux_keeps_the_gradient_of_the_enclosing_function():
    with_aux = lambda a: mg.grad(lambda y: (y * y, {"aux": [y * a]}), has_aux=True)(3.0)[1]["aux"][0]  # noqa: E731
    assert mg.grad(with_aux)(2.0).item() == 3.0
    _, aux = mg.grad(lambda y: (y * y, (y, 1, "text")), has_aux=True)(3.0)
    assert aux[0].birth == 0
    assert aux[1:] == (1, "text")


def test_requires_grad_leaves_do_not_make_grad_remember():
    w = Tensor(np.ones(3), requires_grad=True)
    assert mg.grad(lambda x: mg.sum(x * w))(np.ones(3)).birth == 0


def test_a_copied_leaf_is_another_leaf():
    x = Tensor(3.0, requires_grad=True)
    y = copy.deepcopy(x)
    (x * y * y).backward()
    assert (x.grad.item(), y.grad.item()) == (9.0, 18.0)
    with pytest.raises(TypeError, match="without history"):
        copy.copy(x * y)


def test_arrays_written_to_later_change_nothing():
    a, w = np.array([3.0]), np.ones(2)
    _, pullback = mg.vjp(lambda x: mg.sum(x * x), a)
    value, _ = mg.vjp(lambda x: w, 1.0)
    a[0] = w[0] = 100.0
    assert pullback(1.0)[0].numpy().tolist() == [6.0]
    assert value.numpy().tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: square(x), "a replay on NumPy has no gradient"),
        (lambda x: mg.record(lambda y: y * x, spec([], "float64"))(2.0), "would become a constant"),
        (lambda x: math.sin(x), r"float\(\) of a Tensor of shape \(\) would lose its gradient"),
        (lambda x: Tensor(x) ** 2, r"Tensor\(\) of a Tensor"),
        (lambda x: (x * Tensor(2.0, requires_grad=True)).backward(), r"backward\(\) inside grad"),
    ],
)
def test_a_gradient_that_would_be_lost_is_an_error(f, message):
    with pytest.raises((TypeError, ValueError), match=message):
        mg.grad(f)(3.0)


@pytest.mark.parametrize("part", [lambda x: x[2 : n + 2], lambda x: x[: n + 1]])
def test_a_slice_beyond_a_symbolic_axis_is_refused(part):
    with pytest.raises(ValueError, match="leaves axis 0"):
        mg.record(part, spec([n]))


def test_a_dimension_met_only_as_a_number_is_bound_by_name():
    (m,) = mg.dims("m")
    program = mg.record(lambda x: x * m + m / 2 + 0.5 * m, spec([], "float64"))
    assert program(3.0, dims={"m": 4}) == 16.0


def test_integers_reverse_without_overflow():
    low = np.iinfo(np.int64).min
    assert mg.argmin(np.array([0, 5], np.uint8)).item() == 0
    assert mg.min(np.array([low, 5])).item() == low
    assert mg.argmin(np.array([5, low])).item() == 1


def test_small_sigmoids_keep_their_digits_and_slopes():
    assert mg.sigmoid(Tensor(-20.0, "float32")).item() == pytest.approx(2.0611536e-9, rel=1e-6)
    assert mg.grad(lambda x: mg.log(mg.sigmoid(x)))(-40.0).item() == pytest.approx(1.0)
    assert mg.grad(mg.sigmoid)(0.0).item() == 0.25


def test_a_plan_keeps_nothing_of_a_call_alive():
    program = mg.record(lambda x: (x * 2.0, x[1:]), spec([n], "float64"))
    x = np.ones(5000)
    first, second = program(x)
    ghosts = [weakref.ref(a) for a in (x, first, second)]
    del x, first, second
    assert [ghost() for ghost in ghosts] == [None] * 3


@pytest.mark.parametrize("rule", [lambda g, z, x: (g * 3 * x * x).numpy(), lambda g, z, x: 2.0])
def test_a_rule_that_leaves_tensors_raises(rule):
    cube = mg.primitive("cube", lambda x: x**3, lambda x: (x.shape, x.dtype), (rule,))
    with pytest.raises(TypeError, match="VJP rule of cube gives its input 0 a .*remembers nothing"):
        mg.grad(mg.grad(lambda x: cube(x)))(3.0)


def test_a_rule_that_changes_the_dtype_raises():
    rules = (lambda g, z, x: g.astype("float64"),)
    same = mg.primitive("same", lambda x: x + 0, lambda x: (x.shape, x.dtype), rules)
    with pytest.raises(ValueError, match=r"input 0, float32\[2\], a cotangent float64\[2\]"):
        mg.grad(lambda x: mg.sum(same(x)))(np.ones(2, "float32"))


def test_gradients_share_memory_with_nothing():
    x, y = mg.grad(lambda x, y: (2 * (x + y)).sum(), (0, 1))(np.ones(3), np.ones(3))
    assert not np.shares_memory(x.value, y.value)
    leaf, cotangent = mg.Tensor([1.0, 2.0], requires_grad=True), np.ones(2)
    (leaf + 1.0).backward(cotangent)
    cotangent[:] = 7
    assert leaf.grad.tolist() == [1, 1]


def test_a_constant_that_many_see_cannot_be_written_to():
    zeros = mg.zeros_like(mg.Tensor(np.ones(4))).numpy()
    with pytest.raises(ValueError, match="WRITEABLE"):
        zeros.flags.writeable = True
