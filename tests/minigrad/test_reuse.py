"""Memory is used again when nobody looks at it any more, and never before."""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import memory
from minigrad.primitives import TABLE

N = memory.LARGE
F32 = np.dtype("float32")


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(memory, "_kept", {})
    monkeypatch.setattr(memory, "_bytes", 0)


def place(x) -> int:
    """Where the numbers lie."""
    return x.__array_interface__["data"][0]


def test_an_array_that_nobody_holds_is_handed_out_again():
    first = memory.take((N,), F32)
    where = place(first)
    del first
    assert place(memory.take((N,), F32)) == where


@pytest.mark.parametrize("hold", [lambda a: a, lambda a: a[1:], lambda a: a.T.view("int32")[::2], memoryview])
def test_an_array_that_somebody_holds_is_not(hold):
    first = memory.take((N,), F32)
    where, held = place(first), hold(first)
    del first
    assert place(memory.take((N,), F32)) != where
    del held


def test_results_keep_their_numbers_while_later_ones_come_and_go():
    x = mg.Tensor(np.arange(N, dtype=float))
    kept = x + 1.0
    view, numbers = (x * 3.0).numpy(), (x * 2.0)[5:]
    for _ in range(40):
        x = x * 0.5
    np.testing.assert_array_equal(kept.numpy(), np.arange(N) + 1.0)
    np.testing.assert_array_equal(view, np.arange(N) * 3.0)
    np.testing.assert_array_equal(numbers.numpy(), np.arange(5, N) * 2.0)


def test_an_array_that_another_thread_looks_at_is_not():
    looking, done = threading.Event(), threading.Event()
    where = place(memory.take((N,), F32))

    def look():
        for array in memory._kept[(N,), F32]:  # as `take` does, and interrupted
            looking.set()
            done.wait(10)
            assert array.size

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait(10)
    assert place(memory.take((N,), F32)) != where
    done.set()
    thread.join()
    assert place(memory.take((N,), F32)) == where


def test_a_result_that_its_owner_reshaped_or_locked_is_not_handed_out():
    program = mg.record(mg.relu, mg.spec((N,), "float64"))
    for change in (lambda a: setattr(a, "shape", (1, N)), lambda a: a.setflags(write=False)):
        result = program(np.ones(N))
        change(result)
        del result
        assert (mg.Tensor(np.arange(float(N))) * 2.0).shape == (N,)
        np.testing.assert_array_equal(mg.exp(mg.Tensor(np.zeros(N))).numpy(), np.ones(N))


def test_without_a_count_to_rely_on_nothing_is_kept(monkeypatch):
    monkeypatch.setattr(memory, "FREE", 0)
    first = memory.take((N,), F32)
    assert not memory._kept
    assert memory.take((N,), F32) is not first


def test_large_operands_keep_their_order_in_memory():
    x = mg.Tensor(np.ones((100, N // 50)))
    for result in (x.T + x.T, mg.exp(x.T)):
        assert result.value.flags.f_contiguous


def test_what_is_kept_is_bounded():
    held = [memory.take((N,), F32) for _ in range(3 * memory.MOST_ALIKE)]
    assert memory._bytes == memory.MOST_ALIKE * held[0].nbytes
    assert memory._kept[(N,), F32][-1] is held[-1]
    for rows in range(1, 2 * memory.MOST_BYTES // (N * 1024 * 4)):
        memory.take((rows, N, 1024), F32)
        assert memory._bytes <= memory.MOST_BYTES
        assert sum(a.nbytes for alike in memory._kept.values() for a in alike) == memory._bytes
    kept = memory._bytes
    memory.take((memory.MOST_BYTES // 4 + 1,), F32)
    assert memory._bytes == kept


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.reuse or name in ("relu", "where")])
def test_large_results_and_gradients_are_those_of_their_parts(name, dtype):
    """Large results and cotangents go to memory used before; those of the parts are small, and do not."""
    row, rng = TABLE[name], np.random.RandomState(0)
    xs = [rng.uniform(0.1, 0.9, (N, 2)).astype(dtype) for _ in row.vjp]
    if name == "where":
        xs[0] = xs[0] > 0.5

    def both(*xs):
        floats = [x for x in xs if x.dtype.kind == "f"]
        value, pullback = mg.vjp(lambda *fs: row(*map(mg.Tensor, xs[: -len(fs)]), *fs), *floats)
        return [value.numpy(), *(g.numpy() for g in pullback(mg.Tensor(value.numpy() * 0.5)))]

    parts = [both(*(x[start : start + N // 4] for x in xs)) for start in range(0, N, N // 4)]
    for found, *expected in zip(both(*xs), *parts):
        np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-14 if dtype == "float64" else 1e-6)
