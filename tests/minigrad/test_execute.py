"""Replay: the bits of eager evaluation, with memory that is planned and never leaks into results."""

import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad import dims, record, spec
from minigrad.execute import TAKES_OUT, Plan
from minigrad.primitives import TABLE, primitive
from tests.minigrad.domains import signatures

(n,) = dims("n")


def chain(x):
    y = x
    for _ in range(20):
        y = mg.tanh(y * x + 1.0) - y.T @ x
    return (mg.sum(y), y, y + 1.0)


def test_a_long_chain_gives_the_bits_of_eager():
    x = np.random.default_rng(0).normal(size=(6, 6))
    program = record(chain, spec((6, 6), "float64"))
    for a, b in zip(chain(mg.Tensor(x)), program(x), strict=True):
        assert a.numpy().tobytes() == b.tobytes()


def test_buffers_are_shared_by_what_does_not_live_at_once():
    program = record(chain, spec((6, 6), "float64"))
    plan = Plan(program, {})
    buffers = {id(step.keywords["out"]) for step in plan.steps if "out" in step.keywords}
    assert len(buffers) <= 6
    assert len(program.equations) > 80


def test_a_replay_allocates_only_what_it_returns():
    program = record(lambda x: (mg.sum(mg.exp(x * 2.0) + x),), spec((n,), "float64"))
    x = np.ones(100_000)
    program(x)
    tracemalloc.start()
    program(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < x.nbytes / 4


def test_a_view_keeps_its_base_alive():
    def f(x):
        y = x * 2.0
        view = y.T
        z = x * 3.0
        w = z + 1.0
        return (view + w,)

    x = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(record(f, spec((3, 3), "float64"))(x)[0], (x * 2).T + x * 3 + 1)


def test_an_operand_may_meet_its_own_transpose_in_place():
    x = np.arange(9.0).reshape(3, 3)
    program = record(lambda x: (mg.exp((x * 1.5) + (x * 1.5).T),), spec((3, 3), "float64"))
    assert np.array_equal(program(x)[0], np.exp(x * 1.5 + (x * 1.5).T))


def test_a_row_of_ones_own_may_return_its_input():
    same = primitive("same", lambda x: x, lambda x: (x.shape, x.dtype), (lambda g, z, x: g,))
    try:
        program = record(lambda x: (same(x * 2.0), mg.exp(x * 2.0 + 1.0) * 3.0, same(x)), spec((n,), "float64"))
        x = np.ones(4)
        first, _, third = program(x)
        assert first.tolist() == [2.0] * 4
        third[:] = 9
        assert x.tolist() == [1.0] * 4
    finally:
        del TABLE["same"]


@pytest.mark.parametrize("layout", [lambda x: x.T, lambda x: x[::-1], lambda x: np.broadcast_to(x[:1], x.shape)])
def test_any_memory_layout_is_accepted(layout):
    x = layout(np.arange(16.0).reshape(4, 4))
    program = record(lambda x: (mg.relu(x - 3.0) @ x,), spec((n, n), "float64"))
    assert np.array_equal(program(x)[0], np.maximum(x - 3, 0) @ x)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", sorted(TAKES_OUT))
def test_rows_take_the_memory_of_their_result_as_replay_gives_it(name):
    signature = next(s for s in signatures(name, "float32") if s.shapes and all(len(shape) == 2 for shape in s.shapes))
    xs = [np.full(shape, 0.5, "float32") for shape in signature.shapes]
    for place in signature.conditions:
        xs[place] = xs[place] > 0
    if signature.index:
        place, length = signature.index
        xs[place] = np.arange(xs[place].size, dtype="int32").reshape(xs[place].shape) % length
    in_another_order = dict(reversed(signature.params.items()))
    program = mg.record(lambda *xs: mg.astype(TABLE[name](*xs, **in_another_order), float), *xs)
    expected = TABLE[name](*map(mg.Tensor, xs), **signature.params).numpy().astype(float)
    np.testing.assert_array_equal(program(*xs), expected)
