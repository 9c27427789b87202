"""Random programs: whoever runs them, and whatever is rewritten in between, the numbers are the same."""

from typing import Any

import jax
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from jax_ref import lower
from minigrad.passes import PASSES, simplify
from minigrad.program import Program
from tests.minigrad.random_programs import Plan, plans

some = settings(max_examples=max(3, settings.default.max_examples // 4))  # a second of compilation each


def assert_same_bits(found: Any, expected: Any, program: Program | None = None) -> None:
    """Equal, but for the last bits of a program with products of matrices: BLAS rounds as the memory is aligned."""
    if program and any(eq.primitive == "matmul" for eq in program.equations):
        assert_close(found, expected, 1e-13)
        return
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def assert_close(found: Any, expected: Any, tolerance: float = 1e-11) -> None:
    """Relative to the largest number of all: rows are compared more strictly one by one."""
    found, expected = jax.tree.leaves(found), jax.tree.leaves(expected)
    scale = max(1.0, *(np.max(np.abs(b), initial=0.0) for b in expected))
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance * scale)


def value_and_gradients(plan: Plan) -> Any:
    return mg.value_and_grad(plan.loss, argnums=tuple(range(len(plan.shapes))))


def eager(plan: Plan) -> Any:
    value, gradients = value_and_gradients(plan)(*plan.inputs())
    return value.numpy(), tuple(g.numpy() for g in gradients)


def recorded(plan: Plan, dtype: str = "float64") -> Program:
    return plan.record(lambda f: mg.value_and_grad(f, argnums=tuple(range(len(plan.shapes)))), dtype)


@given(plan=plans())
def test_eager_and_replay_agree(plan):
    program = recorded(plan)
    assert_close(program(*plan.inputs()), eager(plan), 1e-13)


@given(plan=plans())
def test_every_pass_keeps_every_bit(plan):
    program = recorded(plan)
    expected = program(*plan.inputs())
    for one_pass in PASSES.values():
        assert_same_bits(one_pass(program)(*plan.inputs()), expected, program)
    simple = simplify(program)
    assert_same_bits(simple(*plan.inputs()), expected, program)
    assert len(simple.equations) <= len(program.equations)
    assert [eq.primitive for eq in simplify(simple).equations] == [eq.primitive for eq in simple.equations]


@given(plan=plans())
def test_a_program_survives_json(plan):
    program = recorded(plan)
    again = Program.from_json(program.to_json())
    assert str(again) == str(program)
    assert_same_bits(again(*plan.inputs()), program(*plan.inputs()), program)


@given(plan=plans(most=10))
def test_replay_leaves_its_arguments_alone_and_returns_fresh_memory(plan):
    program, xs = recorded(plan), plan.inputs()
    before = [x.copy() for x in xs]
    first = jax.tree.leaves(program(*xs))
    kept = [np.array(x) for x in first]
    program(*(x * 0.5 for x in xs))
    assert_same_bits(xs, before)
    assert_same_bits(first, kept)
    for i, x in enumerate(first):
        assert not any(np.shares_memory(x, other) for other in (*xs, *first[:i]))


@some
@given(plan=plans())
def test_minigrads_gradient_equals_jaxs_gradient_of_the_lowered_function(plan):
    program, forward = recorded(plan), lower(plan.record())
    argnums = tuple(range(len(plan.shapes)))

    @jax.jit
    def both(*xs: Any) -> Any:
        return lower(program)(*xs), lower(simplify(program))(*xs), jax.value_and_grad(forward, argnums)(*xs)

    expected = eager(plan)
    for found in both(*plan.inputs()):
        assert_close(found, expected)


@some
@given(plan=plans(most=8), seed=st.integers(0, 99))
def test_second_derivatives_equal_those_of_jax(plan, seed):
    rng = np.random.RandomState(seed)
    xs = plan.inputs()
    tangents = [np.asarray(rng.normal(size=x.shape)) for x in xs]
    argnums = tuple(range(len(xs)))
    found = mg.hvp(plan.loss, xs, tangents)
    forward = lower(plan.record())

    @jax.jit
    def expected(xs: Any, tangents: Any) -> Any:
        return jax.jvp(lambda *xs: jax.grad(forward, argnums)(*xs), xs, tangents)[1]

    assert_close([g.numpy() for g in found], expected(tuple(xs), tuple(tangents)), 1e-10)
