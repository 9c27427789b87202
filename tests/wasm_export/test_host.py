"""Calling compiled functions from Python: what is checked before anything runs, and views for in-place use."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import minigrad as mg
import wasm_export
from minigrad.primitives import TABLE

N, H = mg.dims("n h")


@pytest.fixture(scope="module")
def module() -> wasm_export.Compiled:
    program = mg.record(
        lambda x, labels: {"sum": mg.sum(x, axis=1), "next": x + 1, "labels": labels + 1},
        mg.spec((N, H)),
        mg.spec((N,), "int64"),
        donate={"x": "next"},
    )
    return wasm_export.compile(program)


def test_float64_programs_are_refused() -> None:
    program = mg.record(lambda x: x * 2, mg.spec((N,), "float64"))
    with pytest.raises(wasm_export.LoweringError, match="input x is float64.*record it with float32 specs"):
        wasm_export.compile(program)


def test_wrong_arguments_name_the_input(module: wasm_export.Compiled) -> None:
    x, labels = np.ones((3, 2), np.float32), np.zeros(3, np.int64)
    with pytest.raises(TypeError, match="input x has dtype float32, and got float64"):
        module(x.astype(float), labels)
    with pytest.raises(ValueError, match=r"input x has shape \[n, h\]"):
        module(x[0], labels)
    with pytest.raises(ValueError, match="input labels"):
        module(x, labels[:2])
    with pytest.raises(TypeError, match="takes arguments"):
        module(x)
    with pytest.raises(ValueError, match="at least 1"):
        module(x[:0], labels[:0])


def test_labels_beyond_int32_are_refused_and_others_keep_their_dtype(module: wasm_export.Compiled) -> None:
    x = np.ones((3, 2), np.float32)
    with pytest.raises(ValueError, match="input labels holds 3000000000, which does not fit"):
        module(x, np.array([0, 1, 3_000_000_000]))
    result = module(x, np.array([0, 1, -5]))
    assert result["labels"].dtype == np.int64
    np.testing.assert_array_equal(result["labels"], [1, 2, -4])


def test_dimensions_that_no_input_binds_are_given_by_name() -> None:
    program = mg.record(lambda x: x + mg.arange(mg.dims("side")[0], "float32"), mg.spec(()))
    module = wasm_export.compile(program)
    np.testing.assert_array_equal(module(np.float32(1), dims={"side": 4}), [1, 2, 3, 4])
    with pytest.raises(ValueError, match="side"):
        module(np.float32(1))


def test_bound_views_share_the_memory(module: wasm_export.Compiled) -> None:
    bound = module.bind(np.zeros((3, 2), np.float32), np.zeros(3, np.int64))
    bound.inputs["x"][...] = 5
    bound.run(10)
    np.testing.assert_array_equal(bound.inputs["x"], np.full((3, 2), 15))
    np.testing.assert_array_equal(bound.outputs["next"], bound.inputs["x"])
    np.testing.assert_array_equal(bound.outputs["sum"], [28, 28, 28])
    with pytest.raises(ValueError, match="at least 1"):
        bound.run(0)


def test_a_second_binding_leaves_the_first_alone(module: wasm_export.Compiled) -> None:
    first = module.bind(np.zeros((3, 2), np.float32), np.zeros(3, np.int64))
    module(np.ones((4000, 50), np.float32), np.zeros(4000, np.int64))
    first.run()
    np.testing.assert_array_equal(first.outputs["next"], np.ones((3, 2)))


def test_the_manifest_in_the_bytes_describes_the_call(module: wasm_export.Compiled) -> None:
    entry = module.manifest["functions"]["main"]
    assert entry["dims"] == ["h", "n"]
    assert entry["inputs"][0] == {"name": "x", "shape": ["n", "h"], "dtype": "float32", "donated_to": "next"}
    assert entry["inputs"][1]["dtype"] == "int32"
    assert {o["name"]: o["donated"] for o in entry["outputs"]} == {"labels": False, "next": True, "sum": False}
    assert json.dumps(module.manifest, separators=(",", ":")).encode() in module.wasm


def test_an_operation_without_a_row_names_its_equation(monkeypatch: pytest.MonkeyPatch) -> None:
    cube = mg.primitive("cube", lambda x: x**3, lambda x: (x.shape, x.dtype), (None,))
    monkeypatch.delitem(TABLE, "cube")
    program = mg.record(lambda x: cube(x) + 1, mg.spec((N,)))
    with pytest.raises(wasm_export.LoweringError, match=r"equation 0, \w+ = cube.*no row"):
        wasm_export.compile(program)


@pytest.mark.parametrize("form", ["program", "index", "fused", "loops", "memory", "wat"])
def test_each_form_prints(form: str) -> None:
    program = mg.record(lambda x: mg.sum(mg.exp(x)), mg.spec((N, H)))
    assert "exp" in wasm_export.show(program, form) or form in ("memory", "wat")
    with pytest.raises(ValueError, match="there is no form 'bytes'"):
        wasm_export.show(program, "bytes")


def test_loops_say_in_words_how_they_run() -> None:
    program = mg.record(lambda x, w: mg.tanh(x @ w), mg.spec((N, 20)), mg.spec((20, H)))
    loops = set(re.findall("for .*:", wasm_export.show(program, "loops")))
    patterns = [
        r"for each n, \d rounds side by side, the last round a whole one:",
        r"for each h, four at a time, \d vectors side by side, the last round a whole one:",
        r"for each i20 below 20:",
    ]
    assert sorted(pattern for pattern in patterns for loop in loops if re.fullmatch(pattern, loop)) == sorted(patterns)


def test_fuse_says_which_equations_run_together() -> None:
    program = mg.record(lambda x, w: mg.mean(mg.tanh(x @ w)), mg.spec((N, 2)), mg.spec((2, H)))
    sweeps = wasm_export.fuse(program)
    covered = {number for sweep in sweeps for number in sweep.equations}
    assert covered == set(range(len(program.equations)))
