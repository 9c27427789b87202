// A session: one network and one set of points in a module's memory. All arithmetic of the model happens in here, in
// the functions that Python recorded; what comes out is loss, accuracy, predictions and, from its painter, pictures.
import { layOut } from "./layout.js";
import { weightShapes } from "./weights.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./runtime.js").CompiledModule} CompiledModule */
/** @typedef {import("./runtime.js").Bindings} Bindings */
/** @typedef {import("./weights.js").Weights} Weights */
/** @typedef {import("./network.js").MethodState} MethodState */
/** @typedef {{loss: number, accuracy: number}} Score */
/** @typedef {import("./layout.js").Batch} Batch */

export class Session {
  /**
   * @param {CompiledModule} module
   * @param {number[]} widths
   * @param {Point[]} points
   * @param {Weights} weights
   * @param {Batch} batch
   */
  constructor(module, widths, points, weights, batch = { size: 0, seed: 0 }) {
    this.module = module;
    this.names = weightShapes(widths).map(({ name }) => name);
    this.bindings = bindWidths(module, widths);
    this.batch = batch;
    this.points = points;
    this.layout = layOut(this, splitSets(points));
    this.setPoints(points);
    this.setWeights(weights);
  }

  get workspace() {
    return this.layout.workspace;
  }

  get painter() {
    return this.layout.painter;
  }

  /**
   * Puts points into the memory; weights and the optimiser's state stay. At least one must be a training point.
   * @param {Point[]} points
   */
  setPoints(points) {
    const sets = splitSets(points);
    this.points = points;
    if (this.layout.trained !== sets.trained.length || this.layout.tested !== sets.tested.length) this.moveTo(sets);
    this.writePoints(sets.trained, "");
    if (sets.tested.length > 0) this.writePoints(sets.tested, "test.");
  }

  /** @param {Batch} batch */
  setBatch(batch) {
    this.batch = batch;
    this.moveTo(splitSets(this.points));
    this.setPoints(this.points);
  }

  /**
   * Weights and state go to a new layout of the memory.
   * @param {ReturnType<typeof splitSets>} sets
   */
  moveTo(sets) {
    const kept = [...this.workspace.views].filter(([name]) => /^(params|state)\b/.test(name)).map(copyEntry);
    this.layout = layOut(this, sets);
    for (const [name, values] of kept) this.workspace.floats(name).set(values);
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
   * A copy of one optimiser's state.
   * @param {string} method
   * @returns {MethodState}
   */
  getMethodState(method) {
    const copy = (/** @type {string} */ key) => {
      const pieces = this.piecesOf(`state.${method}.${key}`).map((piece) => [...piece]);
      return Float32Array.from(pieces.flat());
    };
    return new Map(this.stateKeys(method).map((key) => [key, copy(key)]));
  }

  /**
   * Throws unless a state holds all that the method remembers, and nothing else.
   * @param {string} method
   * @param {MethodState} state
   */
  checkState(method, state) {
    const keys = this.stateKeys(method);
    if (keys.length !== state.size || keys.some((key) => !state.has(key))) {
      throw new Error(`the state of ${method} must hold ${keys.join(" and ") || "nothing"}`);
    }
  }

  /**
   * @param {string} method
   * @param {MethodState} state
   */
  setMethodState(method, state) {
    for (const [key, values] of state) {
      let start = 0;
      for (const piece of this.piecesOf(`state.${method}.${key}`)) {
        piece.set(values.subarray(start, start + piece.length));
        start += piece.length;
      }
    }
  }

  /** @param {string} method */
  stateKeys(method) {
    const prefix = `state.${method}.`;
    const names = [...this.workspace.views.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length));
  }

  /**
   * An array of the state without the padding that it shares with the weights: the part that belongs to each of them.
   * @param {string} name
   */
  piecesOf(name) {
    const view = this.workspace.floats(name);
    if (view.length === 1) return [view];
    const places = this.names.map((weight) => this.workspace.floats(weight));
    return places.map(({ byteOffset, length }) => {
      const start = (byteOffset - places[0].byteOffset) / Float32Array.BYTES_PER_ELEMENT;
      return view.subarray(start, start + length);
    });
  }

  /**
   * @param {number} count
   * @param {import("./trainer.js").Update} update
   * @param {number} step how many were taken before
   */
  train(count, { method, rate, penalty }, step) {
    this.workspace.floats("lr")[0] = rate;
    this.workspace.floats("reg")[0] = penalty;
    const train = this.layout.methods.get(method);
    if (!train) throw new Error(`the module has no method ${method}`);
    train(count, step);
  }

  /**
   * Loss and accuracy on the training points, and on the test points if there are any.
   * @param {number} penalty
   * @returns {{train: Score, test: Score | null}}
   */
  evaluate(penalty) {
    this.workspace.floats("reg")[0] = penalty;
    this.layout.evaluateTrained();
    this.layout.evaluateTested?.();
    return { train: this.readScore(""), test: this.layout.evaluateTested ? this.readScore("test.") : null };
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
    const tested = this.layout.evaluateTested ? this.workspace.view("test.predicted") : [];
    return [...this.workspace.view("predicted"), ...tested];
  }
}

/**
 * The sizes of the dimensions that the weights' shapes name.
 * @param {CompiledModule} module
 * @param {number[]} widths
 */
function bindWidths(module, widths) {
  /** @type {Bindings} */
  const bindings = {};
  const slots = new Map(module.signature("evaluate").inputs.map((slot) => [slot.name, slot]));
  for (const { name, shape } of weightShapes(widths)) {
    const slot = slots.get(name);
    if (!slot) throw new Error(`the module has no weights ${name}`);
    slot.shape.forEach((size, axis) => {
      if (typeof size === "string") bindings[size] = shape[axis];
      else if (size !== shape[axis]) throw new Error(`${name} must have size ${size} on axis ${axis}`);
    });
  }
  return bindings;
}

/** @param {Point[]} points */
function splitSets(points) {
  const [trained, tested] = [points.filter((point) => !point.test), points.filter((point) => point.test)];
  if (trained.length === 0) throw new Error("at least one training point is needed");
  return { trained, tested };
}

/**
 * @param {[string, import("./runtime.js").View]} entry
 * @returns {[string, Float32Array]}
 */
function copyEntry([name, view]) {
  return [name, Float32Array.from(view)];
}
