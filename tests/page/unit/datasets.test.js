import assert from "node:assert/strict";
import { test } from "node:test";
import { countTested, DATASET_KINDS, drawDataset, frameAround, splitPoints } from "../../../wasm_export/page/datasets.js";

const recipe = { classes: 3, points: 100, noise: 0, rotation: Math.PI, sample: 4 };

test("every kind gives the number of points asked for, shared out evenly, in float32", () => {
  for (const kind of Object.keys(DATASET_KINDS)) {
    for (const classes of [2, 3, 6]) {
      const points = drawDataset(kind, { ...recipe, classes });
      assert.equal(points.length, 100);
      for (let label = 0; label < classes; label++) {
        const count = points.filter((point) => point.label === label).length;
        assert.ok(count === Math.floor(100 / classes) || count === Math.ceil(100 / classes), `${kind} ${label}`);
      }
      assert.ok(points.every(({ x, y }) => x === Math.fround(x) && Math.abs(x) < 2 && Math.abs(y) < 2));
    }
  }
});

test("the same seed draws the same points", () => {
  const noisy = { ...recipe, noise: 0.2 };
  assert.deepEqual(drawDataset("blobs", noisy), drawDataset("blobs", noisy));
  assert.notDeepEqual(drawDataset("blobs", noisy), drawDataset("blobs", { ...noisy, sample: 5 }));
});

test("a spiral's arm turns by the rotation while its radius grows from 0 to 1", () => {
  const arm = drawDataset("spiral", { ...recipe, points: 300 }).filter((point) => point.label === 0);
  assert.deepEqual([arm[0].x, arm[0].y], [0, 0]);
  const last = arm[arm.length - 1];
  assert.ok(Math.hypot(last.x - Math.sin(Math.PI), last.y - Math.cos(Math.PI)) < 1e-6);
  const middle = arm[49];
  assert.ok(Math.abs(Math.hypot(middle.x, middle.y) - 49 / 99) < 1e-6);
});

test("XOR's label tells whether the signs differ", () => {
  for (const { x, y, label } of drawDataset("xor", { ...recipe, classes: 2 })) {
    assert.equal(label, x * y > 0 ? 0 : 1);
  }
});

test("circles without noise lie on their radii", () => {
  for (const { x, y, label } of drawDataset("circles", recipe)) {
    assert.ok(Math.abs(Math.hypot(x, y) - (label + 1) / 3) < 1e-6);
  }
});

test("a split holds out the share, always the same points, and never all", () => {
  const points = drawDataset("blobs", recipe);
  const held = splitPoints(points, 0.25, 9);
  assert.equal(held.filter((point) => point.test).length, 25);
  assert.deepEqual(held, splitPoints(points, 0.25, 9));
  assert.ok(points.every((point) => !point.test));
  const counts = [[10, 0.25], [10, 0.35], [14, 0.25], [3, 0.5], [7, 0.9], [4, 0.99]].map((pair) => countTested(...pair));
  assert.deepEqual(counts, [2, 4, 4, 2, 6, 3]); // round(10 * 0.25) is 2 in Python
  assert.equal(splitPoints(points.slice(0, 1), 0.5, 9)[0].test, false);
});

test("the frame is a square around all points, also around one", () => {
  const { x0, x1, y0, y1 } = frameAround([{ x: -1, y: 0 }, { x: 3, y: 1 }]);
  assert.ok(x0 < -1 && x1 > 3 && Math.abs(x1 - x0 - (y1 - y0)) < 1e-9);
  const one = frameAround([{ x: 5, y: 5 }]);
  assert.deepEqual(one, { x0: 4, x1: 6, y0: 4, y1: 6 });
});
