// The page: opens what the exporter put into the file, and ties model, view, player and controls together.
// Reading order: random, datasets, csv, runtime, weights, network, painter, batches, layout, session, history, trainer,
// settings, source, model; then markers, map, scales, chart, gallery, theme, view; then loop, player, controls, notice,
// heading, editing, sharing, keyboard; then what is in the file: bytes, archive, lzma, modules; and how it is shown:
// binary, immediates, wat, study.
// `loader.js` stands before them all.
import { Container, readRun } from "./archive.js";
import { findElement, makeControl } from "./controls.js";
import { PointEditor } from "./editing.js";
import { showHeading } from "./heading.js";
import { bindKeyboard } from "./keyboard.js";
import { PageModel } from "./model.js";
import { Modules } from "./modules.js";
import { Notice } from "./notice.js";
import { Player } from "./player.js";
import { bindSharing, readHash, writeHash } from "./sharing.js";
import { bindStudy } from "./study.js";
import { watchTheme } from "./theme.js";
import { PageView } from "./view.js";

/** @typedef {import("./settings.js").Settings} Settings */

const GROUPS = {
  "group-run": ["speed", "stop"],
  "group-data": ["dataset", "classes", "points", "noise", "rotation", "test", "sample"],
  "group-model": ["architecture", "hidden1", "hidden2", "hidden3", "hidden4", "init", "scale", "seed"],
  "group-optimiser": ["optimizer", "batch", "lr", "reg"],
  display: ["map", "hinges"],
  "chart-options": ["logarithmic"],
};
const NARROW = "(max-width: 599px)";
const HASH_DELAY_MS = 300;

class Page {
  /**
   * @param {PageModel} model
   * @param {PageView} view
   */
  constructor(model, view) {
    this.model = model;
    this.view = view;
    this.notice = new Notice();
    this.player = new Player(model, this.view, this.notice);
    this.editor = new PointEditor(model, this.view, (change) => this.attempt(change));
    this.controls = this.makeControls();
    this.hashTimer = 0;
    bindSharing(model, this.view, this.notice, (change) => this.attempt(change));
    bindStudy(model);
    findElement("new-seed").addEventListener("click", () => this.newSeed());
    window.addEventListener("hashchange", () => this.readAddress());
    document.addEventListener("visibilitychange", () => this.player.pacer.rest());
    this.bindKeys();
  }

  makeControls() {
    return Object.entries(GROUPS).flatMap(([id, names]) =>
      names
        .filter((name) => this.model.rules[name])
        .map((name) => {
          const control = makeControl(
            name,
            this.model.rules[name],
            (changed, value) => void this.set({ [changed]: value }),
            (message) => this.notice.fail(message),
          );
          findElement(id).append(control.row);
          return control;
        }),
    );
  }

  /** @param {Settings} changes */
  set(changes) {
    return this.attempt(() => this.model.change(changes));
  }

  /**
   * Makes a change and shows what came of it; an error is shown and changes nothing.
   * @param {() => void | Promise<void>} change
   */
  async attempt(change) {
    const { trainer } = this.model;
    let succeeded = true;
    try {
      await change();
      this.notice.clear();
    } catch (error) {
      succeeded = false;
      this.notice.fail(/** @type {Error} */ (error).message);
    }
    if (this.model.trainer !== trainer) this.player.pacer.reset();
    this.show();
    return succeeded;
  }

  /** Brings every control and canvas up to date. */
  show() {
    for (const { name, row, show } of this.controls) {
      row.hidden = !this.applies(name);
      show(this.model.settings[name]);
    }
    showHeading(this.model);
    this.editor.showClasses();
    this.player.redraw();
    clearTimeout(this.hashTimer);
    this.hashTimer = window.setTimeout(() => writeHash(this.model), HASH_DELAY_MS);
  }

  /**
   * Whether a setting means anything beside the others.
   * @param {string} name
   */
  applies(name) {
    const { dataset, init } = this.model.settings;
    const drawn = dataset !== "run" && dataset !== "custom";
    if (["points", "noise", "sample"].includes(name)) return drawn;
    if (name === "rotation") return dataset === "spiral";
    if (name === "classes") return dataset !== "run";
    if (name === "scale") return init === "normal";
    return !name.startsWith("hidden") || Number(name.slice("hidden".length)) <= this.model.architecture.layers;
  }

  newSeed() {
    void this.set({ seed: Math.floor(Math.random() * 1e6) });
  }

  readAddress() {
    return this.attempt(async () => {
      const { changes, points } = readHash(location.hash, this.model);
      await this.model.adopt({ ...this.model.defaults, ...changes }, points);
    });
  }

  bindKeys() {
    const { player, editor } = this;
    /** @type {import("./keyboard.js").KeyActions} */
    const actions = {
      " ": () => player.toggle(),
      ArrowRight: () => player.stepOnce(),
      r: () => player.rewind(),
      n: () => this.newSeed(),
      h: () => void this.set({ hinges: !this.model.settings.hinges }),
      l: () => void this.set({ logarithmic: !this.model.settings.logarithmic }),
      m: () => editor.chooseTool("move"),
      d: () => editor.chooseTool("delete"),
    };
    for (let label = 0; label < 9; label++) actions[String(label + 1)] = () => editor.chooseLabel(label);
    bindKeyboard(actions);
  }

  /** Shows what the address asks for, and keeps to the size and the colours of the window. */
  async open() {
    if (location.hash.length > 1) await this.readAddress();
    this.view.restyle();
    this.show();
    watchTheme(() => {
      this.view.restyle();
      this.editor.showClasses();
      this.player.redraw();
    });
  }
}

async function openPage() {
  if (matchMedia(NARROW).matches) {
    for (const group of document.querySelectorAll("details")) group.open = false;
  }
  const [first, rest] = ["first", "rest"].map((id) => findElement(id).textContent ?? "");
  const container = await Container.open(first);
  const model = new PageModel(readRun(container), new Modules(container, rest));
  const view = new PageView(model);
  await model.restart(model.points);
  model.showTrained();
  if (location.hash.length < 2) {
    view.drawFirst();
    await nextFrame();
  }
  await new Page(model, view).open();
}

/** The end of the frame that is being made: what was drawn is then on the screen. */
function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

openPage().catch((error) => new Notice().fail(`This browser cannot run the page: ${error.message}`));
