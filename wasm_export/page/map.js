// The map: the painted plane on one canvas, and over it, at the screen's own resolution, points and hinge lines.
import { clampNumber } from "./settings.js";
import { getContext, markerRadius, Markers } from "./markers.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./datasets.js").Frame} Frame */
/** @typedef {import("./markers.js").Theme} Theme */
/** @typedef {{a: number, b: number, c: number}} Line The points where a·x + b·y + c = 0. */

export class MapView {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLCanvasElement} overlay
   */
  constructor(canvas, overlay) {
    this.canvas = canvas;
    this.overlay = overlay;
    this.context = getContext(canvas);
    this.overlayContext = getContext(overlay);
    /** @type {Frame} */
    this.frame = { x0: -1, x1: 1, y0: -1, y1: 1 };
    /** @type {Markers | null} */
    this.markers = null;
    this.side = 0;
    this.density = 1;
  }

  /**
   * Takes the size that the page's layout gives; markers are drawn anew for it.
   * @param {Theme} theme
   */
  resize(theme) {
    this.side = this.overlay.clientWidth;
    this.density = window.devicePixelRatio || 1;
    this.overlay.width = this.overlay.height = Math.round(this.side * this.density);
    this.markers = null;
    this.theme = theme;
  }

  /** The number of device pixels along a side. */
  get resolution() {
    return this.overlay.width;
  }

  /**
   * @param {Uint8ClampedArray} rgba [side, side, 4]
   * @param {number} side
   */
  showPixels(rgba, side) {
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const pixels = /** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba);
    this.context.putImageData(new ImageData(pixels, side, side), 0, 0);
  }

  /**
   * @param {Point[]} points
   * @param {ArrayLike<number>} predicted the class of each point; nothing is ringed where it is missing
   * @param {Line[]} hinges
   * @param {number} highlighted the hinge that stands out, or -1
   */
  drawOverlay(points, predicted, hinges, highlighted) {
    const { overlayContext: context, overlay, density } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, overlay.width, overlay.height);
    context.setTransform(density, 0, 0, density, 0, 0);
    this.drawHinges(hinges, highlighted);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const markers = this.markersFor(points.length);
    if (markers) points.forEach((point, index) => this.stamp(markers, point, predicted[index]));
  }

  /** @param {number} points how many there are */
  markersFor(points) {
    const radius = markerRadius(this.side, points);
    if (this.theme && this.markers?.radius !== radius) this.markers = new Markers(this.theme, radius, this.density);
    return this.markers;
  }

  /**
   * @param {Markers} markers
   * @param {Point} point
   * @param {number | undefined} predicted
   */
  stamp(markers, point, predicted) {
    const [x, y] = this.toScreen(point.x, point.y).map((value) => value * this.density);
    const pictures = [markers.point(point.label, point.test)];
    if (predicted !== undefined && predicted !== point.label) pictures.push(markers.ring());
    for (const picture of pictures) {
      this.overlayContext.drawImage(picture, Math.round(x - picture.width / 2), Math.round(y - picture.height / 2));
    }
  }

  /**
   * @param {Line[]} hinges
   * @param {number} highlighted
   */
  drawHinges(hinges, highlighted) {
    const context = this.overlayContext;
    context.strokeStyle = this.theme?.ink ?? "";
    hinges.forEach((line, index) => {
      const ends = clipLine(line, this.frame);
      if (!ends) return;
      context.globalAlpha = index === highlighted ? 1 : 0.28;
      context.lineWidth = index === highlighted ? 2.5 : 1;
      context.beginPath();
      for (const [x, y] of ends) context.lineTo(...this.toScreen(x, y));
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  /**
   * CSS pixels from the canvas's top left.
   * @param {number} x
   * @param {number} y
   * @returns {[number, number]}
   */
  toScreen(x, y) {
    const { x0, x1, y0, y1 } = this.frame;
    return [(this.side * (x - x0)) / (x1 - x0), (this.side * (y1 - y)) / (y1 - y0)];
  }

  /**
   * The point of the plane under the pointer, kept inside the map.
   * @param {{clientX: number, clientY: number}} event
   */
  toPlane(event) {
    const { x0, x1, y0, y1 } = this.frame;
    const box = this.overlay.getBoundingClientRect();
    const across = clampNumber((event.clientX - box.left) / box.width, 0, 1);
    const down = clampNumber((event.clientY - box.top) / box.height, 0, 1);
    return { x: Math.fround(x0 + (x1 - x0) * across), y: Math.fround(y1 - (y1 - y0) * down) };
  }

  /**
   * The index of the point nearest to the pointer within `reach` CSS pixels, or -1.
   * @param {Point[]} points
   * @param {{x: number, y: number}} place
   * @param {number} reach
   */
  nearestPoint(points, place, reach) {
    const [left, top] = this.toScreen(place.x, place.y);
    let best = -1;
    let bestDistance = reach;
    points.forEach((point, index) => {
      const [x, y] = this.toScreen(point.x, point.y);
      const distance = Math.hypot(x - left, y - top);
      if (distance > bestDistance) return;
      bestDistance = distance;
      best = index;
    });
    return best;
  }

  /** The map and what lies over it as one picture. */
  compose() {
    const picture = document.createElement("canvas");
    picture.width = picture.height = this.overlay.width;
    const context = getContext(picture);
    context.drawImage(this.canvas, 0, 0, picture.width, picture.height);
    context.drawImage(this.overlay, 0, 0);
    return picture;
  }
}

/**
 * The line where each unit of the first hidden layer crosses zero: there a ReLU bends.
 * @param {Float32Array} weights [2, h]
 * @param {Float32Array} biases [h]
 * @returns {Line[]}
 */
export function hingeLines(weights, biases) {
  return Array.from(biases, (c, unit) => ({ a: weights[unit], b: weights[biases.length + unit], c }));
}

/**
 * The two ends of a line within the frame, or null if it passes by.
 * @param {Line} line
 * @param {Frame} frame
 */
export function clipLine({ a, b, c }, { x0, x1, y0, y1 }) {
  /** @type {[number, number][]} */
  const ends = [];
  if (Math.abs(b) > Math.abs(a)) {
    for (const x of [x0, x1]) ends.push([x, -(a * x + c) / b]);
  } else if (a !== 0) {
    for (const y of [y0, y1]) ends.push([-(b * y + c) / a, y]);
  }
  const inside = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number[]} */ values) =>
    Math.max(...values) >= low && Math.min(...values) <= high;
  const crosses = ends.length === 2 && inside(x0, x1, ends.map(([x]) => x)) && inside(y0, y1, ends.map(([, y]) => y));
  return crosses ? ends : null;
}
