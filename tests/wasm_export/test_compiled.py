"""Whole functions: training steps, donation, repeat, several functions in a module, random programs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
import wasm_export
from minigrad import optim, passes, train, tree
from minigrad.program import Program
from tests.wasm_export.guarded import run_guarded
from wasm_export.instructions import linear

N, H = mg.dims("n h")


def step_program(widths: list[Any], activation: str = "relu", optimizer: Any = None, dtype: str = "float32") -> Program:
    """One training step with everything as an input, parameters and optimiser state donated."""
    optimizer = optimizer or optim.sgd()
    params = [{"W": mg.spec((a, b), dtype), "b": mg.spec((b,), dtype)} for a, b in itertools.pairwise(widths)]
    state = optimizer.init(params)
    step = train.make_step(optimizer, activation)
    number = mg.spec((), dtype)
    specs = (params, state, mg.spec((N, widths[0]), dtype), mg.spec((N,), "int32"), number, number)
    donate = {"params": "params"} | ({"state": "state"} if state else {})
    return passes.simplify(mg.record(step, *specs, donate=donate))


def arguments(widths: list[int], n: int, dtype: str, seed: int = 0) -> tuple[Any, ...]:
    rng = np.random.RandomState(seed)
    params = [
        {"W": (rng.randn(a, b) / np.sqrt(a)).astype(dtype), "b": (0.1 * rng.randn(b)).astype(dtype)}
        for a, b in itertools.pairwise(widths)
    ]
    points = rng.randn(n, widths[0]).astype(dtype)
    labels = rng.randint(0, widths[-1], n).astype(np.int32)
    return params, points, labels


def leaves(values: Any) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(leaf) for leaf in tree.flatten(values)[0]]


@pytest.mark.parametrize(("n", "h"), [(1, 1), (2, 3), (5, 4), (33, 17), (300, 100)])
def test_spiral_training_is_as_exact_as_numpy_in_float32(n: int, h: int) -> None:
    """From shared parameters, step by step: the module's error against float64 is at most 8 times NumPy float32's."""
    single, double = (step_program([2, H, 3], dtype=d) for d in ("float32", "float64"))
    module = wasm_export.compile(single)
    params, points, labels = arguments([2, h, 3], n, "float32")
    ours, numpys = 0.0, 0.0
    for _ in range(12):
        args = (params, {}, points, labels, np.float32(1.0), np.float32(1e-3))
        wide = tree.map(lambda x: np.asarray(x, np.float64), (params, {}, points))
        exact = double(wide[0], {}, wide[2], labels, 1.0, float(np.float32(1e-3)))
        replayed, compiled = single(*args), module(*args)
        for e, r, c in zip(*map(leaves, (exact, replayed, compiled)), strict=True):
            scale = np.abs(e).max() + 1e-30
            numpys += float(np.square((r - e) / scale).sum())
            ours += float(np.square((c - e) / scale).sum())
        params = replayed["params"]
    assert ours**0.5 <= 8 * numpys**0.5


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("optimizer", [optim.sgd(), optim.momentum(), optim.adam()], ids=["sgd", "momentum", "adam"])
def test_deeper_steps_match_replay_and_keep_to_their_buffers(activation: str, optimizer: Any) -> None:
    program = step_program([2, H, mg.dims("k")[0], 4], activation, optimizer)
    module = wasm_export.compile(program)
    for n, h, k in ((1, 1, 1), (7, 5, 6), (13, 8, 9)):
        params, points, labels = arguments([2, h, k, 4], n, "float32")
        args = (params, optimizer.init(params), points, labels, np.float32(0.1), np.float32(0.01))
        want = program(*args)
        flat = program.flatten(args)
        got = run_guarded(program, flat, compiled=module)
        for name, w in zip(program.output_names, leaves(want), strict=True):
            np.testing.assert_allclose(got[name], w, rtol=3e-5, atol=3e-6, err_msg=name)


@pytest.mark.parametrize(("n", "inputs", "h"), [(1, 1, 1), (7, 5, 6), (13, 9, 17)])
def test_many_inputs_and_classes_match_replay_and_keep_to_their_buffers(n: int, inputs: int, h: int) -> None:
    """Ten classes are too many to be written out: loops over them, across lanes in one place and in rows in another."""
    program = step_program([mg.dims("k")[0], H, 10])
    params, points, labels = arguments([inputs, h, 10], n, "float32")
    args: Any = (params, {}, points, labels, np.float32(0.1), np.float32(0.01))
    got = run_guarded(program, program.flatten(args))
    for name, want in zip(program.output_names, leaves(program(*args)), strict=True):
        np.testing.assert_allclose(got[name], want, rtol=3e-5, atol=3e-6, err_msg=name)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (4, 8, 8), (5, 3, 9), (9, 13, 21), (16, 2, 4), (3, 17, 15)])
def test_products_of_matrices_from_all_sides(sizes: tuple[int, int, int]) -> None:
    """Tiles, their remainders and packed operands: x·y, xᵀ·y, x·yᵀ and xᵀ·yᵀ, with bias and activation."""
    n, k, m = mg.dims("n k m")

    def products(a: Any, b: Any, at: Any, bt: Any, bias: Any) -> tuple[Any, ...]:
        return a @ b, mg.tanh(at.T @ b + bias), mg.relu(a @ bt.T), (at.T @ bt.T) * bias

    shapes = ((n, k), (k, m), (k, n), (m, k), (m,))
    program = mg.record(products, *map(mg.spec, shapes))
    module = wasm_export.compile(program)
    rng = np.random.RandomState(0)
    length = dict(zip(("n", "k", "m"), sizes, strict=True))
    args = [rng.randn(*(length[str(d)] for d in shape)).astype(np.float32) for shape in shapes]
    got = run_guarded(program, args, compiled=module)
    for name, want in zip(program.output_names, program(*args), strict=True):
        np.testing.assert_allclose(got[name], want, rtol=1e-5, atol=1e-5)


@settings(max_examples=max(3, settings.default.max_examples // 2))
@given(
    lengths=st.tuples(st.sampled_from([1, 2, 3, 5]), *[st.sampled_from([1, 2, 3, 5, 8, 13, 31, 32, 33, 70])] * 2),
    known=st.sets(st.integers(0, 2)),
    axis=st.integers(0, 2),
)
def test_softmaxes_over_any_axis_match_replay_and_keep_to_their_buffers(
    lengths: tuple[int, ...], known: set[int], axis: int
) -> None:
    """Rows that are short and long, of a length in the Program or given at run time, and their gradients."""

    def softmaxes(x: Any, weights: Any) -> tuple[Any, ...]:
        def total(x: Any) -> Any:
            return mg.sum(mg.softmax(x, axis) * weights) + mg.sum(mg.logsumexp(x, axis))

        return mg.softmax(x, axis), mg.log_softmax(x, axis), mg.logsumexp(x, axis), mg.grad(total)(x)

    shape = [
        length if i in known else dim for i, (length, dim) in enumerate(zip(lengths, mg.dims("b n h"), strict=True))
    ]
    program = passes.simplify(mg.record(softmaxes, mg.spec(shape), mg.spec(shape)))
    rng = np.random.RandomState(0)
    args = [3 * rng.randn(*lengths).astype(np.float32) for _ in range(2)]
    got = run_guarded(program, args)
    for name, want in zip(program.output_names, program(*args), strict=True):
        np.testing.assert_allclose(got[name], want, rtol=3e-5, atol=1e-5, err_msg=name)


def test_repeat_feeds_donated_outputs_and_leaves_the_last_of_the_others() -> None:
    program = step_program([2, H, 3])
    params, points, labels = arguments([2, 6, 3], 9, "float32")
    args = (params, {}, points, labels, np.float32(0.5), np.float32(1e-3))
    module = wasm_export.compile(program)
    bound = module.bind(*args)
    bound.run(5)
    result: Any = {"params": params}
    for _ in range(5):
        result = module(result["params"], *args[1:])
    for once, five in zip(leaves(result), leaves(bound.results()), strict=True):
        np.testing.assert_array_equal(once, five)
    bound.inputs["lr"][...] = 0
    before = bound.results()
    bound.run()
    for a, b in zip(leaves(before["params"]), leaves(bound.results()["params"]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_arguments_are_not_modified_and_results_are_fresh() -> None:
    program = step_program([2, H, 3])
    params, points, labels = arguments([2, 6, 3], 9, "float32")
    kept = tree.map(np.copy, params)
    module = wasm_export.compile(program)
    first = module(params, {}, points, labels, np.float32(0.5), np.float32(0))
    copies = [a.copy() for a in leaves(first)]
    module(first["params"], {}, points, labels, np.float32(0.5), np.float32(0))
    for a, b in zip(leaves(params) + leaves(first), leaves(kept) + copies, strict=True):
        np.testing.assert_array_equal(a, b)


def test_donated_values_that_are_needed_elsewhere_are_not_lost() -> None:
    """A swap, a shift and a sum: overwriting in place would read what was already replaced."""

    def swap(a: Any, b: Any, c: Any) -> dict[str, Any]:
        return {"a": b + 1, "b": a + 1, "c": c + mg.concatenate([c[1:], c[:1]]), "s": mg.sum(a * b)}

    program = mg.record(swap, *[mg.spec((N,))] * 3, donate={"a": "a", "b": "b", "c": "c"})
    for n in (2, 3, 4, 9):
        args = [np.arange(n, dtype=np.float32) * k for k in (1, 10, 100)]
        got, want = run_guarded(program, args), program(*args)
        for name in want:
            np.testing.assert_array_equal(got[name], want[name])


def test_outputs_may_be_inputs_constants_or_the_same_value_twice() -> None:
    table = np.arange(6, dtype=np.float32).reshape(2, 3)

    def f(x: Any) -> tuple[Any, ...]:
        y = x * 2
        return x, y, y, mg.Tensor(table), mg.Tensor(np.float32(3))

    program = mg.record(f, mg.spec((N,)))
    x = np.arange(4, dtype=np.float32)
    for a, b in zip(wasm_export.compile(program)(x), program(x), strict=True):
        np.testing.assert_array_equal(a, b)


def test_several_programs_share_a_module() -> None:
    programs = {
        "double": mg.record(lambda x: x * 2, mg.spec((N,))),
        "total": mg.record(lambda x: mg.sum(x * mg.Tensor(np.arange(3, dtype=np.float32))), mg.spec((N, 3))),
    }
    module = wasm_export.compile(programs)
    np.testing.assert_array_equal(module.double(np.ones(5, np.float32)), 2 * np.ones(5))
    np.testing.assert_array_equal(module.total(np.ones((2, 3), np.float32)), 6)
    with pytest.raises(AttributeError, match="no function 'triple'; it has double, total"):
        module.triple  # noqa: B018
    with pytest.raises(TypeError, match="several functions"):
        module(1)


def random_function(seed: int, length: int) -> Any:
    """A function of x [n, h], w [h, 3], b [h] and v [n] made of `length` random operations on what was made before."""
    unary = [mg.tanh, mg.exp, mg.sin, mg.relu, mg.abs, lambda x: mg.log(1 + x * x), lambda x: mg.sqrt(x * x + 1)]

    def f(x: Any, w: Any, b: Any, v: Any) -> Any:
        rng = np.random.RandomState(seed)
        pool = [x, w, b, v, x @ w]
        for _ in range(length):
            a = pool[rng.randint(len(pool))]
            kind = rng.randint(9)
            if kind <= 1 or a.ndim == 0:
                new = mg.tanh(a) if rng.rand() < 0.5 else unary[rng.randint(len(unary))](mg.tanh(a))
            elif kind == 2:
                new = mg.mean(a, axis=int(rng.randint(a.ndim)))
            elif kind == 3:
                new = mg.max(a, axis=int(rng.randint(a.ndim)))
            elif kind == 4:
                new = mg.flip(a, int(rng.randint(a.ndim)))
            elif kind == 5 and a.ndim == 2:
                new = mg.softmax(a, axis=1)
            elif kind == 6 and a.ndim == 2:
                new = mg.tanh(a.T @ a) if a.shape[1] == 3 else a.T
            elif kind == 7:
                same = [p for p in pool if p.shape == a.shape]
                new = (
                    mg.concatenate([a, same[rng.randint(len(same))]])[: a.shape[0]]
                    if rng.rand() < 0.3
                    else mg.where(a > 0, a, same[0])
                )
            else:
                same = [p for p in pool if p.shape == a.shape]
                other = same[rng.randint(len(same))]
                new = [a + other, a * other, a - other, mg.maximum(a, other), a / (1 + other * other)][rng.randint(5)]
            pool.append(new)
        return sum(mg.mean(p) for p in pool[-6:])

    return f


@pytest.mark.parametrize("seed", range(12))
def test_gradients_of_random_functions_lower(seed: int) -> None:
    """5 to 60 operations and their gradient: as exact as NumPy float32, in their own buffers, of reasonable size."""
    length = 5 + 5 * seed
    shapes = ((N, H), (H, 3), (H,), (N,))
    whole = mg.value_and_grad(random_function(seed, length), argnums=(0, 1, 2, 3))
    single, double = (
        passes.simplify(mg.record(whole, *[mg.spec(s, d) for s in shapes])) for d in ("float32", "float64")
    )
    module = wasm_export.compile(single)
    assert len(module.wasm) < 400 * len(single.equations) + 4000
    for n, h in ((1, 1), (3, 5), (9, 6)):
        rng = np.random.RandomState(seed)
        args = [rng.randn(*s).astype(np.float32) for s in ((n, h), (h, 3), (h,), (n,))]
        exact = leaves(double(*[a.astype(np.float64) for a in args]))
        replayed = leaves(single(*args))
        got = run_guarded(single, args, compiled=module)
        for name, e, r in zip(single.output_names, exact, replayed, strict=True):
            scale = np.abs(e).max() + 1e-3
            ours, numpys = np.abs(got[name] - e).max() / scale, np.abs(r - e).max() / scale
            assert ours <= 8 * numpys + 5e-6, name


def test_a_long_chain_and_a_repeated_square_stay_small() -> None:
    def chain(x: Any) -> Any:
        for _ in range(600):
            x = mg.tanh(x) * 0.5
        return x

    def squares(x: Any) -> Any:
        for _ in range(40):
            x = (x + mg.flip(x, 0)) * 0.5
        return x

    for f, limit in ((chain, 150_000), (squares, 20_000)):
        program = mg.record(f, mg.spec((N,)))
        module = wasm_export.compile(program)
        assert len(module.wasm) < limit
        x = np.linspace(-1, 1, 7).astype(np.float32)
        np.testing.assert_allclose(module(x), program(x), rtol=1e-5, atol=1e-6)


def test_long_sums_are_as_exact_as_pairwise_ones() -> None:
    """Sums are made in blocks; lengths around the ends of blocks, of vectors and of both."""
    program = mg.record(lambda x: (mg.sum(x), mg.max(x), mg.argmax(x, axis=0), mg.mean(x * x)), mg.spec((N,)))
    module = wasm_export.compile(program)
    for n in (127, 128, 129, 511, 512, 513, 515, 1024, 1027):
        x = np.random.RandomState(n).rand(n).astype(np.float32)
        total, largest, place, square = module(x)
        np.testing.assert_allclose(total, x.sum(dtype=np.float64), rtol=5e-7)
        np.testing.assert_allclose(square, np.square(x, dtype=np.float64).mean(), rtol=5e-7)
        assert (largest, place) == (x.max(), x.argmax())
    ours, numpys = [], []
    for seed in range(20):
        x = np.random.RandomState(seed).rand(30_000).astype(np.float32)
        exact = x.sum(dtype=np.float64)
        ours.append(module(x)[0] - exact)
        numpys.append(x.sum() - exact)
    assert np.linalg.norm(ours) <= 8 * np.linalg.norm(numpys)


def test_no_instruction_is_nondeterministic() -> None:
    """Relaxed SIMD would give other bits in other engines."""
    module = wasm_export.compile(step_program([2, H, 3], "tanh"))
    names = {getattr(step, "op", "") for f in module.module.functions for step in linear(f.body)}
    assert not any("relaxed" in name for name in names)
