// The chart: loss over steps with axes, a logarithmic scale on demand, and the value under the pointer.
import { getContext } from "./markers.js";
import { nearestEntry } from "./history.js";
import { formatCount } from "./settings.js";

/** @typedef {import("./history.js").HistoryEntry} HistoryEntry */
/** @typedef {{entries: HistoryEntry[], reference: HistoryEntry[], logarithmic: boolean}} ChartData */
/** @typedef {{ink: string, muted: string, hairline: string, accent: string, surface: string, font: string}} ChartTheme */
/** @typedef {{high: number, ticks: number[], place: (value: number) => number}} Scale */

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
   * @param {Scale} steps
   * @param {Scale} losses
   * @param {ChartTheme} theme
   */
  drawReadout(pointer, steps, losses, theme) {
    const { context, width = 0, height = 0 } = this;
    const entries = this.data.entries.length > 0 ? this.data.entries : this.data.reference;
    if (entries.length === 0) return;
    const entry = nearestEntry(entries, scaleInverse(steps, pointer, width));
    const x = steps.place(entry.step);
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    this.strokePath([[x, MARGIN.top], [x, height - MARGIN.bottom]]);
    context.fillStyle = theme.ink;
    context.beginPath();
    context.arc(x, losses.place(entry.train), 4, 0, 2 * Math.PI);
    context.fill();
    const test = entry.test === null ? "" : ` · test ${entry.test.toFixed(4)}`;
    this.drawLabel(`step ${formatCount(entry.step)} · loss ${entry.train.toFixed(4)}${test}`, x, theme);
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

/**
 * @param {HistoryEntry[]} entries
 * @param {number} start
 * @param {number} end
 * @returns {Scale}
 */
function stepScale(entries, start, end) {
  const high = entries.reduce((last, entry) => Math.max(last, entry.step), 10);
  const count = Math.max(2, Math.floor((end - start) / 90));
  return { high, ticks: niceTicks(0, high, count, true), place: (step) => start + ((end - start) * step) / high };
}

/**
 * @param {HistoryEntry[]} entries
 * @param {boolean} logarithmic
 * @param {number} bottom
 * @param {number} top
 * @returns {Scale}
 */
function lossScale(entries, logarithmic, bottom, top) {
  const values = entries.flatMap(({ train, test }) => (test === null ? [train] : [train, test]));
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const greatest = positive.reduce((most, value) => Math.max(most, value), 0) || 1;
  if (!logarithmic) {
    const ticks = niceTicks(0, greatest, 4, false);
    const high = Math.max(greatest * 1.04, ticks[ticks.length - 1]);
    return { high, ticks, place: (loss) => bottom - ((bottom - top) * loss) / high };
  }
  const least = positive.reduce((smallest, value) => Math.min(smallest, value), greatest) / 1.1;
  const span = Math.log(Math.max((greatest * 1.1) / least, 1.5));
  const place = (/** @type {number} */ loss) => bottom - ((bottom - top) * Math.log(Math.max(loss, least) / least)) / span;
  return { high: greatest, ticks: logarithmicTicks(least, least * Math.exp(span)), place };
}

/**
 * Round numbers between two bounds, about `count` of them.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @param {boolean} whole
 */
export function niceTicks(low, high, count, whole) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const size = whole ? Math.max(1, Math.round(nice)) : nice;
  const ticks = [];
  for (let index = Math.ceil(low / size); index * size <= high * (1 + 1e-9); index++) {
    ticks.push(Number((index * size).toPrecision(12)));
  }
  return ticks;
}

/**
 * The numbers 1, 2 and 5 times powers of ten between two bounds; only powers when there would be too many, and evenly
 * spaced numbers when there would be too few.
 * @param {number} low
 * @param {number} high
 */
export function logarithmicTicks(low, high) {
  const factors = high / low > 300 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    ticks.push(...factors.map((factor) => Number((factor * 10 ** power).toPrecision(3))));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length > 1 ? inside : niceTicks(low, high, 3, false);
}

/** @param {number} value */
function formatTick(value) {
  if (value === 0) return "0";
  return value >= 1e4 || value < 1e-3 ? value.toExponential(0).replace("e+", "e") : String(value);
}

/**
 * @param {Scale} steps
 * @param {number} x
 * @param {number} width
 */
function scaleInverse(steps, x, width) {
  return (steps.high * (x - MARGIN.left)) / (width - MARGIN.right - MARGIN.left);
}
