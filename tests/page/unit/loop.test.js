import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer } from "../../../wasm_export/page/loop.js";

/** A clock that only moves when steps are taken, `cost` milliseconds each. */
function machine(cost) {
  const state = { time: 0, steps: 0, batches: 0 };
  const pacer = new Pacer(() => state.time);
  const take = (count) => {
    state.time += count * cost;
    state.steps += count;
    state.batches += 1;
  };
  return { state, pacer, take };
}

test("at full speed a frame is filled, not overrun", () => {
  for (const cost of [0.01, 0.1, 1, 5]) {
    const { state, pacer, take } = machine(cost);
    for (let frame = 0; frame < 30; frame++) {
      const before = state.time;
      pacer.frame(16, Infinity, Infinity, take);
      assert.ok(state.time - before < 8 + Math.max(3, cost), `${cost} ms a step: ${state.time - before} ms`);
      state.time += 8;
    }
    assert.ok(state.steps * cost > 30 * 4, `${cost} ms a step: ${state.steps} steps`);
  }
});

test("late frames leave less time for steps at once; what was too much is tried again only later", () => {
  const { state, pacer, take } = machine(0.1);
  const spent = (/** @type {number} */ elapsed, /** @type {number} */ frames) => {
    for (let frame = 1; frame < frames; frame++) pacer.frame(elapsed, Infinity, Infinity, take);
    const before = state.time;
    pacer.frame(elapsed, Infinity, Infinity, take);
    return state.time - before;
  };
  assert.ok(spent(16, 30) > 7);
  assert.ok(spent(40, 30) < 4.5);
  assert.ok(spent(16, 60) < 4.5);
  assert.ok(spent(16, 30 * 60) > 7);
});

test("a step that takes longer than the budget is still taken", () => {
  const { state, pacer, take } = machine(100);
  pacer.frame(16, Infinity, Infinity, take);
  assert.equal(state.steps, 1);
});

test("slow speeds are kept over many frames", () => {
  const { state, pacer, take } = machine(0.01);
  for (let frame = 0; frame < 600; frame++) pacer.frame(1000 / 60, 1, Infinity, take);
  assert.ok(Math.abs(state.steps - 10) <= 1);
});

test("a pause between frames is not made up for", () => {
  const { state, pacer, take } = machine(0.001);
  pacer.frame(60_000, 1000, Infinity, take);
  assert.ok(state.steps <= 250);
});

test("the limit is exact", () => {
  const { state, pacer, take } = machine(0.001);
  pacer.frame(16, Infinity, 7, take);
  assert.equal(state.steps, 7);
  pacer.frame(16, Infinity, 0, take);
  assert.equal(state.steps, 7);
});

test("the speed is measured over whole frames", () => {
  const { state, pacer, take } = machine(0.1);
  for (let frame = 0; frame < 120; frame++) {
    pacer.frame(16, Infinity, Infinity, take);
    state.time = Math.ceil((state.time + 1) / 16) * 16;
  }
  assert.ok(pacer.measured > 3000 && pacer.measured < 6000, String(pacer.measured));
});
