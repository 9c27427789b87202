"""The sabotage covers every entry, breaks what it says, and leaves the tables as they were."""

from collections import Counter

import numpy as np
import pytest

import minigrad as mg
from minigrad import passes
from minigrad.ops.composite import COMPOSITES
from minigrad.primitives import TABLE
from tests.minigrad import test_primitives
from tests.sabotage.mutants import Mutant, all_mutants
from tests.sabotage.suite import calls, failure

MUTANTS = list(all_mutants())


def find(text: str) -> Mutant:
    return next(m for m in MUTANTS if str(m) == text)


def test_every_rule_shape_and_pass_is_broken_in_several_ways():
    counts = Counter((m.kind, m.entry) for m in MUTANTS)
    for name, row in TABLE.items():
        rules = row.vjp if isinstance(row.vjp, tuple) else (row.vjp,)
        assert counts["shape", name] >= 3
        assert counts["vjp", name] >= 3 * sum(rule is not None for rule in rules)
    for name, composite in COMPOSITES.items():
        assert counts["kernel", name] >= 3
        assert counts["vjp", name] >= 3 * sum(rule is not None for rule in composite.vjp)
    assert {entry for kind, entry in counts if kind == "pass"} >= passes.PASSES.keys()


def test_every_kind_of_damage_is_done_to_everything_it_can_be_done_to():
    found = {str(m) for m in MUTANTS}
    for name, row in TABLE.items():
        places = [""] if callable(row.vjp) else [f"input {i}, " for i, rule in enumerate(row.vjp) if rule]
        assert {
            f"vjp of {name}: {place}{how}" for place in places for how in ("zeroed", "negated", "factor 2")
        } <= found
        assert {f"shape of {name}: {how}" for how in ("zeroed", "factor 2", "an axis less", "another dtype")} <= found
    swapped = {m.entry for m in MUTANTS if m.kind == "vjp" and m.how.endswith("inputs swapped")}
    assert swapped >= {"mul", "div", "pow", "maximum", "minimum", "matmul"}  # whose rules read both inputs
    terms = {m.entry for m in MUTANTS if m.kind == "vjp" and "->" in m.how}
    assert terms >= {"exp", "log", "log1p", "tanh", "sin", "cos", "sqrt", "abs", "mul", "div", "pow", "max", "slice"}
    for name in passes.PASSES:
        hows = {m.how for m in MUTANTS if m.kind == "pass" and m.entry == name}
        assert hows >= {
            "constants zeroed",
            "constants negated",
            "constants doubled",
            "loses an equation",
            "operands swapped",
        }


def test_a_lost_factor_is_what_it_says():
    with find("vjp of tanh: input 0, g * (1 - z * z) -> 1 - z * z in 1 - z * z").applied():
        assert mg.vjp(mg.tanh, 0.0)[1](5.0)[0].item() == 1.0
    assert mg.vjp(mg.tanh, 0.0)[1](5.0)[0].item() == 5.0


def test_the_tables_are_restored_after_an_error():
    before = {name: (row.vjp, row.shape) for name, row in TABLE.items()}
    with pytest.raises(ValueError, match="seen"), find("shape of exp: one longer").applied():
        raise ValueError("seen" if TABLE["exp"].shape(np.ones(2)) == ((3,), np.float64) else "not applied")
    assert {name: (row.vjp, row.shape) for name, row in TABLE.items()} == before


def test_a_mutant_is_killed_by_the_tests_of_its_row():
    mutant = find("vjp of mul: input 1, inputs swapped")
    assert not failure(calls(test_primitives, name="mul", dtype="float64"))
    with mutant.applied():
        assert failure(calls(test_primitives, name="mul", dtype="float64"))
