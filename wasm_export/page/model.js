// The model of the page: settings, points and trainer, and what each change of a setting does to them.
import { frameAround, splitPoints } from "./datasets.js";
import { FULL_SPEED, makeRules } from "./settings.js";
import { Session } from "./session.js";
import { checkLabels, choosePoints, completeChange, DATA_SETTINGS, testShare } from "./source.js";
import { Trainer } from "./trainer.js";
import { copyWeights, drawWeights } from "./weights.js";

/** @typedef {import("./modules.js").Modules} Modules */
/** @typedef {import("./archive.js").Run} Run */
/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {ReturnType<typeof import("./network.js").parseWeights>} LoadedWeights */

const WEIGHT_SETTINGS = ["architecture", "init", "scale", "seed"];

export class PageModel {
  /**
   * @param {Run} run
   * @param {Modules} modules
   */
  constructor(run, modules) {
    this.run = run;
    this.modules = modules;
    const titles = Object.fromEntries(Object.entries(run.architectures).map(([key, { title }]) => [key, title]));
    this.layers = Math.max(...Object.values(run.architectures).map(({ layers }) => layers));
    this.rules = makeRules(run.datasets, titles, run.methods, this.layers);
    this.defaults = run.settings;
    /** @type {Settings} */
    this.settings = { ...run.settings };
    this.points = run.points;
    this.frame = frameAround(run.points);
    /** @type {Trainer | null} */
    this.trainer = null;
    this.generation = 0;
  }

  /** @param {string} name */
  number(name) {
    return Number(this.settings[name]);
  }

  get architecture() {
    return this.run.architectures[String(this.settings.architecture)];
  }

  /** The name of the compiled module that runs this network. */
  get moduleKey() {
    return this.modules.keyOf(String(this.settings.architecture), this.classes);
  }

  /** The sizes of all layers, inputs and classes included. */
  get widths() {
    const hidden = Array.from({ length: this.architecture.layers }, (_, layer) => this.number(`hidden${layer + 1}`));
    return [2, ...hidden, this.classes];
  }

  get classes() {
    return this.settings.dataset === "run" ? this.run.widths[this.run.widths.length - 1] : this.number("classes");
  }

  /** The names of the classes: of the run's own points, and of the user's where they are of the same classes. */
  get names() {
    const { dataset, named } = this.settings;
    return dataset === "run" || (dataset === "custom" && named) ? this.run.names : [];
  }

  /**
   * A class by its number, and its name where it has one.
   * @param {number} label
   */
  nameClass(label) {
    return label < this.names.length ? `${label}, ${this.names[label]}` : String(label);
  }

  get update() {
    return { method: String(this.settings.optimizer), rate: this.number("lr"), penalty: this.number("reg") };
  }

  get batch() {
    return { size: this.number("batch"), seed: this.number("seed") };
  }

  get speed() {
    return this.number("speed") >= FULL_SPEED ? Infinity : this.number("speed");
  }

  /** Steps left to the stop. */
  get remaining() {
    const stop = this.number("stop");
    return stop === 0 ? Infinity : Math.max(stop - (this.trainer?.step ?? 0), 0);
  }

  /** Whether training starts from the very weights that Python started from. */
  get startsLikeRun() {
    const names = [...WEIGHT_SETTINGS, ...Array.from({ length: this.layers }, (_, layer) => `hidden${layer + 1}`)];
    return this.classes === this.run.widths[this.run.widths.length - 1] && names.every((name) => this.isDefault(name));
  }

  /** Whether the loss should follow the exported one. */
  get followsRun() {
    const names = ["dataset", "test", "optimizer", "batch", "lr", "reg"];
    return this.run.exact && this.startsLikeRun && names.every((name) => this.isDefault(name));
  }

  /** @param {string} name */
  isDefault(name) {
    return this.settings[name] === this.defaults[name];
  }

  /**
   * Changes settings, and brings points, weights and scores up to date.
   * @param {Settings} changes
   */
  async change(changes) {
    const names = Object.keys(changes).filter((name) => changes[name] !== this.settings[name]);
    const previous = this.settings;
    this.settings = { ...previous, ...completeChange(changes, this.run, this.names.length > 0) };
    try {
      await this.follow(names);
    } catch (error) {
      this.settings = previous;
      throw error;
    }
  }

  /**
   * Takes over settings and points from elsewhere, such as an address.
   * @param {Settings} settings
   * @param {Point[] | null} points
   */
  async adopt(settings, points) {
    if (!points) return this.change(settings);
    const previous = this.settings;
    this.settings = { ...settings, test: testShare(points, Number(settings.test)) };
    try {
      checkLabels(points, this.classes);
      await this.restart(points);
    } catch (error) {
      this.settings = previous;
      throw error;
    }
  }

  /** @param {string[]} names */
  async follow(names) {
    const isWeight = (/** @type {string} */ name) => WEIGHT_SETTINGS.includes(name) || name.startsWith("hidden");
    if (names.some((name) => DATA_SETTINGS.includes(name))) {
      const points = choosePoints(this.settings, this.run, this.points, names.includes("test"));
      checkLabels(points, this.classes);
      return this.restart(points);
    }
    if (names.some(isWeight)) return this.restart(this.points);
    if (names.includes("optimizer")) this.trainer?.session.setState();
    if (names.includes("batch")) this.trainer?.session.setBatch(this.batch);
    if (names.includes("reg")) this.trainer?.measure(this.update.penalty);
  }

  /**
   * A new network at step 0 on these points. A later call overtakes an earlier one that still waits for its module.
   * @param {Point[]} points
   */
  async restart(points) {
    const generation = ++this.generation;
    const module = await this.modules.open(this.moduleKey);
    if (generation !== this.generation) return;
    const start = this.makeWeights();
    if (points !== this.points) this.frame = frameAround(points);
    this.points = points;
    this.trainer = new Trainer(new Session(module, this.widths, points, start, this.batch), start);
    this.trainer.rewind(this.update.penalty);
  }

  makeWeights() {
    if (this.startsLikeRun) return copyWeights(this.run.initial);
    const [scale, seed] = [this.number("scale"), this.number("seed")];
    return drawWeights(this.widths, { init: String(this.settings.init), scale, bias: this.run.bias, seed });
  }

  /** Shows the weights that Python ended with, ready to go on from there, and the loss on the way there. */
  showTrained() {
    if (!this.trainer) return;
    this.trainer.load({ weights: this.run.final, state: new Map(), step: this.run.steps }, this.update.penalty);
    this.trainer.session.setMethodState(this.update.method, this.run.state);
    this.trainer.history.entries = this.run.losses.slice();
  }

  /**
   * Changes points while training goes on; the data set is then the user's own.
   * @param {Point[]} points
   */
  edit(points) {
    if (!points.some((point) => !point.test)) throw new Error("at least one training point must stay");
    const facts = { classes: this.classes, named: this.names.length > 0, test: testShare(points, this.number("test")) };
    this.settings = { ...this.settings, dataset: "custom", ...facts };
    this.points = points;
    this.trainer?.session.setPoints(points);
    this.trainer?.measure(this.update.penalty);
  }

  /**
   * Other points altogether: a new start.
   * @param {Point[]} points
   * @param {boolean} named whether their classes are the run's, with their names
   */
  async replacePoints(points, named) {
    const classes = points.reduce((most, point) => Math.max(most, point.label + 1), 2);
    this.settings = { ...this.settings, dataset: "custom", classes, named };
    await this.restart(splitPoints(points, this.number("test"), this.number("sample")));
  }

  /**
   * Continues from loaded weights, which become what rewind returns to; and from the state of the optimiser that came
   * with them, if it is the one in use.
   * @param {LoadedWeights} loaded
   */
  async useWeights({ widths, activation, weights, step, method }) {
    const classes = widths[widths.length - 1];
    const hidden = widths.slice(1, -1);
    const key = `${activation}-${hidden.length}`;
    if (!Object.hasOwn(this.run.architectures, key)) {
      throw new Error(`this page has no ${activation} network with ${hidden.length} hidden layers`);
    }
    if (widths[0] !== 2) throw new Error(`the weights take ${widths[0]} inputs; the plane has 2`);
    if (classes !== this.classes) throw new Error(`the weights know ${classes} classes; the points have ${this.classes}`);
    if (Math.max(...hidden) > 256) throw new Error("the page runs at most 256 hidden units a layer");
    const state = method?.name === this.update.method ? method.state : null;
    if (state) this.trainer?.session.checkState(this.update.method, state);
    const sizes = Object.fromEntries(hidden.map((size, layer) => [`hidden${layer + 1}`, size]));
    this.settings = { ...this.settings, architecture: key, ...sizes };
    await this.restart(this.points);
    if (!this.trainer) return;
    const { session } = this.trainer;
    if (state) session.setMethodState(this.update.method, state);
    this.trainer.start = { weights, state: session.getState(), step };
    this.trainer.rewind(this.update.penalty);
  }
}
