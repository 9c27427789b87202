// A session: one network and one set of points in a module's memory. All arithmetic of the model happens in here, in
// the functions that Python recorded; what comes out is the loss, the accuracy and the pixels of the map.
import { UNIT_SIDE } from "./gallery.js";
import { Workspace } from "./runtime.js";
import { weightShapes } from "./weights.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./datasets.js").Frame} Frame */
/** @typedef {import("./runtime.js").CompiledModule} CompiledModule */
/** @typedef {import("./runtime.js").BoundFunction} BoundFunction */
/** @typedef {import("./weights.js").Weights} Weights */
/** @typedef {{loss: number, accuracy: number}} Score */
/**
 * Colours as [red, green, blue], 0 to 255.
 * @typedef {{background: number[], ink: number[], accent: number[], classes: number[][]}} Palette
 */

/** The finest map: its side in pixels. */
export const FINEST_SIDE = 1024;
const SCRATCH_LIMIT = 1 << 26;
const SET_ARRAYS = ["points", "labels", "loss", "accuracy", "predicted"];

export class Session {
  /**
   * @param {CompiledModule} module
   * @param {number[]} widths
   * @param {Point[]} points
   * @param {Weights} weights
   */
  constructor(module, widths, points, weights) {
    this.module = module;
    this.widths = widths;
    this.names = weightShapes(widths).map(({ name }) => name);
    this.bindings = this.bindWidths();
    this.workspace = new Workspace(module);
    /** @type {Map<string, (count: number) => void>} */
    this.methods = new Map();
    this.setPoints(points);
    this.setWeights(weights);
  }

  /** The sizes of the dimensions that the weights' shapes name. */
  bindWidths() {
    /** @type {Record<string, number>} */
    const bindings = {};
    const slots = new Map(this.module.signature("evaluate").inputs.map((slot) => [slot.name, slot]));
    for (const { name, shape } of weightShapes(this.widths)) {
      const slot = slots.get(name);
      if (!slot) throw new Error(`the module has no weights ${name}`);
      slot.shape.forEach((size, axis) => {
        if (typeof size === "string") bindings[size] = shape[axis];
        else if (size !== shape[axis]) throw new Error(`${name} must have size ${size} on axis ${axis}`);
      });
    }
    return bindings;
  }

  /**
   * Puts points into the memory; weights and the optimiser's state stay. At least one must be a training point.
   * @param {Point[]} points
   */
  setPoints(points) {
    const trained = points.filter((point) => !point.test);
    const tested = points.filter((point) => point.test);
    if (trained.length === 0) throw new Error("at least one training point is needed");
    if (this.trained?.length !== trained.length || this.tested?.length !== tested.length) {
      this.layOut(trained.length, tested.length);
    }
    this.trained = trained;
    this.tested = tested;
    this.writePoints(trained, "");
    if (tested.length > 0) this.writePoints(tested, "test.");
  }

  /**
   * Places all arrays anew for other numbers of points.
   * @param {number} trained
   * @param {number} tested
   */
  layOut(trained, tested) {
    const old = this.workspace;
    const kept = new Map([...old.views].filter(([name]) => /^(params|state)\b/.test(name)).map(copyEntry));
    const workspace = new Workspace(this.module);
    this.workspace = workspace;
    const bindings = { ...this.bindings, n: trained };
    this.evaluateTrained = workspace.bind("evaluate", bindings);
    this.evaluateTested =
      tested > 0 ? workspace.bind("evaluate", { ...this.bindings, n: tested }, renameForTest) : undefined;
    this.bindMethods(bindings);
    this.finestSide = this.fitSide();
    /** @type {Map<number, BoundFunction>} */
    this.painters = new Map([[this.finestSide, workspace.bind("paint", { ...this.bindings, side: this.finestSide })]]);
    this.paintUnits = workspace.bind("units", { ...this.bindings, side: UNIT_SIDE });
    workspace.commit();
    for (const [name, values] of kept) workspace.floats(name).set(values);
  }

  /**
   * The ways to take a step: a gradient, then an optimiser's update of the weights as one flat array; or both in one
   * function, where the module has it.
   * @param {Record<string, number>} bindings
   */
  bindMethods(bindings) {
    const { workspace } = this;
    const { functions } = this.module.manifest;
    const gradient = workspace.bind("gradient", bindings);
    const size = workspace.join("params", this.names);
    workspace.join("grads", this.names.map((name) => name.replace("params", "grads")));
    this.methods.clear();
    for (const name of Object.keys(functions).filter((key) => functions[key].dims.includes("p"))) {
      const update = workspace.bind(name, { p: size }, (slot) => slot.replace(/^state/, `state.${name}`));
      this.methods.set(name, (count) => {
        for (let step = 0; step < count; step++) {
          gradient();
          update();
        }
      });
    }
    if (functions.step) this.methods.set("sgd", workspace.bind("step", bindings));
  }

  /** The largest map whose intermediate results stay within the limit. */
  fitSide() {
    const { dims } = this.module.signature("paint");
    const scratch = this.module.function("paint_scratch");
    let side = FINEST_SIDE;
    const bytes = () => scratch(...dims.map((dim) => (dim === "side" ? side : this.bindings[dim])));
    while (side > 64 && bytes() > SCRATCH_LIMIT) side /= 2;
    return side;
  }

  /**
   * @param {Point[]} points
   * @param {string} prefix
   */
  writePoints(points, prefix) {
    const coordinates = this.workspace.floats(`${prefix}points`);
    const labels = this.workspace.view(`${prefix}labels`);
    points.forEach(({ x, y, label }, index) => {
      coordinates[2 * index] = x;
      coordinates[2 * index + 1] = y;
      labels[index] = label;
    });
  }

  /** @returns {Weights} a copy */
  getWeights() {
    return new Map(this.names.map((name) => [name, this.workspace.floats(name).slice()]));
  }

  hasFiniteWeights() {
    return this.names.every((name) => this.workspace.floats(name).every(Number.isFinite));
  }

  /** @param {Weights} weights */
  setWeights(weights) {
    for (const name of this.names) {
      this.workspace.floats(name).set(/** @type {Float32Array} */ (weights.get(name)));
    }
  }

  /** A copy of the optimisers' state, by array name. */
  getState() {
    return new Map([...this.workspace.views].filter(([name]) => name.startsWith("state.")).map(copyEntry));
  }

  /** @param {Map<string, Float32Array>} [state] without it, the state of a training that has not begun: zeros */
  setState(state) {
    for (const [name, view] of this.workspace.views) {
      if (!name.startsWith("state.")) continue;
      const values = state?.get(name);
      if (values) view.set(values);
      else view.fill(0);
    }
  }

  /**
   * @param {number} count
   * @param {string} method
   * @param {number} rate
   * @param {number} penalty
   */
  train(count, method, rate, penalty) {
    this.workspace.floats("lr")[0] = rate;
    this.workspace.floats("reg")[0] = penalty;
    const train = this.methods.get(method);
    if (!train) throw new Error(`the module has no method ${method}`);
    train(count);
  }

  /**
   * Loss and accuracy on the training points, and on the test points if there are any.
   * @param {number} penalty
   * @returns {{train: Score, test: Score | null}}
   */
  evaluate(penalty) {
    this.workspace.floats("reg")[0] = penalty;
    this.evaluateTrained?.();
    this.evaluateTested?.();
    return { train: this.readScore(""), test: this.evaluateTested ? this.readScore("test.") : null };
  }

  /**
   * @param {string} prefix
   * @returns {Score}
   */
  readScore(prefix) {
    const [loss, accuracy] = ["loss", "accuracy"].map((name) => this.workspace.floats(prefix + name)[0]);
    return { loss, accuracy };
  }

  /** The predicted class of each point as of the last `evaluate`: training points first, then test points. */
  predictions() {
    const tested = this.evaluateTested ? this.workspace.view("test.predicted") : [];
    return [...this.workspace.view("predicted"), ...tested];
  }

  /**
   * The decision map as RGBA bytes, [side, side, 4] from the top left.
   * @param {Frame} frame
   * @param {number} side
   * @param {Palette} palette
   * @param {boolean} onlyClass the most likely class at full strength instead of the probabilities
   */
  paint(frame, side, palette, onlyClass) {
    const { workspace } = this;
    const painters = /** @type {Map<number, BoundFunction>} */ (this.painters);
    this.setFrame(frame, palette);
    workspace.floats("hard")[0] = onlyClass ? 1 : 0;
    workspace.floats("palette").set(palette.classes.slice(0, this.widths[this.widths.length - 1]).flat());
    const painter = painters.get(side) ?? workspace.bind("paint", { ...this.bindings, side });
    painters.set(side, painter);
    painter();
    return /** @type {Uint8ClampedArray} */ (workspace.view("rgba")).subarray(0, 4 * side * side);
  }

  /**
   * A picture of each unit of the first hidden layer as RGBA bytes, [units, side, side, 4].
   * @param {Frame} frame
   * @param {Palette} palette
   */
  pictureUnits(frame, palette) {
    this.setFrame(frame, palette);
    this.workspace.floats("positive").set(palette.ink);
    this.workspace.floats("negative").set(palette.accent);
    this.paintUnits?.();
    return /** @type {Uint8ClampedArray} */ (this.workspace.view("pictures"));
  }

  /**
   * @param {Frame} frame
   * @param {Palette} palette
   */
  setFrame(frame, palette) {
    for (const [name, value] of Object.entries(frame)) this.workspace.floats(name)[0] = value;
    this.workspace.floats("background").set(palette.background);
  }
}

/** @param {string} slot */
function renameForTest(slot) {
  return SET_ARRAYS.includes(slot) ? `test.${slot}` : slot;
}

/**
 * @param {[string, import("./runtime.js").View]} entry
 * @returns {[string, Float32Array]}
 */
function copyEntry([name, view]) {
  return [name, Float32Array.from(view)];
}
