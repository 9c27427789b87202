"""What the tape leaves behind: nothing. Any depth, no reference cycles, flat memory."""

import gc
import sys
import time
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train


def test_a_hundred_thousand_chained_operations():
    def chain(x: Any) -> Any:
        y = x
        for _ in range(50_000):
            y = y * 0.9999 + 0.0001
        return y

    start = time.perf_counter()
    value, gradient = mg.value_and_grad(chain)(2.0)
    assert gradient.item() == pytest.approx(0.9999**50_000, rel=1e-10)
    assert value.item() == pytest.approx(1 + 0.9999**50_000, rel=1e-10)
    y = chain(mg.Tensor(2.0, requires_grad=True))
    ghost = weakref.ref(y)
    del y  # frees a chain of 100,000 Tensors without recursion
    assert ghost() is None
    assert time.perf_counter() - start < 30


def a_little_of_everything() -> None:
    x = np.linspace(0.1, 1.0, 6).reshape(2, 3)

    def f(x: Any) -> Any:
        return mg.sum(mg.softmax(mg.tanh(x) @ x.T)[:, ::-1] * mg.logsumexp(x, axis=1)) + mg.max(x[0] * x[[1, 1]])

    mg.value_and_grad(f)(x)
    mg.hessian(f)(x)
    mg.hvp(f, (x,), (x,))
    mg.grad(lambda x: mg.sum(mg.grad(f)(x) ** 2))(x)
    mg.record(mg.grad(f), mg.spec((2, 3), "float64"))(x)
    mg.sum(mg.Tensor(x, requires_grad=True) ** 2).backward()


def test_there_are_no_reference_cycles():
    a_little_of_everything()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)  # keep what only the collector would free
    try:
        a_little_of_everything()
        gc.collect()
        kinds = {f"{type(x).__module__}.{type(x).__name__}" for x in gc.garbage}  # other libraries may leave some
        assert not {kind for kind in kinds if kind.startswith(("minigrad", "numpy"))}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_dropping_the_result_frees_the_graph_at_once():
    x = mg.Tensor(np.ones(3), requires_grad=True)
    middle = mg.exp(x)
    ghost = weakref.ref(middle)
    y = mg.sum(middle * middle)
    del middle
    assert ghost() is not None
    del y
    assert ghost() is None


def test_memory_stays_flat_over_ten_thousand_training_steps():
    rng = np.random.RandomState(0)
    params: Any = nn.init_mlp([2, 4, 3], rng=rng)
    points, labels = rng.normal(size=(6, 2)), rng.randint(3, size=6)
    optimizer = optim.momentum(lr=0.01)
    step, state = train.make_step(optimizer), optimizer.init(params)
    blocks = []
    gc.collect()
    gc.disable()  # nothing may depend on the collector
    try:
        for k in range(1, 10_001):
            result = step(params, state, points, labels, 0.01, 0.001)
            params, state = result["params"], result["state"]
            if k in (3000, 10_000):  # by then the interpreter's own free lists are full
                blocks.append(sys.getallocatedblocks())
    finally:
        gc.enable()
    assert blocks[1] - blocks[0] < 500, f"{blocks[1] - blocks[0]} blocks more after 7000 further steps"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sum_over_very_many_rows_leaves_no_memory_behind(dtype):
    x = np.arange(300_000 * 3, dtype=dtype).reshape(-1, 3) % 5
    tracemalloc.start()
    try:
        total = mg.sum(x, axis=0)
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
    assert total.tolist() == x.sum(0, dtype=float).tolist()
