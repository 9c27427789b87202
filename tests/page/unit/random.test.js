import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../wasm_export/page/random.js";

const draw = (random, count, what) => Array.from({ length: count }, () => random[what]());
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("the same seed gives the same numbers, another seed others", () => {
  assert.deepEqual(draw(new Random(7), 20, "normal"), draw(new Random(7), 20, "normal"));
  assert.notDeepEqual(draw(new Random(7), 20, "normal"), draw(new Random(8), 20, "normal"));
});

test("uniform numbers fill [0, 1)", () => {
  const values = draw(new Random(1), 20000, "uniform");
  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.ok(Math.abs(mean(values) - 0.5) < 0.01);
});

test("normal numbers have mean 0, variance 1 and no correlation between neighbours", () => {
  const values = draw(new Random(2), 40000, "normal");
  assert.ok(Math.abs(mean(values)) < 0.02);
  assert.ok(Math.abs(mean(values.map((value) => value * value)) - 1) < 0.03);
  assert.ok(Math.abs(mean(values.slice(1).map((value, index) => value * values[index]))) < 0.02);
});

test("shuffle keeps every item and leaves the original alone", () => {
  const items = [...Array(50).keys()];
  const shuffled = new Random(3).shuffle(items);
  assert.deepEqual(items, [...Array(50).keys()]);
  assert.notDeepEqual(shuffled, items);
  assert.deepEqual(shuffled.toSorted((a, b) => a - b), items);
});
