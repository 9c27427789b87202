"""Random programs: whoever runs them, and whatever is rewritten in between, the numbers are the same."""

from typing import Any

import jax
import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import minigrad as mg
from jax_ref import lower
from minigrad.passes import PASSES, simplify
from minigrad.primitives import TABLE
from minigrad.program import Program
from tests.minigrad.random_programs import Plan, Sizes, plans

some = settings(max_examples=max(3, settings.default.max_examples // 4))  # a second of compilation each


def assert_same_bits(found: Any, expected: Any, program: Program | None = None) -> None:
    """Equal, but for the last bits of a program with products of matrices: BLAS rounds as the memory is aligned."""
    if program and any(eq.primitive == "matmul" for eq in program.equations):
        assert_close(found, expected, 1e-5 if is_single(program) else 1e-13)
        return
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), strict=True)


def is_single(program: Program) -> bool:
    """Whether some of its numbers are float32."""
    return any(v.dtype == "float32" for v in (*program.inputs, *(eq.output for eq in program.equations)))


def assert_close(found: Any, expected: Any, tolerance: float, allowed: float = 0.0) -> None:
    """Relative to the largest number of all: rows are compared more strictly one by one."""
    found, expected = jax.tree.leaves(found), jax.tree.leaves(expected)
    bound = tolerance * max(1.0, *map(largest, expected)) + allowed
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=0, atol=bound)


def largest(x: Any) -> Any:
    return np.max(np.abs(x), initial=0.0)


def eager(plan: Plan, sizes: Sizes, floats: str = "") -> Any:
    value, gradients = mg.value_and_grad(plan.loss, argnums=plan.floats)(*plan.numbers(sizes, floats))
    return value.numpy(), tuple(g.numpy() for g in gradients)


def allowed_error(plan: Plan, found: Any, exact: Any) -> float:
    """Correct code may differ by more than any fixed tolerance in float32: by a multiple of minigrad's own error."""
    if plan.is_double:
        return 0.0
    return 8 * max(map(largest, jax.tree.leaves(jax.tree.map(lambda a, b: a - b, found, exact))))


@given(plan=plans())
def test_eager_and_replay_agree(plan):
    """But for last bits: NumPy adds up in the order of memory, and a replay has its own buffers."""
    program = plan.gradient()
    for sizes in plan.sizes:
        assert_close(program(*plan.numbers(sizes)), eager(plan, sizes), 1e-13 if plan.is_double else 1e-5)


@given(plan=plans())
def test_every_pass_keeps_every_bit(plan):
    program = plan.gradient()
    simple = simplify(program)
    for sizes in plan.sizes:
        xs = plan.numbers(sizes)
        expected = program(*xs)
        for version in (*(one_pass(program) for one_pass in PASSES.values()), simple):
            assert_same_bits(version(*xs), expected, program)
    assert len(simple.equations) <= len(program.equations)
    assert [eq.primitive for eq in simplify(simple).equations] == [eq.primitive for eq in simple.equations]


@given(plan=plans())
def test_a_program_survives_json(plan):
    program = plan.gradient()
    again = Program.from_json(program.to_json())
    assert str(again) == str(program)
    for sizes in plan.sizes:
        xs = plan.numbers(sizes)
        assert_same_bits(again(*xs), program(*xs), program)


@given(plan=plans(most=10))
def test_replay_leaves_its_arguments_alone_and_returns_fresh_memory(plan):
    program, xs = plan.gradient(), plan.numbers(plan.sizes[0])
    before = [x.copy() for x in xs]
    first = jax.tree.leaves(program(*xs))
    kept = [np.array(x) for x in first]
    program(*(x * 0.5 if x.dtype.kind == "f" else x for x in xs))
    assert_same_bits(xs, before)
    assert_same_bits(first, kept)
    for i, x in enumerate(first):
        assert not any(np.shares_memory(x, other) for other in (*xs, *first[:i]))


@some
@given(plan=plans(), data=st.data())
def test_minigrads_gradient_equals_jaxs_gradient_of_the_lowered_function(plan, data):
    program, forward = plan.gradient(), lower(plan.record())
    sizes = data.draw(st.sampled_from(plan.sizes))

    @jax.jit
    def all_three(*xs: Any) -> Any:
        by_jax = jax.value_and_grad(forward, plan.floats)(*xs)
        return lower(program)(*xs), lower(simplify(program))(*xs), by_jax

    exact = eager(plan, sizes, "float64")
    allowed = allowed_error(plan, eager(plan, sizes), exact)
    for found in all_three(*plan.numbers(sizes)):
        assert_close(found, exact, 1e-11 if plan.is_double else 1e-6, allowed)


@some
@given(plan=plans(most=10, mixed=False), seed=st.integers(0, 99), data=st.data())
def test_second_derivatives_equal_those_of_jax(plan, seed, data):
    rng = np.random.RandomState(seed)
    xs = plan.numbers(data.draw(st.sampled_from(plan.sizes)))
    tangents = [np.asarray(rng.normal(size=xs[i].shape)) for i in plan.floats]
    forward = lower(plan.record())

    def of_floats(f: Any, floats: Any) -> Any:
        full = list(xs)
        for place, x in zip(plan.floats, floats, strict=True):
            full[place] = x
        return f(*full)

    points = [xs[i] for i in plan.floats]
    found = mg.hvp(lambda *floats: of_floats(plan.loss, floats), points, tangents)

    @jax.jit
    def expected(points: Any, tangents: Any) -> Any:
        return jax.jvp(jax.grad(lambda floats: of_floats(forward, floats)), (points,), (tangents,))[1]

    assert_close([g.numpy() for g in found], expected(points, tangents), 1e-10)


def test_the_programs_have_5_to_60_rows_and_more_and_hold_every_row_of_the_table():
    rows, lengths = set(), []
    sizes: set[int] = set()

    @settings(max_examples=150, derandomize=True, database=None, phases=[Phase.generate])
    @given(plan=plans())
    def look(plan: Plan) -> None:
        lengths.append(len(plan.record().equations))
        sizes.add(len(plan.sizes))
        rows.update(eq.primitive for eq in plan.gradient().equations)

    look()
    assert rows == TABLE.keys() - {"alias"}  # an alias is never recorded
    assert min(lengths) <= 5
    assert max(lengths) >= 60
    assert sizes == {1, 2, 3}
