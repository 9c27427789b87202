// The layout: where a session's arrays lie in the memory of its module, and the module's functions bound to them.
import { Batches } from "./batches.js";
import { Painter } from "./painter.js";
import { Workspace } from "./runtime.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./runtime.js").CompiledModule} CompiledModule */
/** @typedef {import("./runtime.js").Bindings} Bindings */
/** How many points each step sees, 0 for all of them; the seed decides which. @typedef {{size: number, seed: number}} Batch */

/** What the functions read and write that there is once for each set of points. */
const SET_ARRAYS = ["points", "labels", "loss", "accuracy", "predicted"];

/**
 * A workspace for these numbers of points, with all functions bound to it.
 * @param {{module: CompiledModule, bindings: Bindings, names: string[], batch: Batch}} session
 * @param {{trained: Point[], tested: Point[]}} sets
 */
export function layOut({ module, bindings, names, batch }, { trained, tested }) {
  const workspace = new Workspace(module);
  const evaluateTrained = workspace.bind("evaluate", { ...bindings, n: trained.length });
  const evaluateTested =
    tested.length > 0 ? workspace.bind("evaluate", { ...bindings, n: tested.length }, renameFor("test")) : null;
  const methods = bindMethods(workspace, { ...bindings, n: trained.length }, names, batch);
  const painter = new Painter(workspace, bindings);
  workspace.commit();
  return {
    workspace,
    evaluateTrained,
    evaluateTested,
    methods,
    painter,
    trained: trained.length,
    tested: tested.length,
  };
}

/**
 * The ways to take steps: a gradient, then an optimiser's update of the weights as one flat array; or both in one
 * function, where the module has it and each step sees all points.
 * @param {Workspace} workspace
 * @param {Bindings} bindings
 * @param {string[]} names
 * @param {Batch} batch
 */
function bindMethods(workspace, bindings, names, batch) {
  /** @type {Map<string, (count: number, step: number) => void>} */
  const methods = new Map();
  const { functions } = workspace.module.manifest;
  const inBatches = batch.size > 0 && batch.size < bindings.n;
  const whole = inBatches ? null : workspace.bind("gradient", bindings);
  const gradient = whole ? () => whole() : bindBatchGradient(workspace, bindings, batch);
  const size = workspace.join("params", names);
  workspace.join("grads", names.map((name) => name.replace("params", "grads")));
  const isUpdate = (/** @type {string} */ name) => functions[name].inputs.some((slot) => slot.name === "grads");
  for (const name of Object.keys(functions).filter(isUpdate)) {
    const rename = (/** @type {string} */ slot) => slot.replace(/^state/, `state.${name}`);
    const update = workspace.bind(name, { p: size }, rename);
    const arrays = functions[name].outputs.filter((slot) => slot.shape.includes("p"));
    const flush = bindFlush(workspace, size, arrays.map((slot) => rename(slot.name)));
    methods.set(name, (count, first) => {
      for (let step = first; step < first + count; step++) {
        gradient(step);
        update();
      }
      flush();
    });
  }
  if (functions.step && !inBatches) {
    const steps = workspace.bind("step", bindings);
    const flush = bindFlush(workspace, size, ["params"]);
    methods.set("sgd", (count) => {
      steps(count);
      flush();
    });
  }
  return methods;
}

/**
 * What puts 0 in place of numbers that are so small that processors compute with them many times slower.
 * @param {Workspace} workspace
 * @param {number} size of each array
 * @param {string[]} arrays
 */
function bindFlush(workspace, size, arrays) {
  const calls = arrays.map((array) => workspace.bind("flush", { p: size }, () => array));
  return () => calls.forEach((call) => call());
}

/**
 * The gradient on the points of a step's batch, which are copied side by side before.
 * @param {Workspace} workspace
 * @param {Bindings} bindings
 * @param {Batch} batch
 * @returns {(step: number) => void}
 */
function bindBatchGradient(workspace, bindings, { size, seed }) {
  const gradient = workspace.bind("gradient", { ...bindings, n: size }, renameFor("batch"));
  const batches = new Batches(bindings.n, size, seed);
  return (step) => {
    const [points, labels] = ["points", "labels"].map((name) => workspace.view(name));
    const [somePoints, someLabels] = ["batch.points", "batch.labels"].map((name) => workspace.view(name));
    batches.rows(step).forEach((row, index) => {
      somePoints[2 * index] = points[2 * row];
      somePoints[2 * index + 1] = points[2 * row + 1];
      someLabels[index] = labels[row];
    });
    gradient();
  };
}

/**
 * The names of the arrays of another set of points than all those that are trained on.
 * @param {string} set
 */
function renameFor(set) {
  return (/** @type {string} */ slot) => (SET_ARRAYS.includes(slot) ? `${set}.${slot}` : slot);
}
