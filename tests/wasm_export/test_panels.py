"""Products of stacks of matrices: whatever the order of their axes, each is tiled, and its operands are packed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.program import Program, concrete
from tests.wasm_export.guarded import run_guarded
from tests.wasm_export.test_rules import inner_loop, lowered
from wasm_export.compile import compile
from wasm_export.instructions import Instr, Loop, linear
from wasm_export.module import lower
from wasm_export.nests import contained, deepest

some = settings(max_examples=max(3, settings.default.max_examples // 2))
AXES = "bcnkm"  # x[b, c, n, k] · y[b, c, k, m]
B, N, K, M = mg.dims("b n k m")


def in_order(x: Any, have: str, want: str) -> Any:
    """An array whose axes have these names, transposed."""
    return mg.transpose(x, tuple(map(have.index, want)))


def update(have: tuple[str, str], shapes: list[Any], donate: bool) -> Program:
    """w - x · y with the axes of x and y in any order; y may be one matrix for all of the stack."""
    outside = "".join(axis for axis in "bc" if axis in have[1])

    def new(w: Any, x: Any, y: Any) -> Any:
        return {"w": w - in_order(x, have[0], "bcnk") @ in_order(y, have[1], f"{outside}km")}

    return mg.record(new, *map(mg.spec, shapes), donate={"w": "w"} if donate else None)


@some
@given(
    lengths=st.tuples(*[st.sampled_from([1, 2, 3, 5])] * 2, *[st.sampled_from([1, 2, 3, 5, 8, 9, 12, 17])] * 3),
    known=st.sets(st.sampled_from(AXES), max_size=3),
    x=st.permutations("bcnk"),
    y=st.one_of(st.permutations("bckm"), st.permutations("km")),
    donate=st.booleans(),
)
def test_products_of_stacks_match_replay_and_keep_to_their_buffers(
    lengths: tuple[int, ...], known: set[str], x: list[str], y: list[str], donate: bool
) -> None:
    """Lengths around those of tiles, in the Program or given at run time; unused places hold NaN."""
    length = dict(zip(AXES, lengths, strict=True))
    extent = {a: length[a] if a in known else dim for a, dim in zip(AXES, mg.dims(" ".join(AXES)), strict=True)}
    have = "".join(x), "".join(y)
    axes = ["bcnm", *have]
    program = update(have, [tuple(extent[a] for a in names) for names in axes], donate)
    rng = np.random.RandomState(0)
    args = [rng.randn(*(length[a] for a in names)).astype(np.float32) for names in axes]
    got = run_guarded(program, args)["w"]
    np.testing.assert_allclose(got, program(*args)["w"], rtol=1e-5, atol=1e-5)


STACKS = {
    "x·y": (lambda x, y: x @ y, (B, N, K), (B, K, M)),
    "x·yT": (lambda x, y: x @ in_order(y, "bmk", "bkm"), (B, N, K), (B, M, K)),
    "xT·y": (lambda x, y: in_order(x, "bkn", "bnk") @ y, (B, K, N), (B, K, M)),
    "heads": (lambda x, y: in_order(x, "nbk", "bnk") @ in_order(y, "mbk", "bkm"), (N, 8, K), (M, 8, K)),
    "eight": (lambda x, y: x @ y, (8, 128, 64), (8, 64, 128)),
    "one y": (lambda x, y: x @ y, (4, N, K), (K, M)),
}


@pytest.mark.parametrize("name", STACKS)
def test_the_inner_loop_is_that_of_a_product_of_two_matrices(name: str) -> None:
    function, *shapes = STACKS[name]
    functions = compile(mg.record(function, *map(mg.spec, shapes))).module.functions
    loops = [s for f in functions for s in linear(f.body) if isinstance(s, Loop) and inner_loop(s) is s]
    counts = [[s.op for s in linear(loop.body) if isinstance(s, Instr)] for loop in loops]
    best = max(counts, key=lambda ops: ops.count("f32x4.mul"))
    assert best.count("f32x4.mul") == best.count("f32x4.add") == 8
    assert best.count("v128.load") == 2
    assert best.count("v128.load32_splat") == 4
    assert not any("replace_lane" in op or "store" in op for op in best)


@pytest.mark.parametrize("name", STACKS)
def test_each_matrix_that_is_read_across_the_lanes_has_panels_of_its_own(name: str) -> None:
    function, *shapes = STACKS[name]
    *packs, product = lowered(function, *map(mg.spec, shapes)).nests
    (stack, *_) = deepest(product)
    packed = {str(d.array): [i.extent for i in d.indices] for nest in packs for d in contained(nest.body)}
    (y,) = (extents for array, extents in packed.items() if array.startswith("y.panels"))
    assert (stack.extent in y) == (name != "one y")
    assert any(array.startswith("x.panels") for array in packed) == (name == "xT·y")


PARTS = {
    "columns": (lambda x, y: x @ y[:, :, 1:], (B, N, K), (B, K, M + 1)),
    "fewer columns": (lambda x, y: x @ y[:, :, :-1], (B, N, K), (B, K, M + 1)),
    "rows": (lambda x, y: x @ y[:, 1:], (B, N, K), (B, K + 1, M)),
    "one of a stack": (lambda x, y: x @ y[1], (N, K), (3, K, M)),
    "mirrored": (lambda x, y: x @ mg.flip(y, 2), (B, N, K), (B, K, M)),
    "a matrix for each row": (lambda x, y: mg.sum(x[:, :, None] * y, axis=1), (N, K), (N, K, M)),
}


@pytest.mark.parametrize("name", PARTS)
def test_what_is_read_in_part_or_once_is_not_copied(name: str) -> None:
    function, *shapes = PARTS[name]
    program = mg.record(function, *map(mg.spec, shapes))
    assert not any("y.panels" in str(d.array) for nest in lower(program).nests for d in contained(nest.body))
    rng = np.random.RandomState(0)
    sizes = {name: size for name, size in zip("bnkm", (2, 5, 9, 10), strict=True) if name in program.dims}
    args = [rng.randn(*concrete(shape, sizes)).astype(np.float32) for shape in shapes]
    (got,) = run_guarded(program, args, sizes).values()
    np.testing.assert_allclose(got, program(*args, dims=sizes), rtol=1e-5, atol=1e-5)


def test_what_is_no_product_is_written_out_over_a_short_axis() -> None:
    """Four maxima a round are worth more than tiles, where nothing that is read is shared."""
    (nest,) = lowered(lambda x: mg.max(x, axis=3), mg.spec((4, B, N, K))).nests
    assert len(deepest(nest)) == 3
