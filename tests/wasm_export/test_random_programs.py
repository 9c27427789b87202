"""Random programs through the compiler: the module's float32 against NumPy's, both judged by float64.

Correct float32 code may differ by more than any fixed tolerance, so the module is allowed a multiple of the error that
NumPy's own float32 makes on the same program.
"""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
from hypothesis import given, settings

from minigrad import tree
from minigrad.passes import simplify
from minigrad.primitives import TABLE
from minigrad.program import Equation, Program
from minigrad.text import equation_text
from tests.minigrad.random_programs import plans
from wasm_export import compile
from wasm_export.math import ULP

some = settings(max_examples=max(3, settings.default.max_examples // 3))
EPSILON = 2.0**-24  # half a unit in the last place of 1
MARGIN = 1e-3  # so far from kinks that rounding in float32 does not cross one


def flat(result: Any) -> Any:
    return np.concatenate([np.ravel(x).astype(np.float64) for x in jax.tree.leaves(result)])


@some
@given(plan=plans(margin=MARGIN))
def test_the_module_errs_at_most_eight_times_as_much_as_numpy(plan):
    reference, program = plan.gradient("float64"), plan.gradient("float32")
    modules = [compile(version) for version in (program, simplify(program))]
    for sizes in plan.sizes:
        xs = plan.numbers(sizes, "float32")
        exact = flat(reference(*plan.numbers(sizes, "float64")))
        allowed = 8 * np.max(np.abs(flat(program(*xs)) - exact)) + 1e-6 * np.max(np.abs(exact))
        for module in modules:
            np.testing.assert_allclose(flat(module(*xs)), exact, rtol=0, atol=allowed)


def unfused(program: Program) -> Program:
    """The Program that returns all its variables: each has to be stored, so nothing fuses across it."""
    variables = tuple(eq.output for eq in program.equations)
    _, structure = tree.flatten(list(variables))
    names = tuple(v.name for v in variables)
    return replace(program, outputs=variables, output_names=names, out_tree=structure, donate={}, _plans={})


def allowed_error(eq: Equation, params: Any, exact: Any, operands: list[Any]) -> Any:
    """How far a row may be from its exact result: units in the last place, or of the terms where it adds up."""
    if exact.dtype.kind != "f":
        return 0.0
    if eq.primitive in ("sum", "matmul", "scatter_add"):
        terms = [np.abs(x) if x.dtype.kind == "f" else x for x in operands]
        count = max(x.size for x in operands)
        return (count + 1) * EPSILON * TABLE[eq.primitive].impl(*terms, **params)
    return (ULP.get(eq.primitive, 0.5) + 1e-6) * np.spacing(np.abs(exact.astype(np.float32))).astype(np.float64)


@some
@given(plan=plans(most=20))
def test_every_row_is_right_on_the_modules_own_operands(plan):
    program = plan.gradient("float32")
    module = compile(unfused(program))
    for sizes in plan.sizes:
        xs = plan.numbers(sizes, "float32")
        values: dict[int, Any] = {id(v): x for v, x in zip(program.inputs, xs, strict=True)}
        values |= {id(eq.output): np.asarray(x) for eq, x in zip(program.equations, module(*xs), strict=True)}
        values |= {id(c): c.value for c in program.constants}
        for eq in program.equations:
            operands = [_wide(values[id(a)]) for a in eq.inputs]
            params = {key: _wide_dtype(value) for key, value in eq.params_at(sizes).items()}
            exact = np.asarray(TABLE[eq.primitive].impl(*operands, **params))
            found = values[id(eq.output)].astype(exact.dtype if exact.dtype.kind == "f" else int)
            with np.errstate(invalid="ignore"):  # infinities may be equal, and have no distance
                near = np.abs(found - exact) <= allowed_error(eq, params, exact, operands)
            assert np.all((found == exact) | near), equation_text(eq)


def _wide(x: Any) -> Any:
    return x.astype(np.float64) if x.dtype == np.float32 else x


def _wide_dtype(param: Any) -> Any:
    return np.dtype("float64") if isinstance(param, np.dtype) and param == np.float32 else param
