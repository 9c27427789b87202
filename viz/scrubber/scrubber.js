// The scrubber: shows any snapshot of a run. The compiled `paint` draws its map, `likeliest` finds where the most likely
// class changes, and `evaluate` which points it gets wrong; slider, keyboard, charts and the play button all choose a
// frame.
import { borderNet, drawBorder } from "./border.js";
import { decodeBase64 } from "./bytes.js";
import { CurveChart } from "./curve.js";
import { MapView, hingeLines } from "./map.js";
import { CompiledModule, Workspace } from "./runtime.js";
import { readTheme, watchTheme } from "./theme.js";

/** @typedef {import("./curve.js").Curve} Curve */
/**
 * @typedef {{
 *   steps: number[], params: {name: string, items: number}[], dims: Record<string, number>, weights: string,
 *   module: string, points: string, labels: string, tested: number, palette: string[],
 *   extent: [number, number, number, number], hinges: boolean, hasHinges: boolean, fps: number,
 *   charts: {title: string, percent: boolean, curves: Curve[]}[],
 * }} Film
 */

const SIDE = 320;
const BORDER_WIDTH = 1.4;

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** The network of one frame, in the memory of the compiled module. */
class Network {
  /**
   * @param {CompiledModule} module
   * @param {Film} film
   */
  constructor(module, film) {
    this.film = film;
    this.weights = new Float32Array(decodeBase64(film.weights).buffer);
    const labels = Int32Array.from(decodeBase64(film.labels));
    this.workspace = new Workspace(module);
    this.paint = this.workspace.bind("paint", { ...film.dims, side: SIDE });
    this.evaluate = this.workspace.bind("evaluate", { ...film.dims, n: labels.length });
    this.findLikeliest = this.workspace.bind("likeliest", { ...film.dims, side: SIDE });
    this.workspace.commit();
    this.workspace.floats("points").set(new Float32Array(decodeBase64(film.points).buffer));
    this.workspace.view("labels").set(labels);
    ["x0", "x1", "y0", "y1"].forEach((edge, index) => this.workspace.floats(edge).set([film.extent[index]]));
  }

  /** @param {{background: number[], classes: number[][]}} colours */
  setColours({ background, classes }) {
    this.workspace.floats("palette").set(classes.flat());
    this.workspace.floats("background").set(background);
  }

  /** @param {number} frame */
  load(frame) {
    const count = this.film.params.reduce((sum, { items }) => sum + items, 0);
    let start = frame * count;
    for (const { name, items } of this.film.params) {
      this.workspace.floats(name).set(this.weights.subarray(start, start + items));
      start += items;
    }
    this.paint();
    this.findLikeliest();
    this.evaluate();
  }
}

class Scrubber {
  /**
   * @param {Film} film
   * @param {Network} network
   */
  constructor(film, network) {
    this.film = film;
    this.network = network;
    this.frame = -1;
    this.playing = false;
    const labels = decodeBase64(film.labels);
    const places = network.workspace.floats("points");
    this.points = Array.from(labels, (label, index) => {
      return { x: places[2 * index], y: places[2 * index + 1], label, test: index >= labels.length - film.tested };
    });
    this.map = new MapView(
      /** @type {HTMLCanvasElement} */ (element("map")),
      /** @type {HTMLCanvasElement} */ (element("overlay")),
    );
    this.border = /** @type {HTMLCanvasElement} */ (element("border"));
    this.ink = "";
    const [x0, x1, y0, y1] = film.extent;
    this.map.frame = { x0, x1, y0, y1 };
    this.charts = film.charts.map((chart) => new CurveChart(element("charts"), chart, (step) => this.seek(step)));
    this.slider = /** @type {HTMLInputElement} */ (element("frame"));
    this.slider.max = String(film.steps.length - 1);
    this.slider.addEventListener("input", () => this.choose(Number(this.slider.value)));
    this.hinges = /** @type {HTMLInputElement} */ (element("hinges"));
    this.hinges.checked = film.hinges;
    this.hinges.disabled = !film.hasHinges;
    this.hinges.addEventListener("change", () => this.show(this.frame));
    element("play").addEventListener("click", () => this.play(!this.playing));
    document.addEventListener("keydown", (event) => this.onKey(event));
    watchTheme(() => this.resize());
    this.resize();
    this.show(film.steps.length - 1);
  }

  /** Takes the layout's sizes and the theme's colours, and draws the frame again. */
  resize() {
    const theme = readTheme(this.film.palette);
    this.network.setColours(theme.paint);
    this.map.resize(theme);
    this.border.width = this.border.height = this.map.resolution;
    this.ink = theme.ink;
    for (const chart of this.charts) chart.resize(theme);
    if (this.frame >= 0) this.show(this.frame);
  }

  /** @param {number} frame */
  show(frame) {
    const { film, network } = this;
    this.frame = Math.min(Math.max(frame, 0), film.steps.length - 1);
    const step = film.steps[this.frame];
    network.load(this.frame);
    const { workspace } = network;
    const predicted = /** @type {Int32Array} */ (workspace.view("predicted"));
    const lines = this.hinges.checked ? hingeLines(workspace.floats("params.0.W"), workspace.floats("params.0.b")) : [];
    const border = borderNet(/** @type {Int32Array} */ (workspace.view("likeliest")), SIDE);
    drawBorder(this.border, border, SIDE, BORDER_WIDTH * this.map.density, this.ink);
    this.map.showPixels(/** @type {Uint8ClampedArray} */ (workspace.view("rgba")), SIDE);
    this.map.drawOverlay(this.points, predicted, lines, -1);
    const said = `step ${step.toLocaleString("en")}`;
    this.slider.value = String(this.frame);
    this.slider.setAttribute("aria-valuetext", said);
    element("step").textContent = said;
    const wrong = this.points.filter((point, index) => predicted[index] !== point.label).length;
    element("map").setAttribute("aria-label", `Decision map at ${said}: ${wrong} of ${this.points.length} points wrong`);
    for (const chart of this.charts) chart.draw(step);
  }

  /**
   * Shows a frame that a person asked for, which ends playing.
   * @param {number} frame
   */
  choose(frame) {
    this.play(false);
    this.show(frame);
  }

  /**
   * Shows the last snapshot that is not later than a step.
   * @param {number} step
   */
  seek(step) {
    const later = this.film.steps.findIndex((one) => one > step);
    this.choose(later < 0 ? this.film.steps.length - 1 : later - 1);
  }

  /** @param {boolean} playing */
  play(playing) {
    this.playing = playing;
    element("play").textContent = playing ? "Pause" : "Play";
    if (!playing) return;
    if (this.frame === this.film.steps.length - 1) this.show(0);
    this.due = performance.now() + 1000 / this.film.fps;
    requestAnimationFrame((now) => this.advance(now));
  }

  /** @param {number} now */
  advance(now) {
    if (!this.playing) return;
    if (now >= (this.due ?? 0)) {
      this.due = now + 1000 / this.film.fps;
      this.show(this.frame + 1);
      if (this.frame === this.film.steps.length - 1) return this.play(false);
    }
    requestAnimationFrame((later) => this.advance(later));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === " " && target !== this.hinges) this.play(!this.playing);
    else if (event.key === "ArrowLeft") this.choose(this.frame - 1);
    else if (event.key === "ArrowRight") this.choose(this.frame + 1);
    else if (event.key === "Home") this.choose(0);
    else if (event.key === "End") this.choose(this.film.steps.length - 1);
    else return;
    event.preventDefault();
  }
}

const film = /** @type {Film} */ (JSON.parse(element("film").textContent ?? ""));
new Scrubber(film, new Network(await CompiledModule.open(decodeBase64(film.module)), film));
