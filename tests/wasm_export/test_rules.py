"""What each rule of the compiler decides, seen in its printed form and in the instructions that come out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import wasm_export
from benchmarks.problems import painting_program
from minigrad import optim
from tests.wasm_export.guarded import run_guarded
from tests.wasm_export.test_compiled import step_program
from wasm_export.bounds import nonnegative
from wasm_export.expressions import Affine, Index, along, const, index_value, make
from wasm_export.host import Instance
from wasm_export.instructions import Block, Instr, Loop, Node, f32, get, i32, linear, load, op, set_, store
from wasm_export.lanes import regroup
from wasm_export.module import Lowered, lower
from wasm_export.nests import contained, deepest
from wasm_export.peephole import tidy
from wasm_export.positions import clamped, divide, groups, reshaped
from wasm_export.rewriting import simplify, substitute
from wasm_export.schedule import schedule
from wasm_export.walks import reads

N, H = mg.dims("n h")


def lowered(f: Any, *specs: Any) -> Lowered:
    return lower(mg.record(f, *specs))


def text(f: Any, *specs: Any, form: str = "index") -> list[str]:
    return wasm_export.show(mg.record(f, *specs), form).splitlines()


class TestIndexForm:
    def test_moving_elements_is_a_change_of_position(self) -> None:
        assert text(lambda x: x.T, mg.spec((N, H))) == ["a[h, n] = x[n, h]"]
        assert text(lambda x: mg.flip(x, 1), mg.spec((N, H)))[-1].endswith("= x[n, -h + h - 1]")
        assert text(lambda x: x[:, 1:4:2], mg.spec((N, 5)))[-1].endswith("= x[n, 2*i2 + 1]")

    def test_products_over_few_elements_are_written_out(self) -> None:
        (line,) = text(lambda x, w: x @ w, mg.spec((N, 2)), mg.spec((2, H)))
        assert line == "a[n, h] = ((x[n, 0] * w[0, h]) + (x[n, 1] * w[1, h]))"
        (line,) = text(lambda x, w: x @ w, mg.spec((N, H)), mg.spec((H, N)))
        assert line == "a[n, n.2] = sum_h (x[n, h] * w[h, n.2])"

    def test_merging_and_splitting_again_leaves_no_division(self) -> None:
        low = lowered(lambda x: mg.exp(x.reshape(N * H)).reshape(N, H), mg.spec((N, H)))
        assert str(low.kernels.definitions[0]).endswith("= exp(x[n, h])")

    def test_axes_are_matched_in_the_smallest_groups(self) -> None:
        assert groups((N, 3, H), (N, 1, 3 * H)) == [((0, 1), (0, 1)), ((1, 3), (1, 3))]
        i, j = Index("i", 6), Index("j", 4)
        assert [str(p) for p in reshaped((along(i), along(j)), (6, 4), (2, 12))] == [
            "idiv(4*i + j, 12)",
            "irem(4*i + j, 12)",
        ]

    def test_clamps_and_tests_vanish_where_the_position_is_certain(self) -> None:
        n = Index("n", N)
        assert clamped(along(n), N) == along(n)
        assert clamped(along(n) - 1, N) != along(n) - 1
        assert nonnegative(N * H - N)
        assert not nonnegative(N - 2)
        assert divide(along(n) * 3 + 2, 3) == (along(n), Affine({}, 2))
        assert simplify("lt", (index_value(along(n)), index_value(along(n) + 1)), "bool") is const(True, "bool")


class TestExpressions:
    def test_equal_expressions_are_one_object(self) -> None:
        n = Index("n", N)
        x, y = index_value(along(n) + 1), index_value(Affine({}, 1) + along(n))
        assert x is y
        assert make("add", (x, y), "int32") is make("add", (y, x), "int32")
        assert substitute(x, {n: Affine({}, 4)}) is const(5, "int32")
        assert const(0.0, "float32") is not const(-0.0, "float32")


class TestDefinitions:
    def test_what_is_used_once_is_written_into_its_use(self) -> None:
        low = lowered(lambda x: mg.sum(mg.exp(x) * 2 + 1), mg.spec((N,)))
        assert len(low.kernels.definitions) == 1

    def test_what_another_loop_would_repeat_is_kept(self) -> None:
        low = lowered(lambda x, w: mg.tanh(x) @ w, mg.spec((N, H)), mg.spec((H, N)))
        first = low.kernels.definitions[0]
        assert low.kernels.reasons[first.array] == "costs 20, else repeated over n.2"

    def test_what_is_cheap_is_recomputed(self) -> None:
        low = lowered(lambda x, w: mg.relu(x) @ w, mg.spec((N, H)), mg.spec((H, N)))
        assert len(low.kernels.definitions) == 1


class TestSweeps:
    def test_the_spiral_step_is_two_sweeps_over_points_and_units(self) -> None:
        """Besides, one-loop sweeps: packing, the penalty, softmax; and the scalars."""
        low = lower(step_program([2, H, 3]))
        orders = [tuple(i.name for i in deepest(nest)) for nest in low.nests]
        assert [o for o in orders if len(o) == 2] == [("n", "h"), ("h", "n")]
        assert len(orders) <= 6

    def test_one_array_of_points_times_units_is_stored_and_read(self) -> None:
        low = lower(step_program([2, H, 3]))
        assert [a for a in low.stored if set(a.shape) == {N, H}] == [low.kernels.definitions[0].array]
        assert low.plan.copies == ()

    def test_epilogues_stay_with_the_product(self) -> None:
        low = lowered(lambda x, w, b: mg.tanh(x @ w + b), mg.spec((N, H)), mg.spec((H, N)), mg.spec((N,)))
        (nest,) = [nest for nest in low.nests if len(deepest(nest)) == 3]
        assert [d.kind for d in contained(nest.body)] == ["sum", "map"]
        assert len(low.stored & {d.array for d in contained(nest.body)}) == 1

    def test_a_sweep_says_why_it_is_not_one_with_the_sweep_before(self) -> None:
        def normalised(x: Any) -> Any:
            return x / mg.sum(x)

        lines = text(normalised, mg.spec((N,)), form="fused")
        starts = [line for line in lines if not line.startswith(" ")]
        assert starts == ["sweep over n, four n at a time", "sweep over n, four n at a time  ; needs all of a"]

    def test_every_equation_with_work_belongs_to_a_sweep(self) -> None:
        program = step_program([2, H, 3])
        sweeps = wasm_export.fuse(program)
        covered = {number for sweep in sweeps for number in sweep.equations}
        assert covered == set(range(len(program.equations)))
        assert {sweep.index for sweep in sweeps} == {"n", "h", ""}


class TestLanes:
    def test_neighbours_in_memory_are_the_lanes(self) -> None:
        for axis, lane in ((0, "h"), (1, "h")):
            (nest,) = lowered(lambda x, axis=axis: mg.sum(x, axis=axis), mg.spec((N, H))).nests
            assert str(nest.lane) == lane

    @pytest.mark.parametrize(("length", "lanes"), [(H, "hhh"), (32, "hhh"), (31, "hnn")])
    def test_rows_that_are_made_stored_and_summed_lie_as_their_other_readers_want_them(
        self, length: Any, lanes: str
    ) -> None:
        """Each pass of a softmax over long rows goes along them. A short row is folded too often for its length."""
        nests = lowered(lambda x: mg.softmax(x, axis=1), mg.spec((N, length))).nests
        assert "".join("n" if str(nest.lane) == "n" else "h" for nest in nests) == lanes

    def test_a_product_is_a_tile_with_packed_panels(self) -> None:
        low = lowered(lambda x, w: x @ w, mg.spec((N, H)), mg.spec((H, N)))
        pack, product = low.nests
        assert {str(i): k for i, k in product.unroll.items()} == {"n.2": 2, "n": 4}
        assert "panels" in str(pack)

    def test_what_lanes_share_is_added_first(self) -> None:
        low = lowered(
            lambda x, y, b: mg.exp((x[:, None] + y) + b[:, None]), mg.spec((N,)), mg.spec((H,)), mg.spec((N,))
        )
        (nest,) = low.nests
        (definition,) = contained(regroup(nest).body)
        assert str(definition).endswith("exp((y[h] + (x[n] + b[n])))")


class TestPartial:
    def test_what_each_round_across_lanes_would_repeat_is_computed_before(self) -> None:
        """In a map of pixels, what the row adds to each hidden unit."""
        *_, before, pixels = lower(painting_program()).nests
        (part,) = contained(before.body)
        assert [str(i) for i in part.indices] == ["side", "h"]
        assert str(part.body).count("params.0.b[h]") == 1
        assert part.array in {r.data[0] for d in contained(pixels.body) for r in reads(d.body)}
        assert not any("params.0.b" in str(d) for d in contained(pixels.body))


class TestSurplus:
    """Loops without a second loop for what remains."""

    def marked(self, low: Lowered) -> list[set[str]]:
        return [{str(index) for index in nest.whole} for nest in low.nests]

    def test_every_wide_loop_of_the_spiral_step_but_the_sums_over_units_has_whole_rounds_alone(self) -> None:
        low = lower(step_program([2, H, 3]))
        assert self.marked(low) == [set(), {"n"}, {"h"}, {"n"}, set(), {"h"}]

    def test_a_product_has_one_inner_loop(self) -> None:
        low = lowered(lambda x, w: x @ w, mg.spec((N, H)), mg.spec((H, N)))
        assert self.marked(low) == [{"n"}, {"n", "n.2"}]

    def test_rows_updated_in_place_are_stored_once(self) -> None:
        def update(w: Any, x: Any, y: Any) -> Any:
            return {"w": w - x.T @ y}

        specs = mg.spec((H, H)), mg.spec((N, H)), mg.spec((N, H))
        for donate in ({"w": "w"}, None):
            product = lower(mg.record(update, *specs, donate=donate)).nests[-1]
            assert {str(index) for index in product.whole} == {"h", "h.2"}
            assert product.once

    @pytest.mark.parametrize("h", [1, 3, 4, 6])
    def test_rows_updated_in_place_whose_lanes_always_suffice_are_stored_once(self, h: int) -> None:
        program = mg.record(
            lambda w, x, y: {"w": w - x.T @ y}, mg.spec((H, 8)), mg.spec((N, H)), mg.spec((N, 8)), donate={"w": "w"}
        )
        rng = np.random.RandomState(0)
        args = [rng.randn(*shape).astype(np.float32) for shape in ((h, 8), (5, h), (5, 8))]
        np.testing.assert_allclose(run_guarded(program, args)["w"], program(*args)["w"], rtol=1e-5, atol=1e-6)

    def test_what_is_looked_up_or_stored_as_bytes_keeps_its_second_loop(self) -> None:
        looked_up = lowered(lambda x, i: mg.exp(x[i]), mg.spec((N,)), mg.spec((H,), "int32"))
        as_bytes = lowered(lambda x: mg.exp(x) > 1, mg.spec((N,)))
        assert self.marked(looked_up) == self.marked(as_bytes) == [set()]

    @pytest.mark.parametrize("h", [1, 2, 5, 9])
    def test_nothing_is_touched_beyond_the_end_of_the_memory(self, h: int) -> None:
        """Scratch memory is the last there is; its size counts what is loaded from beyond arrays."""
        module = wasm_export.compile(mg.record(lambda x: mg.sum(x, axis=0), mg.spec((N, H))))
        instance = Instance(module.code)
        scratch = instance.memory.data_len(instance.store) - instance.call("main_scratch", h, 2)
        given = scratch - -(-8 * h // 16) * 16
        total = given - -(-4 * h // 16) * 16
        x = instance.view(given, (2, h), "float32")
        x[...] = np.random.RandomState(0).randn(2, h)
        instance.call("main", h, 2, given, total, scratch, 1)
        np.testing.assert_array_equal(instance.view(total, (h,), "float32"), x.sum(0))


class TestDonation:
    def test_blocks_are_used_again_when_their_array_is_read_no_more(self) -> None:
        def layers(x: Any, *weights: Any) -> Any:
            for w in weights:
                x = mg.tanh(x @ w)
            return x

        low = lowered(layers, mg.spec((N, H)), *[mg.spec((H, H))] * 6)
        own = [array for array in low.stored if low.plan.bases[array].startswith("block")]
        assert len(own) > len(low.plan.scratch) == 3

    def test_an_input_is_replaced_in_place_only_if_nothing_reads_it_later(self) -> None:
        def update(w: Any, late: bool) -> Any:
            new = w * 2
            return {"w": new, "sum": mg.sum(new) * mg.sum(w, axis=0) if late else mg.sum(new, axis=0)}

        for late in (False, True):
            program = mg.record(lambda w, late=late: update(w, late), mg.spec((N, H)), donate={"w": "w"})
            assert len(lower(program).plan.copies) == late


class TestSchedule:
    def test_what_several_totals_share_goes_to_all_of_them_before_the_next_load(self) -> None:
        """Loads x and y, adds x·c and y·c to a total each, then x·d and y·d: now x is done with before y is loaded."""
        steps: list[Instr] = []
        for weight in "cd":
            for v in "xy":
                if weight == "c":
                    steps.append(set_(v, load("v128.load", get(f"p{v}"), align=4)))
                steps.append(set_(f"{v}{weight}", op("f32x4.mul", get(v), get(weight))))
                steps.append(set_(f"sum{weight}", op("f32x4.add", get(f"sum{weight}"), get(f"{v}{weight}"))))
        names = [*"xycd", "xc", "yc", "xd", "yd", "sumc", "sumd"]
        (loop,) = schedule([Loop("again", tuple(steps))], dict.fromkeys(names, "v128"))
        assert isinstance(loop, Loop)
        order = [step.imm[0] for step in loop.body if isinstance(step, Instr)]
        assert order == ["x", "xc", "sumc", "xd", "sumd", "y", "yc", "sumc", "yd", "sumd"]

    def test_an_address_does_not_advance_before_it_has_been_used(self) -> None:
        body = (set_("x", load("v128.load", get("p"), align=4)), set_("p", op("i32.add", get("p"), i32(16))))
        loop = Loop("again", (*body, store("v128.store", get("q"), get("x"), align=4)))
        assert schedule([loop], {"x": "v128", "p": "i32", "q": "i32"}) == [loop]


class TestPeephole:
    def run(self, body: list[Node], names: list[str]) -> list[Node]:
        return tidy(body, [(name, "f32") for name in names])[0]

    def test_a_value_moves_to_its_only_reader(self) -> None:
        body = [set_("v", op("f32.neg", f32(1.0))), store("f32.store", i32(0), get("v"))]
        assert self.run(body, ["v"]) == [store("f32.store", i32(0), op("f32.neg", f32(1.0)))]

    def test_a_load_does_not_pass_a_store(self) -> None:
        body: list[Node] = [
            set_("v", load("f32.load", i32(0))),
            store("f32.store", i32(0), f32(2.0)),
            store("f32.store", i32(4), get("v")),
        ]
        assert [n.op for n in self.run(body, ["v"]) if isinstance(n, Instr)] == ["local.set", "f32.store", "f32.store"]

    def test_a_value_does_not_pass_a_change_of_what_it_reads_nor_enter_a_loop(self) -> None:
        changed: list[Node] = [set_("v", get("p")), set_("p", f32(2.0)), store("f32.store", i32(0), get("v"))]
        assert len(self.run([set_("p", f32(1.0)), *changed], ["v", "p"])) == 4
        loop = Loop("again", (store("f32.store", i32(0), get("v")),))
        assert len(self.run([set_("v", load("f32.load", i32(0))), loop], ["v"])) == 2

    def test_what_nobody_reads_goes_and_takes_nothing_along_that_others_read(self) -> None:
        body: list[Node] = [
            set_("shared", load("f32.load", i32(0))),
            set_("own", op("f32.neg", get("shared"))),
            set_("unread", op("f32.add", get("shared"), get("own"))),
            store("f32.store", i32(0), get("shared")),
        ]
        assert self.run(body, ["shared", "own", "unread"]) == [store("f32.store", i32(0), load("f32.load", i32(0)))]

    def test_a_value_with_several_readers_is_set_at_the_first(self) -> None:
        body: list[Node] = [
            set_("v", op("f32.neg", f32(1.0))),
            store("f32.store", i32(0), get("v")),
            store("f32.store", i32(4), get("v")),
        ]
        assert [s.op for s in linear(self.run(body, ["v"])) if isinstance(s, Instr)].count("local.tee") == 1


def inner_loop(node: Node) -> Loop | None:
    if not isinstance(node, (Loop, Block)):
        return None
    inside = [found for part in node.body if (found := inner_loop(part))]
    return inside[0] if inside else node if isinstance(node, Loop) else None


def test_the_inner_loop_of_a_product_is_eight_multiplications_and_loads_no_more_than_it_must() -> None:
    program = mg.record(lambda x, w: x @ w, mg.spec((N, H)), mg.spec((H, N)))
    functions = wasm_export.compile(program).module.functions
    loops = [s for function in functions for s in linear(function.body) if isinstance(s, Loop)]
    counts = [[s.op for s in linear(loop.body) if isinstance(s, Instr)] for loop in loops if inner_loop(loop) is loop]
    best = max(counts, key=lambda ops: ops.count("f32x4.mul"))
    assert best.count("f32x4.mul") == best.count("f32x4.add") == 8
    assert best.count("v128.load") == 2
    assert best.count("v128.load32_splat") == 4
    assert not any("replace_lane" in name or "store" in name for name in best)


@pytest.mark.parametrize(("optimizer", "limit"), [(optim.sgd(), 6_300), (optim.adam(), 10_100)], ids=["sgd", "adam"])
def test_modules_stay_small(optimizer: Any, limit: int) -> None:
    assert len(wasm_export.compile(step_program([2, H, 3], optimizer=optimizer)).wasm) <= limit


def test_compiling_twice_gives_the_same_bytes() -> None:
    program = step_program([2, H, 3], "tanh")
    assert wasm_export.compile(program).wasm == wasm_export.compile(program).wasm
    assert not re.search(r"0x[0-9a-f]{8}", wasm_export.show(program, "fused"))


def test_vector_lanes_and_single_elements_have_the_same_bits() -> None:
    """An element must not depend on whether it falls into a vector or into the rest."""
    program = mg.record(lambda x: mg.tanh(mg.exp(x) + mg.log(x * x + 1)), mg.spec((N,)))
    module = wasm_export.compile(program)
    x = np.random.RandomState(0).randn(7).astype(np.float32)
    whole = module(x)
    for k in range(7):
        np.testing.assert_array_equal(module(x[k : k + 1]), whole[k : k + 1])
