// A chart of curves over steps: pale as a whole, full up to the frame that is shown; a click or drag chooses a frame.
import { getContext } from "./markers.js";
import { formatLoss, formatTick, logarithmicTicks, niceTicks } from "./scales.js";

/** @typedef {{name: string, steps: number[], values: number[]}} Curve */
/** @typedef {{ink: string, muted: string, hairline: string, accent: string, font: string}} CurveTheme */

const EDGES = { left: 56, right: 20, top: 8, bottom: 26 };
const MANY = 200;
const DECADES = 10;

export class CurveChart {
  /**
   * @param {HTMLElement} parent
   * @param {{title: string, percent: boolean, curves: Curve[]}} content
   * @param {(step: number) => void} onSeek
   */
  constructor(parent, content, onSeek) {
    this.curves = content.curves;
    this.percent = content.percent;
    this.last = Math.max(1, ...this.curves.map(({ steps }) => steps[steps.length - 1]));
    const figure = parent.appendChild(document.createElement("figure"));
    const caption = figure.appendChild(document.createElement("figcaption"));
    caption.textContent = content.title;
    this.readout = caption.appendChild(document.createElement("output"));
    this.canvas = figure.appendChild(document.createElement("canvas"));
    this.canvas.setAttribute("aria-hidden", "true");
    this.context = getContext(this.canvas);
    this.step = 0;
    const seek = (/** @type {PointerEvent} */ event) => onSeek(this.stepAt(event.offsetX));
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      seek(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) seek(event);
    });
    this.setScale();
  }

  /** The values' limits and ticks, logarithmic where they span decades. */
  setScale() {
    const values = this.curves.flatMap((curve) => curve.values).filter(Number.isFinite);
    const least = values.reduce((low, value) => Math.min(low, value), Infinity);
    const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
    this.logarithmic = !this.percent && least > 0 && most > DECADES * least;
    if (this.logarithmic) {
      this.low = least / 1.2;
      this.high = most * 1.2;
      this.ticks = logarithmicTicks(this.low, this.high);
    } else {
      this.low = 0;
      this.high = this.percent ? 1.04 : most * 1.08 || 1;
      this.ticks = this.percent ? [0, 0.5, 1] : niceTicks(0, this.high, 4, false);
    }
  }

  /** @param {CurveTheme} theme */
  resize(theme) {
    this.theme = theme;
    const density = window.devicePixelRatio || 1;
    // A canvas has its bitmap's size unless told otherwise; emptied first, it takes the size that the layout gives.
    this.canvas.width = this.canvas.height = 0;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * density);
    this.canvas.height = Math.round(this.height * density);
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.draw(this.step);
  }

  /** @param {number} step */
  draw(step) {
    this.step = step;
    const { context, theme, width = 0, height = 0 } = this;
    if (!theme || width === 0) return;
    context.clearRect(0, 0, width, height);
    context.font = theme.font;
    this.drawAxes(theme);
    const x = this.across(step);
    this.strokeLine([[x, EDGES.top], [x, height - EDGES.bottom]], theme.muted, 1, []);
    /** @type {string[]} */
    const said = [];
    this.curves.forEach((curve, index) => {
      const now = Math.max(0, curve.steps.findLastIndex((one) => one <= step));
      const path = curve.steps.map((one, place) => this.position(one, curve.values[place]));
      const dash = index === 0 ? [] : [6, 4];
      context.globalAlpha = 0.25;
      this.strokeLine(path, theme.ink, 1.5, dash);
      context.globalAlpha = 1;
      this.strokeLine(path.slice(0, now + 1), theme.ink, 2, dash);
      context.beginPath();
      context.arc(...path[now], 4, 0, 2 * Math.PI);
      context.fillStyle = theme.ink;
      context.fill();
      said.push(`${curve.name} ${this.format(curve.values[now])}`.trim());
    });
    this.readout.textContent = said.join("   ");
  }

  /** @param {CurveTheme} theme */
  drawAxes(theme) {
    const { context, width = 0, height = 0 } = this;
    context.fillStyle = theme.muted;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of this.ticks ?? []) {
      const y = Math.round(this.up(tick)) + 0.5;
      this.strokeLine([[EDGES.left, y], [width - EDGES.right, y]], theme.hairline, 1, []);
      context.fillText(this.percent ? `${100 * tick} %` : formatTick(tick), EDGES.left - 8, y);
    }
    context.textBaseline = "top";
    for (const tick of this.stepTicks()) {
      const x = Math.round(this.across(tick)) + 0.5;
      this.strokeLine([[x, EDGES.top], [x, height - EDGES.bottom]], theme.hairline, 1, []);
      context.textAlign = this.across(tick) > width - 40 ? "right" : "center";
      context.fillText(tick.toLocaleString("en"), context.textAlign === "right" ? width - 2 : x, height - EDGES.bottom + 8);
    }
  }

  stepTicks() {
    if (this.last <= MANY) return niceTicks(0, this.last, 4, true);
    return [0, ...logarithmicTicks(10, this.last).filter((tick) => Number.isInteger(Math.log10(tick)))];
  }

  /** @param {number} value */
  format(value) {
    return this.percent ? `${(100 * value).toFixed(1)} %` : formatLoss(value);
  }

  /** @param {number} step */
  scaled(step) {
    return this.last > MANY ? Math.log1p(step) / Math.log1p(this.last) : step / this.last;
  }

  /** @param {number} step */
  across(step) {
    return EDGES.left + ((this.width ?? 0) - EDGES.left - EDGES.right) * this.scaled(step);
  }

  /** @param {number} value */
  up(value) {
    const { low = 0, high = 1, height = 0 } = this;
    const share = this.logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return height - EDGES.bottom - (height - EDGES.bottom - EDGES.top) * share;
  }

  /**
   * @param {number} step
   * @param {number} value
   * @returns {[number, number]}
   */
  position(step, value) {
    return [this.across(step), this.up(value)];
  }

  /** @param {number} x */
  stepAt(x) {
    const share = Math.min(Math.max((x - EDGES.left) / ((this.width ?? 1) - EDGES.left - EDGES.right), 0), 1);
    return this.last > MANY ? Math.expm1(share * Math.log1p(this.last)) : share * this.last;
  }

  /**
   * @param {[number, number][]} path
   * @param {string} colour
   * @param {number} width
   * @param {number[]} dash
   */
  strokeLine(path, colour, width, dash) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.setLineDash(dash);
    context.beginPath();
    for (const [x, y] of path) context.lineTo(x, y);
    context.stroke();
    context.setLineDash([]);
  }
}
