"""A Program as a value: calling it with what it was not recorded for, printing it, storing it."""

import json

import numpy as np
import pytest

import minigrad as mg
from minigrad import Program, dims, record, spec

n, h = dims("n h")
program = record(
    lambda params, x: {"y": mg.tanh(x @ params["W"]), "total": mg.sum(x) * 0.5},
    {"W": spec((2, h))}, spec((n, 2)),
)  # fmt: skip
W, X = np.ones((2, 3), np.float32), np.ones((4, 2), np.float32)


def test_it_prints_like_a_jaxpr():
    assert str(program) == (
        "{ lambda params.W:f32[2,h] x:f32[n,2] . let\n"
        "    a:f32[n,h] = matmul x params.W\n"
        "    b:f32[n,h] = tanh a\n"
        "    c:f32[] = sum[axes=(0,1)] x\n"
        "    d:f32[] = mul c 0.5\n"
        "  in total=d y=b }"
    )


def test_json_round_trips_to_the_bit():
    rng = np.random.default_rng(0)
    constant = rng.normal(size=3)
    constant[1] = np.nan
    original = record(
        lambda x, i: (x[1:] * constant[0] + mg.take(x, i)[0], constant), spec((n,), "float64"), spec((2,), "int32")
    )
    back = Program.from_json(original.to_json())
    assert str(back) == str(original)
    assert [eq.source for eq in back.equations] == [eq.source for eq in original.equations]
    args = (rng.normal(size=4), np.array([0, 1], np.int32))
    for a, b in zip(original(*args), back(*args), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("damage", [
    lambda d: d.pop("equations"),
    lambda d: d.update(format=99),
    lambda d: d["equations"][0].update(primitive="frobnicate"),
    lambda d: d["equations"][0].update(inputs=["nobody"]),
    lambda d: d["equations"][0]["output"].update(shape=[9]),
])  # fmt: skip
def test_damaged_json_raises(damage):
    data = json.loads(program.to_json())
    damage(data)
    with pytest.raises(ValueError, match="not the JSON of a Program"):
        Program.from_json(json.dumps(data))


def test_text_that_is_no_json_raises():
    with pytest.raises(ValueError, match="not the JSON of a Program"):
        Program.from_json("{")


def test_wrong_arguments_raise_with_names_and_shapes():
    with pytest.raises(TypeError, match=r"takes arguments \[\{W: \*\}, \*\].*and got \[\{W: \*\}\]"):
        program({"W": W})
    with pytest.raises(TypeError, match="input x has dtype float32, and got float64"):
        program({"W": W}, X.astype(float))
    with pytest.raises(ValueError, match=r"input x has shape \[n, 2\].*expected \[4, 2\], and got \[4, 3\]"):
        program({"W": W}, np.ones((4, 3), np.float32))
    with pytest.raises(ValueError, match=r"input x has shape \[n, 2\], and got \[4\]"):
        program({"W": W}, np.ones(4, np.float32))
    with pytest.raises(ValueError, match="dimension n has to be at least 1, and input x makes it 0"):
        program({"W": W}, np.ones((0, 2), np.float32))


def test_a_wrong_number_of_shapes_is_told():
    program = record(lambda x: x + x, spec([2]))
    with pytest.raises(ValueError, match="this Program has 1 inputs, and got 2 shapes"):
        program.bind([(2,), (1,)])


def test_two_inputs_that_disagree_on_a_dimension_raise():
    both = record(lambda x, y: x + y, spec((n,)), spec((n,)))
    with pytest.raises(
        ValueError, match=r"input y has shape \[n\], where n = 2 from input x: expected \[2\], and got \[3\]"
    ):
        both(np.ones(2, np.float32), np.ones(3, np.float32))


def test_results_are_fresh_and_arguments_untouched():
    shared = record(lambda x: (x, mg.reshape(x, (1, -1)), x[:1], mg.zeros((2,))), spec((n,)))
    x = np.arange(3, dtype=np.float32)
    first, second = shared(x), shared(x)
    for a in first:
        a[...] = -1
    assert x.tolist() == [0, 1, 2]
    assert [b.tolist() for b in second] == [[0, 1, 2], [[0, 1, 2]], [0], [0, 0]]
    assert [b.tolist() for b in shared(x)] == [[0, 1, 2], [[0, 1, 2]], [0], [0, 0]]


def test_replaying_at_many_sizes_keeps_few_plans():
    square = record(lambda x: x * x + x, spec((n,)))
    for count in range(1, 60):
        x = np.arange(count, dtype=np.float32)
        assert np.array_equal(square(x), x * x + x)
    assert len(square._plans) <= 16
