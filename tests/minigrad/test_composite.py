"""Every composite row against the function that it is short for: value, first and second derivative, recording.

The tests are parametrised over the dictionary of composite rows, so a new one is tested as soon as it exists; until it
has inputs to be tested on, the first test fails.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn, optim
from minigrad.memory import LARGE
from minigrad.ops.composite import COMPOSITES
from minigrad.primitives import TABLE
from minigrad.tensor import as_tensor, leaf
from tests.minigrad.layouts import LAYOUTS, zero_strides

TOLERANCE = {"float64": 1e-12, "float32": 2e-5}


@dataclass
class Case:
    """Inputs, the first `floats` of which have gradients; parameters; and directions to pull along."""

    inputs: list[np.ndarray]
    floats: int
    params: dict[str, Any] = field(default_factory=dict)

    def direction(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        return np.random.default_rng(seed).normal(size=shape).astype(self.inputs[0].dtype)


SHAPES = st.lists(st.integers(0, 5), max_size=3).map(tuple)


def numbers(draw: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    layout = draw(st.sampled_from([way for way in LAYOUTS if way is not zero_strides]))
    return np.asarray(layout(rng.normal(scale=draw(st.sampled_from([1e-3, 1, 30])), size=shape).astype(dtype)))


def cross_entropy(draw: Any, dtype: str) -> Case:
    shape = (*draw(SHAPES), draw(st.integers(1, 12)))
    labels = np.random.default_rng(draw(st.integers(0, 99))).integers(0, shape[-1], shape[:-1])
    return Case([numbers(draw, shape, dtype), labels.astype(draw(st.sampled_from(["int64", "int32", "uint8"])))], 1)


def linear(draw: Any, dtype: str) -> Case:
    n, k, m = (draw(st.integers(0, 6)) for _ in range(3))
    return Case([numbers(draw, shape, dtype) for shape in ((n, k), (k, m), (m,))], 3)


def squared_norm(draw: Any, dtype: str) -> Case:
    return Case([numbers(draw, draw(SHAPES), dtype)], 1)


def descent(draw: Any, dtype: str) -> Case:
    shape = draw(SHAPES)
    return Case([numbers(draw, shape, dtype) for _ in range(2)], 2, {"lr": draw(st.sampled_from([1.0, 0.3, 2]))})


CASES: dict[str, Callable[[Any, str], Case]] = {
    "cross_entropy": cross_entropy, "linear": linear, "squared_norm": squared_norm, "descent": descent
}  # fmt: skip
every_row = pytest.mark.parametrize(
    ("name", "dtype"), [(name, dtype) for name in sorted(COMPOSITES) for dtype in TOLERANCE]
)


def both(name: str, case: Case) -> list[Callable[..., mg.Tensor]]:
    """The composite row and its definition as functions of what has a gradient."""
    rest = [as_tensor(x) for x in case.inputs[case.floats :]]
    return [lambda *xs, f=f: f(*xs, *rest, **case.params) for f in (COMPOSITES[name], COMPOSITES[name].definition)]


def assert_close(found: Any, expected: Any, dtype: str) -> None:
    for a, b in zip(found, expected, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        scale = np.max(np.abs(b.numpy()), initial=1.0)
        np.testing.assert_allclose(a.numpy(), b.numpy(), TOLERANCE[dtype], TOLERANCE[dtype] * scale)


def test_every_fused_row_has_inputs_to_be_tested_on():
    assert CASES.keys() == COMPOSITES.keys()
    assert not COMPOSITES.keys() & TABLE.keys()


@every_row
@given(data=st.data())
def test_the_kernel_gives_the_bits_of_the_definition(name, dtype, data):
    case = CASES[name](data.draw, dtype)
    before = [x.copy() for x in case.inputs]
    with np.errstate(all="ignore"):  # the mean of nothing
        found, expected = (f(*map(as_tensor, case.inputs[: case.floats])) for f in both(name, case))
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    if name == "linear":  # BLAS rounds as the memory is aligned
        assert_close([found], [expected], dtype)
    else:
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
    for old, new in zip(before, case.inputs, strict=True):
        np.testing.assert_array_equal(old, new)


@every_row
@given(data=st.data())
def test_gradients_are_those_of_the_definition(name, dtype, data):
    case = CASES[name](data.draw, dtype)
    with np.errstate(all="ignore"):
        found, expected = (pulled(f, case) for f in both(name, case))
    assert_close(found, expected, dtype)


def pulled(f: Callable[..., mg.Tensor], case: Case) -> Any:
    """The gradients at inputs that lie in memory as they are given: `grad` and `vjp` copy theirs in order."""
    xs = [leaf(x) for x in case.inputs[: case.floats]]
    for x in xs:
        x.grad = None  # which makes it one for `.backward()`
    z = f(*xs)
    z.backward(case.direction(z.shape, 1))
    return [x.grad for x in xs]


@every_row
@given(data=st.data())
def test_gradients_of_gradients_are_those_of_the_definition(name, dtype, data):
    case = CASES[name](data.draw, dtype)
    xs = case.inputs[: case.floats]

    def along(f: Callable[..., mg.Tensor]) -> Callable[..., mg.Tensor]:
        """The gradient in some direction: a number that depends on the inputs again."""

        def number(*xs: Any) -> mg.Tensor:
            z, pullback = mg.vjp(f, *xs)
            shares = zip(pullback(mg.sin(z)), xs, strict=True)  # a cotangent that depends on them too
            return sum((mg.sum(g * case.direction(x.shape, i)) for i, (g, x) in enumerate(shares)), start=mg.sum(z))

        return number

    with np.errstate(all="ignore"):
        found, expected = (mg.grad(along(f), argnums=range(len(xs)))(*xs) for f in both(name, case))
    assert_close(found, expected, dtype)


@every_row
@given(data=st.data())
def test_what_is_recorded_is_the_definition(name, dtype, data):
    case = CASES[name](data.draw, dtype)
    xs = case.inputs[: case.floats]
    with np.errstate(all="ignore"):
        found, expected = (mg.record(f, *xs, names=[f"x{i}" for i in range(len(xs))]) for f in both(name, case))
        assert [eq.primitive for eq in found.equations] == [eq.primitive for eq in expected.equations]
        assert {eq.primitive for eq in found.equations} <= TABLE.keys()
        assert_close([as_tensor(found(*xs))], [both(name, case)[0](*map(as_tensor, xs))], dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_large_arrays_give_the_same_too(dtype):
    rng = np.random.default_rng(0)
    x, weights, bias = (rng.normal(size=shape).astype(dtype) for shape in ((LARGE // 8, 3), (3, 12), (12,)))
    labels = rng.integers(0, 12, len(x))
    cases = {
        "linear": Case([x, weights, bias], 3),
        "cross_entropy": Case([(x @ weights).astype(dtype), labels], 1),
        "squared_norm": Case([x @ weights], 1),
        "descent": Case([x @ weights, np.sin(x @ weights)], 2, {"lr": 0.5}),
    }
    assert cases.keys() == COMPOSITES.keys()
    for name, case in cases.items():
        found, expected = (pulled(f, case) for f in both(name, case))
        assert_close(found, expected, dtype)


@pytest.mark.parametrize("way", LAYOUTS)
def test_logits_may_lie_in_memory_in_any_order(way):
    rng = np.random.default_rng(0)
    for _ in range(60):  # so many that a sum in another order would round differently
        case = Case([way(rng.normal(size=(5, 12))), np.arange(5)], 1)
        found, expected = (f(as_tensor(case.inputs[0])) for f in both("cross_entropy", case))
        assert found.item() == expected.item()
        assert_close(*(pulled(f, case) for f in both("cross_entropy", case)), "float64")


FLOATS = [np.dtype("float32"), np.dtype("float64")]
BIASES = [np.arange(4.0), np.arange(4.0, dtype=np.float32), np.ones(1), np.ones((2, 4)), np.ones(()), np.arange(4), 1.5]


@pytest.mark.parametrize("bias", BIASES, ids=str)
@pytest.mark.parametrize("weights", [np.ones((3, 4), dtype) for dtype in FLOATS], ids=["float32", "float64"])
@pytest.mark.parametrize(
    "x", [np.ones(shape, dtype) for shape in ((2, 3), (3,), (2, 2, 3)) for dtype in FLOATS], ids=str
)
def test_a_linear_layer_broadcasts_and_promotes_as_its_definition(x, weights, bias):
    f = lambda x, w: nn.linear({"W": w, "b": bias}, x)  # noqa: E731
    g = lambda x, w: mg.add(mg.matmul(x, w), bias)  # noqa: E731
    (z, pull), (wanted, pull_wanted) = (mg.vjp(h, x, weights) for h in (f, g))
    assert_close([z, *pull(np.ones(z.shape, z.dtype))], [wanted, *pull_wanted(np.ones(z.shape, z.dtype))], "float32")
    if isinstance(bias, np.ndarray) and bias.dtype.kind == "f":
        (shares,) = mg.vjp(lambda b: nn.linear({"W": weights, "b": b}, x), bias)[1](np.ones(z.shape, z.dtype))
        assert (shares.shape, shares.dtype) == (bias.shape, bias.dtype)


LEAVES = [np.ones(3), np.ones(3, np.float32), np.ones(()), np.ones((2, 3)), np.arange(3)]
PAIRS = [(p, d) for p in LEAVES for d in LEAVES]


def moved(p: Any, d: Any, lr: Any) -> Any:
    return optim.sgd().update([p], [d], {}, lr)[0][0]


@pytest.mark.parametrize("lr", [0.5, 2, np.float32(0.5)])
@pytest.mark.parametrize(("p", "d"), [(p, d) for p, d in PAIRS if p.shape == d.shape], ids=str)
def test_descent_promotes_as_its_definition(p, d, lr):
    rate = lr if isinstance(lr, float | int) else mg.astype(lr, p.dtype)
    found, expected = moved(mg.Tensor(p), mg.Tensor(d), lr), mg.Tensor(p) - rate * mg.Tensor(d)
    assert (found.shape, found.dtype, found.tolist()) == (expected.shape, expected.dtype, expected.tolist())
    for x, f in ((p, lambda p: moved(p, mg.Tensor(d), lr)), (d, lambda d: moved(mg.Tensor(p), d, lr))):
        if x.dtype.kind == "f":
            z, pullback = mg.vjp(f, x)
            (share,) = pullback(np.ones(z.shape, z.dtype))
            assert (share.shape, share.dtype) == (x.shape, x.dtype)


@pytest.mark.parametrize(("p", "d"), [(p, d) for p, d in PAIRS if p.shape != d.shape], ids=str)
@pytest.mark.parametrize("kind", [np.asarray, mg.Tensor])
@pytest.mark.parametrize("make", [optim.sgd, optim.momentum, optim.adam])
def test_a_gradient_of_another_shape_is_refused(p, d, kind, make):
    with pytest.raises(ValueError, match=r"a parameter of shape \(.*\) has a gradient of shape"):
        make().update([kind(p)], [kind(d)], make().init([p]))


def test_numbers_and_arrays_stay_what_they_were():
    after, _ = optim.sgd().update({"a": np.ones(2), "b": 1.0}, {"a": np.ones(2), "b": 0.5}, {}, 0.5)
    assert (type(after["a"]), after["b"]) == (np.ndarray, 0.75)
    whole = mg.Tensor(np.arange(LARGE))
    assert optim.sgd().update([whole], [whole], {}, 0.5)[0][0].dtype == np.float64
    assert nn.linear({"W": np.ones((3, 4), np.float32), "b": 0.0}, np.ones((2, 3), np.float32)).dtype == np.float32
    assert nn.squared_weights([{"W": np.arange(3)}]).dtype == np.int64


def test_a_gradient_does_not_overflow_before_its_definition():
    x = np.array([0.0, 1e-3])
    (share,) = mg.vjp(nn.squared_weights, [{"W": x}])[1](1.2e308)
    np.testing.assert_allclose(share[0]["W"].numpy(), [0.0, 2.4e305])


def test_pickled_arrays_take_the_same_way():
    layer, x = {"W": np.ones((3, 4), "f4"), "b": np.ones(4, "f4")}, leaf(np.ones((2, 3), "f4"))
    assert nn.linear(pickle.loads(pickle.dumps(layer)), x).primitive is COMPOSITES["linear"]


def test_the_functions_that_users_call_are_these_rows():
    x, layer = leaf(np.ones((2, 3))), {"W": np.ones((3, 4)), "b": np.zeros(4)}
    assert nn.linear(layer, x).primitive is COMPOSITES["linear"]
    assert nn.squared_weights([{"W": leaf(np.ones((3, 4)))}]).primitive is COMPOSITES["squared_norm"]
    assert mg.cross_entropy(x, np.array([0, 2])).primitive is COMPOSITES["cross_entropy"]
    after, _ = optim.sgd().update({"w": x}, {"w": mg.Tensor(np.ones((2, 3)))}, {}, 0.5)
    assert after["w"].primitive is COMPOSITES["descent"]


def test_a_mistake_in_shapes_is_told_by_the_definition():
    with pytest.raises(ValueError, match=r"max over an empty axis has no value: shape \(2, 0\)"):
        COMPOSITES["cross_entropy"](mg.Tensor(np.ones((2, 0))), mg.Tensor(np.zeros(2, np.int64)))
    with pytest.raises(ValueError, match="inner axes 3 and 2 differ"):
        COMPOSITES["linear"](mg.Tensor(np.ones((2, 3))), mg.Tensor(np.ones((2, 4))), mg.Tensor(np.ones(4)))
