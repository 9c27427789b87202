import assert from "node:assert/strict";
import { test } from "node:test";
import { LossHistory, nearestEntry } from "../../../wasm_export/page/history.js";
import { clipLine } from "../../../wasm_export/page/map.js";
import { markerRadius } from "../../../wasm_export/page/markers.js";
import { formatLoss, logarithmicTicks, niceTicks } from "../../../wasm_export/page/scales.js";

test("ticks are round numbers within the bounds", () => {
  assert.deepEqual(niceTicks(0, 1.1, 4, false), [0, 0.5, 1]);
  assert.deepEqual(niceTicks(0, 10000, 5, true), [0, 2000, 4000, 6000, 8000, 10000]);
  assert.deepEqual(niceTicks(0, 3, 8, true), [0, 1, 2, 3]);
  assert.deepEqual(logarithmicTicks(0.03, 2.5), [0.05, 0.1, 0.2, 0.5, 1, 2]);
  assert.deepEqual(logarithmicTicks(0.5, 2e36), [1, 1e5, 1e10, 1e15, 1e20, 1e25, 1e30, 1e35]);
  assert.deepEqual(logarithmicTicks(3e-9, 50), [1e-8, 1e-6, 1e-4, 0.01, 1]);
});

test("losses of any size take little room", () => {
  assert.deepEqual([0.25, 0, 3e-7, 12345.6, 2.5e31, Infinity].map(formatLoss), ["0.2500", "0.0000", "3.00e-7", "1.23e+4", "2.50e+31", "–"]);
});

test("the history stays small, in order, and ends with the latest", () => {
  const history = new LossHistory();
  for (let step = 0; step < 50_000; step++) history.add({ step, train: 1 / (step + 1), test: null });
  const entries = history.all();
  assert.ok(entries.length <= 2001);
  assert.equal(entries[0].step, 0);
  assert.equal(entries[entries.length - 1].step, 49_999);
  assert.ok(entries.every((entry, index) => index === 0 || entry.step > entries[index - 1].step));
});

test("the nearest entry is found", () => {
  const entries = [0, 10, 20, 100].map((step) => ({ step, train: 0, test: null }));
  for (const [step, expected] of [[-5, 0], [4, 0], [6, 10], [59, 20], [61, 100], [500, 100]]) {
    assert.equal(nearestEntry(entries, step).step, expected);
  }
});

test("lines are cut at the frame, and left out when they pass by", () => {
  const frame = { x0: -1, x1: 1, y0: -1, y1: 1 };
  assert.deepEqual(clipLine({ a: 0, b: 1, c: -0.5 }, frame), [[-1, 0.5], [1, 0.5]]);
  assert.deepEqual(clipLine({ a: 2, b: 0, c: 1 }, frame), [[-0.5, -1], [-0.5, 1]]);
  assert.equal(clipLine({ a: 0, b: 1, c: -5 }, frame), null);
  assert.equal(clipLine({ a: 0, b: 0, c: 1 }, frame), null);
});

test("markers shrink where there are many, to a size that still shows their class", () => {
  assert.equal(markerRadius(640, 300), 4);
  assert.equal(markerRadius(328, 600), 3.2);
  assert.ok(markerRadius(640, 2400) < 2.1);
  assert.equal(markerRadius(640, 5000), markerRadius(640, 50_000));
  assert.ok(markerRadius(640, 5000) >= 1.8);
});
