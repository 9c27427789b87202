"""Programs at the edges of what compiles: each was wrong once, or would be easy to get wrong."""

import gc

import numpy as np
import pytest

import minigrad as mg
import wasm_export
from minigrad import dims, record, spec

(n,) = dims("n")


def counted(length):
    return np.arange(1, length + 1, dtype=np.float32)


def assert_same_bits(program, *args):
    for ours, theirs in zip(wasm_export.compile(program)(*args), program(*args), strict=True):
        assert ours.tobytes() == theirs.tobytes()
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)


ONES = mg.Tensor(np.ones((2, 3), np.float32))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (ONES, x * 2.0),
        lambda x: (ONES @ x,),
        lambda x: (mg.concatenate([mg.Tensor(np.full((1, 2), -0.0, np.float32)), x]),),
        lambda x: (ONES[:, [0, 2, 2]] + x[0, 0],),
    ],
)
def test_a_constant_of_equal_elements_keeps_its_shape(f):
    assert_same_bits(record(f, spec((3, 2))), counted(6).reshape(3, 2))


def test_views_of_a_bound_memory_keep_it_alive():
    view = wasm_export.compile(record(lambda x: x * 2.0, spec((n,)))).bind(counted(4)).inputs["x"]
    gc.collect()
    assert view.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["block0", "repeat", "scratch", "x", "d0", "memory"])
def test_any_name_can_be_a_dimension(name):
    (dim,) = dims(name)
    program = record(lambda x: (x / mg.sum(x) * mg.exp(x),), spec((dim,)))
    assert np.allclose(wasm_export.compile(program)(counted(5))[0], program(counted(5))[0], rtol=1e-6)


def test_nothing_is_taken_from_an_axis_that_may_be_empty():
    program = record(lambda x: mg.take(x[4:], np.int32(0), axis=0), spec((n,)))
    assert wasm_export.compile(program)(counted(5)) == 5
    for run in (program, wasm_export.compile(program)):
        with pytest.raises(ValueError, match="needs n - 5 >= 0"):
            run(counted(4))


def test_chained_lookups_stay_small():
    def chained(x, i):
        for _ in range(10):
            x = x[i]
        return (x,)

    program = record(chained, spec((8,)), spec((8,), "int32"))
    assert_same_bits(program, counted(8), np.array([3, -1, 0, 7, -8, 2, 2, 5], np.int32))
    assert len(wasm_export.compile(program).wasm) < 20_000
    assert len(wasm_export.show(program, "fused")) < 100_000


def test_what_is_shared_is_looked_at_once():
    """Thirty squarings are thirty expressions; written out as a tree they would be a billion."""

    def doubled(x):
        for _ in range(30):
            x = x * x
        return mg.sum(x, axis=0)

    (n,) = dims("n")
    program = record(doubled, spec((n, 8)))
    ones = np.ones((3, 8), np.float32)
    np.testing.assert_array_equal(wasm_export.compile(program)(ones), program(ones))


def test_minus_zero_is_chosen_alike_in_lanes_and_behind_them():
    program = record(lambda x: (mg.where(x > 0, x, np.float32(-0.0)),), spec((5,)))
    assert_same_bits(program, -counted(5))


@pytest.mark.parametrize("name", ["memory", "exp_f32", "wat", "bind", "programs", "two words", ""])
def test_function_names_that_a_module_needs_itself_are_refused(name):
    program = record(lambda x: x, spec((n,)))
    with pytest.raises(ValueError, match="cannot be named"):
        wasm_export.compile({name: program})
    with pytest.raises(ValueError, match="cannot be named"):
        wasm_export.compile({"f": program, "f_scratch": program})


def test_what_is_no_program_is_named():
    with pytest.raises(TypeError, match=r"compile takes a Program .* record the function first"):
        wasm_export.compile(lambda x: x)
