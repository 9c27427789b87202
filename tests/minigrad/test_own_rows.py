"""A row of one's own that is wrong says which row it is, what it promised and what came."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg

X = np.linspace(-1.0, 1.0, 3)


def same(x: Any, **params: Any) -> Any:
    return x.shape, x.dtype


def through(g: Any, z: Any, x: Any) -> Any:
    return g


@pytest.mark.parametrize(
    ("impl", "gives"),
    [
        (lambda x: x.sum(), r"float64\[\]"),
        (lambda x: x[:, None], r"float64\[3, 1\]"),
        (lambda x: x.astype(np.float32), r"float32\[3\]"),
        (lambda x: None, r"object\[\]"),
    ],
)
def test_an_implementation_that_breaks_the_shape_rule_is_named_with_both(impl, gives):
    row = mg.primitive("broken", impl, same, (through,))
    message = rf"broken of float64\[3\]: its shape rule says float64\[3\], but its implementation gives {gives}"
    program = mg.record(lambda x: row(x) + 1.0, mg.spec([3], "float64"))
    for use in (row, program, mg.grad(lambda x: mg.sum(row(x))), lambda x: mg.check.gradients(row, x)):
        with pytest.raises(ValueError, match=message):
            use(X)


@pytest.mark.parametrize("answer", [(3,), None, ("n", "float64"), ((1.5,), "float64"), ((3,), "complex128")])
def test_a_shape_rule_that_answers_something_else_is_named(answer):
    row = mg.primitive("odd", lambda x: x, lambda x: answer, (through,))
    for use in (row, lambda x: mg.record(row, mg.spec(x.shape, "float64"))):
        with pytest.raises(TypeError, match=r"the shape rule of odd answers .*; it has to return a shape and one of"):
            use(X)


@pytest.mark.parametrize("rules", [(), (through,), (through, None, None)])
def test_every_input_needs_its_rule(rules):
    row = mg.primitive("product", lambda x, y: x * y, lambda x, y: (x.shape, x.dtype), rules)
    message = rf"product is called with 2 inputs and has {len(rules)} VJP rules; give it one for each input"
    for use in (row, mg.grad(lambda x, y: mg.sum(row(x, y))), lambda x, y: mg.record(row, x, y)):
        with pytest.raises(ValueError, match=message):
            use(X, X)


def test_rules_may_be_a_list_or_a_function_of_the_position_but_no_lone_rule():
    listed = mg.primitive("listed", lambda x: 2.0 * x, same, [lambda g, z, x: 2.0 * g])
    chosen = mg.primitive("chosen", lambda *xs: sum(xs), lambda *xs: same(xs[0]), lambda place: lambda g, z, *xs: g)
    looked_up = mg.primitive("looked up", lambda x: 3.0 * x, same, {0: lambda g, z, x: 3.0 * g}.__getitem__)
    mg.check.gradients(listed, X)
    mg.check.gradients(looked_up, X)
    mg.check.gradients(lambda x, y, z: chosen(x, y, z), X, X, X)
    with pytest.raises(TypeError, match=r"the VJP of lone is a function, .* write \(rule,\)"):
        mg.primitive("lone", lambda x: x, same, through)  # type: ignore[arg-type]


@pytest.mark.parametrize("lone", [lambda g, *rest: g * 3.0, lambda *everything: everything[0]])
def test_a_lone_rule_that_takes_any_number_of_arguments_is_found_out_at_the_first_application(lone):
    row = mg.primitive("tripled", lambda x: 3.0 * x, same, lone)
    for use in (row, mg.grad(lambda x: mg.sum(row(x))), lambda x: mg.record(row, x)):
        with pytest.raises(TypeError, match=r"the VJP of tripled for its input 0 is 0.*, and no rule; .* \(rule,\)"):
            use(X)


def test_a_function_of_the_position_needs_a_rule_for_every_input():
    row = mg.primitive("short", lambda x, y: x, lambda x, y: same(x), {0: lambda g, z, x, y: g}.__getitem__)
    for use in (row, mg.grad(lambda x, y: mg.sum(row(x, y))), lambda x, y: mg.record(row, x, y)):
        with pytest.raises(KeyError) as error:
            use(X, X)
        assert "This comes from the VJP of short, which has to give" in error.value.__notes__[0]


def test_what_is_no_rule_is_found_out_when_the_row_is_made():
    with pytest.raises(TypeError, match="the VJP of constant for its input 0 is 3, and no rule"):
        mg.primitive("constant", lambda x: x, same, (3,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "whose"),
    [
        ((lambda x, y: x, same, (through,)), "the implementation of short"),
        ((lambda x: x, lambda: None, (through,)), "the shape rule of short"),
        ((lambda x: x, same, (lambda g, z: g,)), "the VJP rule of short for its input 0"),
        ((lambda x: x, same, lambda place: lambda g, z: g), "the VJP rule of short for its input 0"),
    ],
)
def test_what_a_part_raises_says_whose_it_is(parts, whose):
    row = mg.primitive("short", *parts)
    with pytest.raises(TypeError) as error:
        mg.grad(lambda x: mg.sum(row(x)))(X)
    assert f"This comes from {whose}." in error.value.__notes__


def test_a_row_may_have_a_symbolic_parameter():
    (n,) = mg.dims("n")
    row = mg.primitive("fill", lambda x, size: np.full(size, x), lambda x, size: ((size,), x.dtype), (None,))
    program = mg.record(lambda points: row(mg.Tensor(2.0), size=n) + points, mg.spec([n], "float64"))
    assert program(X).tolist() == [1.0, 2.0, 3.0]


def test_symbolic_parameters_may_be_nested():
    (n,) = mg.dims("n")
    row = mg.primitive(
        "padded",
        np.pad,
        lambda x, pad_width: (tuple(k + low + high for k, (low, high) in zip(x.shape, pad_width)), x.dtype),
        (None,),
    )
    program = mg.record(lambda x: row(x, pad_width=((n, 1),)), mg.spec([n], "float64"))
    for same_program in (program, mg.Program.from_json(program.to_json())):
        assert same_program(np.ones(2)).tolist() == [0.0, 0.0, 1.0, 1.0, 0.0]
