"""The Tensor as a user meets it: what it holds, what it refuses, and that its history is no burden."""

import gc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.tensor import leaf


def test_a_tensor_copies_what_it_is_made_from():
    data = np.array([1.0, 2.0])
    t = mg.Tensor(data)
    data[0] = 5.0
    assert t.numpy().tolist() == [1.0, 2.0]


def test_numpy_is_a_read_only_view():
    t = mg.Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        t.numpy()[0] = 3.0


def test_writing_in_place_raises():
    t = mg.Tensor([1.0])
    with pytest.raises(TypeError, match="never written in place.*minigrad.where"):
        t[0] = 2.0


@pytest.mark.parametrize("dtype", ["float16", "complex128", "int8", "uint32", "object", "U3"])
def test_other_dtypes_raise(dtype):
    with pytest.raises(TypeError, match="cannot hold dtype .*float64, float32, int64, int32, uint8, bool"):
        mg.Tensor(np.zeros(2, dtype))


def test_ragged_data_raises():
    with pytest.raises(ValueError, match="inhomogeneous"):
        mg.Tensor([[1.0], [1.0, 2.0]])


def test_numpy_functions_are_refused_with_directions():
    t = mg.Tensor([1.0])
    with pytest.raises(TypeError, match=r"np\.exp does not know Tensors; use minigrad\.exp"):
        np.exp(t)
    with pytest.raises(TypeError, match=r"np\.sum does not know Tensors; use minigrad\.sum"):
        np.sum(t)
    unknown = {"np.linalg.inv": np.linalg.inv, "np.arctan": np.arctan, "np.add.reduce": np.add.reduce}
    for name, function in unknown.items():
        with pytest.raises(TypeError, match=rf"^{name} does not know Tensors; where no gradient is .* x.numpy\(\)"):
            function(mg.Tensor([[1.0]]))
    with pytest.raises(TypeError, match="cannot take a Tensor in place, as in a"):
        np.add(t, t, out=np.zeros(1))


def test_arrays_and_tensors_mix_in_operators_from_both_sides():
    array, t = np.array([1.0, 2.0]), mg.Tensor([3.0, 4.0])
    for left, right in ((array, t), (t, array)):
        assert isinstance(left + right, mg.Tensor)
        assert (left * right).numpy().tolist() == [3.0, 8.0]
    assert (array @ t).item() == 11.0
    assert (array < t).numpy().all()


def test_asarray_of_an_untracked_tensor_works_and_of_a_tracked_one_raises():
    assert np.asarray(mg.Tensor([1.0])).tolist() == [1.0]
    with pytest.raises(TypeError, match="lose the gradient of a tracked Tensor of shape"):
        np.asarray(mg.Tensor([1.0], requires_grad=True))
    with pytest.raises(TypeError, match="lose the gradient of an abstract Tensor"):
        mg.record(lambda x: np.asarray(x), mg.spec((2,)))


@pytest.mark.parametrize("look", [float, bool, int, lambda t: t.numpy(), lambda t: t.item(), lambda t: t.tolist()])
def test_looking_at_an_abstract_number_raises(look):
    with pytest.raises(TypeError, match="abstract Tensor of shape .* have no numbers"):
        mg.record(lambda x: look(mg.sum(x)), mg.spec((2,)))


def test_a_branch_on_an_abstract_value_says_what_to_do():
    with pytest.raises(TypeError, match=r"minigrad\.where"):
        mg.record(lambda x: x if mg.sum(x) > 0 else -x, mg.spec((2,)))


def test_scalars_convert_and_others_do_not():
    assert float(mg.Tensor(1.5)) == 1.5
    assert [10, 20][mg.Tensor(1)] == 20
    assert bool(mg.Tensor([True]))
    with pytest.raises(ValueError, match=r"truth of a Tensor of shape \(2,\) is ambiguous"):
        bool(mg.Tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"exactly one element.*\(2,\)"):
        float(mg.Tensor([1.0, 2.0]))
    with pytest.raises(TypeError, match="only an integer Tensor can be an index"):
        [0][mg.Tensor(1.0)]
    with pytest.raises(TypeError, match=r"without axes has no len"):
        len(mg.Tensor(1.0))


def test_numbers_print_and_leave_as_pythons():
    x = mg.Tensor(2.0, requires_grad=True) * 1.23456
    assert f"{x:.2f}" == "2.47"
    assert f"{mg.Tensor([1.0])}" == "Tensor([1.])"
    assert mg.Tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="exactly one element"):
        f"{mg.Tensor([1.0, 2.0]):.2f}"


def test_requires_grad_needs_floats():
    with pytest.raises(TypeError, match="requires_grad needs a float dtype.*int64"):
        mg.Tensor([1], requires_grad=True)


def test_only_results_of_tracked_tensors_are_tracked():
    plain, tracked = mg.Tensor([1.0]), leaf(np.ones(1))
    assert (plain * 2).birth == 0
    assert (plain * 2).inputs == ()
    result = plain + tracked
    assert result.primitive.name == "add"
    assert result.birth > tracked.birth


def test_histories_hold_no_cycles():
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones(3))
        y = mg.sum(mg.tanh(x) * x)
        seen = weakref.ref(y)
        del y
        assert seen() is None
        mg.grad(lambda x: mg.sum(mg.exp(x) * x))(np.ones(3))
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_repr_shows_dtype_and_origin():
    assert repr(mg.Tensor([1.0])) == "Tensor([1.])"
    assert repr(mg.Tensor([1.0], "float32")) == "Tensor([1.], dtype=float32)"
    assert "from mul" in repr(leaf(np.ones(1)) * 2)
