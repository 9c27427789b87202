import assert from "node:assert/strict";
import { test } from "node:test";
import { Batches } from "../../../wasm_export/page/batches.js";

test("an epoch goes through all points once, in whole batches", () => {
  const batches = new Batches(11, 3, 7);
  const epoch = [0, 1, 2].map((step) => batches.rows(step));
  assert.deepEqual(epoch.map((rows) => rows.length), [3, 3, 3]);
  assert.equal(new Set(epoch.flat()).size, 9);
  assert.ok(epoch.flat().every((row) => row >= 0 && row < 11));
});

test("each epoch has an order of its own, and each step can be asked for again", () => {
  const batches = new Batches(100, 10, 7);
  const first = batches.rows(4);
  assert.notDeepEqual(batches.rows(14), first);
  assert.deepEqual(batches.rows(4), first);
  assert.deepEqual(new Batches(100, 10, 7).rows(4), first);
  assert.notDeepEqual(new Batches(100, 10, 8).rows(4), first);
});
