// The chart: loss over steps with axes, a logarithmic scale on demand, and the value under the pointer.
import { getContext } from "./markers.js";
import { nearestEntry } from "./history.js";
import { formatLoss, formatTick, lossScale, stepScale } from "./scales.js";
import { formatCount } from "./settings.js";

/** @typedef {import("./history.js").HistoryEntry} HistoryEntry */
/** @typedef {{entries: HistoryEntry[], reference: HistoryEntry[], logarithmic: boolean}} ChartData */
/** @typedef {{ink: string, muted: string, hairline: string, accent: string, surface: string, font: string}} ChartTheme */
/** @typedef {import("./scales.js").Scale} Scale */

const MARGIN = { left: 52, right: 12, top: 12, bottom: 26 };

export class LossChart {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = getContext(canvas);
    /** @type {number | null} */
    this.pointer = null;
    /** @type {ChartData} */
    this.data = { entries: [], reference: [], logarithmic: false };
    canvas.addEventListener("pointermove", (event) => this.hover(event.offsetX));
    canvas.addEventListener("pointerdown", (event) => this.hover(event.offsetX));
    canvas.addEventListener("pointerleave", () => this.hover(null));
  }

  /** @param {number | null} x */
  hover(x) {
    this.pointer = x;
    this.draw(this.data);
  }

  /** @param {ChartTheme} theme */
  resize(theme) {
    this.theme = theme;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * density);
    this.canvas.height = Math.round(this.height * density);
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.draw(this.data);
  }

  /** @param {ChartData} data */
  draw(data) {
    this.data = data;
    const { theme, context, width = 0, height = 0 } = this;
    if (!theme || width === 0) return;
    context.clearRect(0, 0, width, height);
    context.font = theme.font;
    const all = [...data.entries, ...data.reference];
    const steps = stepScale(all, MARGIN.left, width - MARGIN.right);
    const losses = lossScale(all, data.logarithmic, height - MARGIN.bottom, MARGIN.top);
    this.drawAxes(steps, losses, theme);
    this.drawLine(data.reference, (entry) => entry.train, steps, losses, theme.muted, 1.5, [2, 3]);
    this.drawLine(data.entries, (entry) => entry.test, steps, losses, theme.accent, 2, [6, 4]);
    this.drawLine(data.entries, (entry) => entry.train, steps, losses, theme.ink, 2, []);
    if (this.pointer !== null) this.drawReadout(this.pointer, steps, losses, theme);
  }

  /**
   * @param {Scale} steps
   * @param {Scale} losses
   * @param {ChartTheme} theme
   */
  drawAxes(steps, losses, theme) {
    const { context, width = 0, height = 0 } = this;
    context.strokeStyle = theme.hairline;
    context.fillStyle = theme.muted;
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of losses.ticks) {
      const y = Math.round(losses.place(tick)) + 0.5;
      this.strokePath([[MARGIN.left, y], [width - MARGIN.right, y]]);
      context.fillText(formatTick(tick), MARGIN.left - 8, y);
    }
    context.textBaseline = "top";
    for (const tick of steps.ticks) {
      const x = Math.round(steps.place(tick)) + 0.5;
      this.strokePath([[x, height - MARGIN.bottom], [x, height - MARGIN.bottom + 4]]);
      const text = formatCount(tick);
      context.textAlign = x + context.measureText(text).width / 2 > width ? "right" : "center";
      context.fillText(text, context.textAlign === "right" ? width - 2 : x, height - MARGIN.bottom + 8);
    }
  }

  /**
   * @param {HistoryEntry[]} entries
   * @param {(entry: HistoryEntry) => number | null} value
   * @param {Scale} steps
   * @param {Scale} losses
   * @param {string} colour
   * @param {number} lineWidth
   * @param {number[]} dash
   */
  drawLine(entries, value, steps, losses, colour, lineWidth, dash) {
    const { context } = this;
    /** @type {[number, number][]} */
    const path = [];
    for (const entry of entries) {
      const loss = value(entry);
      if (loss !== null && Number.isFinite(loss)) path.push([steps.place(entry.step), losses.place(loss)]);
    }
    if (path.length === 0) return;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = lineWidth;
    context.lineJoin = "round";
    context.setLineDash(dash);
    this.strokePath(path);
    context.setLineDash([]);
    if (dash.length > 0) return;
    context.beginPath();
    context.arc(...path[path.length - 1], 3.5, 0, 2 * Math.PI);
    context.fill();
  }

  /** @param {[number, number][]} path */
  strokePath(path) {
    this.context.beginPath();
    for (const [x, y] of path) this.context.lineTo(x, y);
    this.context.stroke();
  }

  /**
   * @param {number} pointer
   * @param {ReturnType<typeof stepScale>} steps
   * @param {Scale} losses
   * @param {ChartTheme} theme
   */
  drawReadout(pointer, steps, losses, theme) {
    const { context, height = 0 } = this;
    const entries = this.data.entries.length > 0 ? this.data.entries : this.data.reference;
    if (entries.length === 0) return;
    const entry = nearestEntry(entries, steps.step(pointer));
    const x = steps.place(entry.step);
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    this.strokePath([[x, MARGIN.top], [x, height - MARGIN.bottom]]);
    context.fillStyle = theme.ink;
    context.beginPath();
    context.arc(x, losses.place(entry.train), 4, 0, 2 * Math.PI);
    context.fill();
    const test = entry.test === null ? "" : ` · test ${formatLoss(entry.test)}`;
    this.drawLabel(`step ${formatCount(entry.step)} · loss ${formatLoss(entry.train)}${test}`, x, theme);
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {ChartTheme} theme
   */
  drawLabel(text, x, theme) {
    const { context, width = 0 } = this;
    const wide = context.measureText(text).width + 16;
    const left = Math.min(Math.max(x - wide / 2, MARGIN.left), width - wide - 2);
    context.fillStyle = theme.surface;
    context.strokeStyle = theme.hairline;
    context.beginPath();
    context.roundRect(left, MARGIN.top - 8, wide, 24, 6);
    context.fill();
    context.stroke();
    context.fillStyle = theme.ink;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, left + 8, MARGIN.top + 4.5);
  }
}
