"""Each pass keeps every bit of every result, does what it is for, and no more."""

from dataclasses import replace

import numpy as np
import pytest

import minigrad as mg
from minigrad import dims, passes, record, spec
from minigrad.primitives import TABLE
from minigrad.program import Constant

n, h = dims("n h")


def names(program):
    return [eq.primitive for eq in program.equations]


def assert_same_bits(before, after, *args):
    for a, b in zip(before(*args), after(*args), strict=True):
        same = (a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)
        assert same.all()
        assert (a.shape, a.dtype) == (b.shape, b.dtype)


def test_dead_code_goes_and_inputs_stay():
    program = record(lambda x, y: (x + 1.0,), spec((n,)), spec((n,)))
    assert [v.name for v in passes.remove_dead_code(program).inputs] == ["x", "y"]
    dead = record(lambda x: (mg.exp(x), mg.log(x)), spec((n,)))
    only = replace(dead, outputs=dead.outputs[:1], output_names=("0",))
    assert names(passes.remove_dead_code(only)) == ["exp"]


def test_common_subexpressions_are_computed_once_with_the_first_source():
    def f(x):
        a = mg.exp(x) + 1.0
        b = mg.exp(x) + 1.0
        return (a * b,)

    program = record(f, spec((n,)))
    merged = passes.merge_common_subexpressions(program)
    assert names(merged).count("exp") == 1
    assert merged.equations[0].source == program.equations[0].source
    assert_same_bits(program, merged, np.linspace(-1, 1, 5, dtype=np.float32))


def test_different_parameters_are_different_expressions():
    program = record(lambda x: (mg.sum(x, 0), mg.sum(x, 1)), spec((3, 3)))
    assert names(passes.merge_common_subexpressions(program)) == ["sum", "sum"]


def test_constants_are_folded_but_not_blown_up():
    table = np.arange(4.0)
    program = record(lambda x: (x * mg.sum(mg.exp(mg.Tensor(table))), x + mg.zeros((1000,))), spec((1000,), "float64"))
    folded = passes.fold_constants(program)
    assert "exp" not in names(folded)
    assert max(c.value.size for c in folded.constants) == 1
    assert_same_bits(program, folded, np.ones(1000))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("function", "left"), [
    (lambda x: x * 1.0, []),
    (lambda x: 1.0 * x, []),
    (lambda x: x / 1.0, []),
    (lambda x: -(mg.negative(x)), []),
    (lambda x: x + (-(x * 2.0)), ["broadcast", "mul", "sub"]),
    (lambda x: x - (-mg.exp(x)), ["exp", "add"]),
    (lambda x: x * -1.0, ["neg"]),
    (lambda x: mg.transpose(mg.transpose(x)), []),
    (lambda x: mg.flip(mg.flip(x, 0), 0), []),
    (lambda x: mg.reshape(mg.reshape(x, (-1,)), x.shape), []),
    (lambda x: mg.where(True, x, mg.exp(x)), []),
    (lambda x: mg.where(x > 0, x, x), []),
    (lambda x: mg.max(x, axis=()), []),
    (lambda x: mg.pad(x, 0), []),
    (lambda x: mg.concatenate([x]), []),
    (lambda x: TABLE["cast"](x, dtype=x.dtype), []),
    (lambda x: TABLE["slice"](x, start=(0, 0), stop=x.shape, step=(1, 1)), []),
    (lambda x: TABLE["broadcast"](x, shape=x.shape), []),
    (lambda x: mg.broadcast_to(mg.broadcast_to(x, (2, n, 3)), (5, 2, n, 3)), ["broadcast"]),
    (lambda x: mg.reshape(x, (3, n)), ["reshape"]),
    (lambda x: mg.transpose(x), ["transpose"]),
    (lambda x: mg.flip(x, 1), ["flip"]),
    (lambda x: x.astype(np.float64), ["cast"]),
    (lambda x: x[:, 1:], ["slice"]),
    (lambda x: mg.pad(x, 1), ["pad"]),
    (lambda x: mg.max(x, axis=1), ["max"]),
    (lambda x: mg.concatenate([x, x], axis=1), ["concatenate"]),
])  # fmt: skip
def test_algebra(function, left):
    program = record(lambda x: (function(x),), spec((n, 3)))
    simple = passes.simplify(program)
    assert names(simple) == left
    x = np.array([[-0.0, 1.0, np.inf], [np.nan, -2.0, 3.0]], np.float32)
    assert_same_bits(program, simple, x)


KEPT = [lambda x: x + 0.0, lambda x: mg.sum(x, ()), lambda x: x * 0.0, lambda x: x - x, lambda x: x / x]


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("function", KEPT)
def test_what_would_change_a_bit_somewhere_stays(function):
    program = record(lambda x: (function(x),), spec((n,)))
    simple = passes.simplify(program)
    assert simple.equations
    assert_same_bits(program, simple, np.array([-0.0, 0.0, np.inf, np.nan, 1.0], np.float32))


def test_each_pass_does_its_part_alone_and_in_simplify():
    program = record(lambda x: (mg.exp(x) - mg.exp(x) * 1.0,), spec((n,), "float64"))
    assert names(program) == ["exp", "exp", "broadcast", "mul", "sub"]
    assert names(passes.merge_common_subexpressions(program)) == ["exp", "broadcast", "mul", "sub"]
    assert names(passes.apply_algebra(program)) == ["exp", "exp", "broadcast", "sub"]
    assert names(passes.simplify(program)) == ["exp", "sub"]
    assert_same_bits(program, passes.simplify(program), np.linspace(-1, 1, 5))


PASSES = ["fold_constants", "apply_algebra", "merge_common_subexpressions", "remove_dead_code"]


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("function", [
    lambda x, y: x - y, lambda x, y: x / (y + 3.0), lambda x, y: mg.power(2.0 + x, y), lambda x, y: x < y,
    lambda x, y: x > y, lambda x, y: mg.where(x < 0, x, y), lambda x, y: mg.exp(x * 0.5) - mg.exp(y * 1.5),
])  # fmt: skip
def test_no_pass_alone_changes_a_result(name, function):
    program = record(lambda x, y: (function(x, y),), spec((n,), "float64"), spec((n,), "float64"))
    args = np.linspace(-1, 1, 5), np.linspace(0.5, -1.5, 5)
    assert_same_bits(program, getattr(passes, name)(program), *args)


def test_simplify_keeps_names_donations_and_trees():
    program = record(lambda p, lr: {"p": [p[0] - 1.0 * lr]}, [spec((h,))], spec(()), donate={"p": "p"})
    simple = passes.simplify(program)
    assert simple.donate == program.donate == {"p.0": "p.0"}
    assert simple.output_names == ("p.0",)
    assert len(simple.equations) < len(program.equations)


def test_equations_of_constants_alone_are_computed_at_once():
    program = record(lambda x, c: (x * mg.exp(c),), spec((3,), "float64"), spec((3,), "float64"))
    _, c = program.inputs
    constant = Constant(np.arange(3.0))
    fixed = [replace(eq, inputs=tuple(constant if a is c else a for a in eq.inputs)) for eq in program.equations]
    bound = replace(program, equations=tuple(fixed), _plans={})
    folded = passes.fold_constants(bound)
    assert names(bound) == ["exp", "mul"]
    assert names(folded) == names(passes.simplify(bound)) == ["mul"]
    assert_same_bits(bound, folded, np.ones(3), np.zeros(3))
