// Run by tests/page/test_units.py, which compiles the module that MODULE names: ReLU, one hidden layer, three classes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { drawDataset, frameAround, splitPoints } from "../../../wasm_export/page/datasets.js";
import { CompiledModule, evaluateDimension, Workspace } from "../../../wasm_export/page/runtime.js";
import { Session } from "../../../wasm_export/page/session.js";
import { Trainer } from "../../../wasm_export/page/trainer.js";
import { drawWeights } from "../../../wasm_export/page/weights.js";

const open = () => CompiledModule.open(readFileSync(process.env.MODULE));
const recipe = { classes: 3, points: 90, noise: 0.1, rotation: 2, sample: 1 };
const palette = {
  background: [255, 255, 255],
  ink: [0, 0, 0],
  accent: [0, 128, 128],
  classes: [[255, 0, 0], [0, 255, 0], [0, 0, 255]],
};

async function makeTrainer(hidden = 20, points = drawDataset("spiral", recipe)) {
  const widths = [2, hidden, 3];
  const weights = drawWeights(widths, { init: "he", scale: 1, bias: 0, seed: 1 });
  const trainer = new Trainer(new Session(await open(), widths, points, weights), weights);
  trainer.rewind(0.001);
  return trainer;
}

const sgd = { method: "sgd", rate: 0.5, penalty: 0.001 };

test("dimensions are sums of products", () => {
  const bindings = { n: 5, h: 3 };
  for (const [text, value] of [[7, 7], ["n", 5], ["n + 1", 6], ["2*n*h - h", 27], ["n*h", 15], ["n - 2", 3]]) {
    assert.equal(evaluateDimension(text, bindings), value, String(text));
  }
  assert.throws(() => evaluateDimension("k + 1", bindings), /nothing gives dimension k/);
});

test("a workspace shares arrays by name, aligned and apart, and refuses what does not fit", async () => {
  const workspace = new Workspace(await open());
  const a = workspace.place("a", "float32", 5);
  const b = workspace.place("b", "uint8", 3);
  assert.equal(workspace.place("a", "float32", 5), a);
  assert.equal(a % 16, 0);
  assert.ok(b >= a + 20 && b % 16 === 0);
  assert.throws(() => workspace.place("a", "int32", 5), /no room/);
  assert.throws(() => workspace.place("c", "float64", 5), /no arrays of float64/);
  workspace.commit();
  assert.equal(workspace.floats("a").length, 5);
  assert.throws(() => workspace.place("d", "float32", 1), /no room/);
  assert.throws(() => workspace.view("nothing"), /no array is called nothing/);
});

test("training lowers the loss, and rewind gives back loss and weights to the bit", async () => {
  const trainer = await makeTrainer();
  const { loss } = trainer.scores.train;
  const start = trainer.session.getWeights();
  const before = trainer.checkpoint();
  trainer.advance(300, sgd);
  trainer.settle(before, sgd);
  assert.ok(trainer.scores.train.loss < 0.7 * loss);
  assert.equal(trainer.step, 300);
  trainer.rewind(0.001);
  assert.equal(trainer.scores.train.loss, loss);
  assert.deepEqual(trainer.session.getWeights(), start);
});

test("one batch of steps equals as many single steps", async () => {
  const [one, many] = [await makeTrainer(), await makeTrainer()];
  one.advance(50, sgd);
  for (let step = 0; step < 50; step++) many.advance(1, sgd);
  assert.deepEqual(one.session.getWeights(), many.session.getWeights());
});

test("gradient and update apart equal the fused step", async () => {
  const fused = await makeTrainer();
  const module = await open();
  delete module.manifest.functions.step;
  const weights = fused.session.getWeights();
  const apart = new Session(module, [2, 20, 3], drawDataset("spiral", recipe), weights);
  fused.session.train(20, sgd, 0);
  apart.train(20, sgd, 0);
  for (const [name, values] of fused.session.getWeights()) {
    apart.getWeights().get(name).forEach((value, index) => assert.ok(Math.abs(value - values[index]) < 1e-4));
  }
});

test("an optimiser's state starts from zero again after rewind", async () => {
  const trainer = await makeTrainer();
  const adam = { method: "adam", rate: 0.01, penalty: 0 };
  trainer.advance(30, adam);
  const first = trainer.session.getWeights();
  trainer.rewind(0);
  trainer.advance(30, adam);
  assert.deepEqual(trainer.session.getWeights(), first);
});

test("after a divergence, weights and step are those of the last finite loss", async () => {
  const trainer = await makeTrainer();
  const wild = { method: "sgd", rate: 90, penalty: 1 };
  const before = trainer.checkpoint();
  trainer.advance(400, wild);
  trainer.settle(before, wild);
  assert.equal(trainer.diverged, true);
  assert.ok(trainer.step > 0 && trainer.step < 400);
  assert.ok(Number.isFinite(trainer.scores.train.loss));
  const { step } = trainer;
  trainer.advance(1, wild);
  trainer.measure(wild.penalty);
  assert.equal(trainer.isFinite(), false, `step ${step + 1} would still have been finite`);
});

test("other points keep the weights, also when their number changes", async () => {
  const trainer = await makeTrainer();
  const weights = trainer.session.getWeights();
  trainer.session.setPoints(splitPoints(drawDataset("spiral", { ...recipe, points: 200 }), 0.25, 1));
  assert.deepEqual(trainer.session.getWeights(), weights);
  trainer.measure(0);
  assert.ok(trainer.scores.test);
  assert.equal(trainer.session.predictions().length, 200);
  assert.throws(() => trainer.session.setPoints([{ x: 0, y: 0, label: 0, test: true }]), /at least one training point/);
});

test("one point, five thousand, one unit and 256 fit into the memory", async () => {
  for (const hidden of [1, 256]) {
    for (const points of [3, 5000]) {
      const trainer = await makeTrainer(hidden, drawDataset("blobs", { ...recipe, points }));
      trainer.advance(1, sgd);
      trainer.measure(0);
      assert.ok(trainer.isFinite());
    }
  }
  const single = await makeTrainer(4, [{ x: 0.5, y: 0.5, label: 1, test: false }]);
  single.advance(100, sgd);
  single.measure(0);
  assert.equal(single.scores.train.accuracy, 1);
});

test("a map of every size is opaque, and shows the same place in the same colour", async () => {
  const trainer = await makeTrainer();
  trainer.advance(200, sgd);
  const frame = frameAround(drawDataset("spiral", recipe));
  const corner = [16, 128, 333].map((side) => {
    const pixels = trainer.session.painter.paintMap(frame, side, palette, false);
    assert.equal(pixels.length, 4 * side * side);
    assert.ok(pixels.every((value, index) => index % 4 !== 3 || value === 255));
    return pixels.slice(0, 3);
  });
  corner.forEach((colour) => colour.forEach((value, index) => assert.ok(Math.abs(value - corner[2][index]) < 12)));
  const hard = new Set(trainer.session.painter.paintMap(frame, 64, palette, true).filter((_, index) => index % 4 === 0));
  assert.ok(hard.size <= 3);
  assert.equal(trainer.session.painter.paintUnits(frame, palette).length, 20 * 24 * 24 * 4);
});
