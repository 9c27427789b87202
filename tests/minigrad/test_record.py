"""Recording: what a function did, with shapes for numbers, and the errors of those who look."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import dims, record, spec, tree

n, h = dims("n h")


def loss(params, points, labels):
    hidden = mg.relu(points @ params["W"] + params["b"])
    return mg.cross_entropy(hidden, labels)


def step(params, points, labels, lr):
    value, gradient = mg.value_and_grad(loss)(params, points, labels)
    return {"loss": value, "params": tree.map(lambda p, g: p - lr * g, params, gradient)}


SPECS = ({"W": spec((2, 3)), "b": spec((3,))}, spec((n, 2)), spec((n,), "int64"), spec(()))


def arguments(count=7, seed=0):
    rng = np.random.default_rng(seed)
    f = np.float32
    params = {"W": rng.normal(size=(2, 3)).astype(f), "b": rng.normal(size=3).astype(f)}
    return params, rng.normal(size=(count, 2)).astype(f), rng.integers(0, 3, count), f(0.1)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_training_step_replays_to_the_bits_of_eager(count):
    program = record(step, *SPECS)
    eager, replayed = step(*arguments(count)), program(*arguments(count))
    for a, b in zip(tree.flatten(eager)[0], tree.flatten(replayed)[0], strict=True):
        assert np.array_equal(a.numpy(), b)
        assert a.dtype == b.dtype


def test_inputs_and_outputs_are_named_by_path():
    program = record(step, *SPECS, donate={"params": "params"})
    assert [v.name for v in program.inputs] == ["params.W", "params.b", "points", "labels", "lr"]
    assert program.output_names == ("loss", "params.W", "params.b")
    assert program.donate == {"params.W": "params.W", "params.b": "params.b"}
    assert record(lambda *xs: xs[0], spec(()), names=["x"]).inputs[0].name == "x"


def test_roles_tell_forward_backward_and_update_apart():
    program = record(step, *SPECS)
    roles = [eq.role for eq in program.equations]
    assert roles == sorted(roles, key=["forward", "backward", "update"].index)
    assert set(roles) == {"forward", "backward", "update"}
    made = {eq.output: eq.role for eq in program.equations}
    assert [made[o] for o in program.outputs] == ["forward", "update", "update"]


def test_sources_name_the_line_that_asked_even_for_gradients():
    program = record(step, *SPECS)
    assert {eq.source[0] for eq in program.equations} == {__file__} | {
        eq.source[0] for eq in program.equations if "minigrad" in eq.source[0]
    }
    lines = {eq.source[1] for eq in program.equations if eq.role == "backward" and eq.primitive == "matmul"}
    assert loss.__code__.co_firstlineno + 1 in lines


def test_captured_arrays_become_constants_and_numbers_print():
    table = np.arange(3.0)
    program = record(lambda x: x * table + 2.0, spec((3,), "float64"))
    assert "{f64[3]}" in str(program)
    assert len(program.constants) == 2
    table[:] = 0
    assert program(np.ones(3)).tolist() == [2.0, 3.0, 4.0]


def test_an_input_can_be_an_output_and_an_output_a_constant():
    program = record(lambda x, y: (y, 3.0, x), spec((2,)), spec(()))
    y, three, x = program(np.ones(2, np.float32), 5.0)
    assert (y, three, x.tolist()) == (5.0, 3.0, [1.0, 1.0])


def test_symbolic_axes_do_not_count_as_one():
    with pytest.raises(ValueError, match=r"shapes \(n,\) and \(3,\) do not broadcast"):
        record(lambda x, y: x + y, spec((n,)), spec((3,)))
    with pytest.raises(ValueError, match=r"do not broadcast"):
        record(lambda x, y: x + y, spec((n,)), spec((h,)))


def test_new_dimensions_come_from_joining_padding_slicing_and_reshaping():
    program = record(
        lambda x, y: (
            mg.concatenate([x, y]),
            mg.pad(x, ((1, 2),)),
            x[:-1],
            mg.reshape(mg.zeros((n, 4, h)), (2 * n, -1)),
        ),
        spec((n,)),
        spec((h,)),
    )
    assert [str(a.shape) for a in program.outputs] == ["(h + n,)", "(n + 3,)", "(n - 1,)", "(2*n, 2*h)"]


def test_a_reshape_that_does_not_divide_raises():
    with pytest.raises(ValueError, match=r"cannot reshape \(n,\) to \(2, -1\).*not a multiple"):
        record(lambda x: mg.reshape(x, (2, -1)), spec((n,)))


def test_a_fixed_slice_of_a_symbolic_axis_stores_its_condition():
    program = record(lambda x: x[2:5], spec((n,)))
    assert [str(c) for c in program.conditions] == ["n - 5"]
    assert program(np.arange(5, dtype=np.float32)).tolist() == [2, 3, 4]
    with pytest.raises(ValueError, match=r"needs n - 5 >= 0, and \{'n': 4\} makes it negative"):
        program(np.arange(4, dtype=np.float32))


def test_a_dimension_that_no_input_binds_is_passed():
    (side,) = dims("side")
    program = record(lambda x: mg.arange(side, np.float32) * x, spec(()))
    assert program(2.0, dims={"side": 3}).tolist() == [0.0, 2.0, 4.0]
    with pytest.raises(ValueError, match=r"no input axis has length side.*'side': 256"):
        program(2.0)
    with pytest.raises(ValueError, match="dims names 'width'"):
        program(2.0, dims={"width": 3})


def test_a_tensor_from_another_recording_raises():
    leaked = []
    record(lambda x: leaked.append(x) or x, spec((2,)))
    with pytest.raises(ValueError, match="from another recording"):
        record(lambda x: x + leaked[0], spec((2,)))


def test_donations_are_checked():
    two = lambda x, y: {"a": x + 1, "b": mg.sum(y)}  # noqa: E731
    specs = (spec((2,)), spec((2,)))
    with pytest.raises(ValueError, match="donate names the input 'z'"):
        record(two, *specs, donate={"z": "a"})
    with pytest.raises(ValueError, match="is donated to 'c', but the outputs are a, b"):
        record(two, *specs, donate={"x": "c"})
    with pytest.raises(ValueError, match=r"input y float32\[2\] cannot be donated to output b float32\[\]"):
        record(two, *specs, donate={"y": "b"})
    with pytest.raises(ValueError, match="two inputs are donated"):
        record(two, *specs, donate={"x": "a", "y": "a"})


def test_specs_refuse_other_dtypes_and_dimensions_as_arguments():
    with pytest.raises(TypeError, match="spec cannot have dtype float16"):
        spec((2,), "float16")
    with pytest.raises(TypeError, match="the dimension n is not an argument"):
        record(lambda x: x, n)


def test_recording_a_hessian_vector_product_gives_its_numbers():
    f = lambda x: mg.sum(mg.tanh(x) * x * x)  # noqa: E731
    x, v = np.linspace(-1, 1, 5), np.linspace(0, 2, 5)
    program = record(lambda x, v: mg.hvp(f, (x,), (v,))[0], spec((n,), "float64"), spec((n,), "float64"))
    assert np.allclose(program(x, v), mg.hvp(f, (x,), (v,))[0].numpy(), rtol=1e-14)
