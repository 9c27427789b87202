// The border: where the most likely class changes between the samples of a grid, as a net of short lines.
import { getContext } from "./markers.js";

const SMOOTHINGS = 6;

/** @typedef {{x: number, y: number, links: Knot[]}} Knot A point of the net, in samples from the top left. */
/** @typedef {{knots: Knot[], lines: [Knot, Knot][]}} Net */

/**
 * Lines along the pixels' edges between samples of different classes; then each knot is drawn towards the middle of
 * those that it is linked to, which turns stairs into slopes.
 * @param {ArrayLike<number>} classes [side, side], row by row from the top
 * @param {number} side
 * @returns {Net}
 */
export function borderNet(classes, side) {
  /** @type {Map<number, Knot>} */
  const knots = new Map();
  const knotAt = (/** @type {number} */ column, /** @type {number} */ row) => {
    const key = row * (side + 1) + column;
    const known = knots.get(key);
    if (known) return known;
    /** @type {Knot} */
    const knot = { x: column, y: row, links: [] };
    knots.set(key, knot);
    return knot;
  };
  /** @type {[Knot, Knot][]} */
  const lines = [];
  const link = (/** @type {Knot} */ one, /** @type {Knot} */ other) => {
    one.links.push(other);
    other.links.push(one);
    lines.push([one, other]);
  };
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const here = classes[row * side + column];
      const changesAcross = column + 1 < side && here !== classes[row * side + column + 1];
      const changesDown = row + 1 < side && here !== classes[(row + 1) * side + column];
      if (changesAcross) link(knotAt(column + 1, row), knotAt(column + 1, row + 1));
      if (changesDown) link(knotAt(column, row + 1), knotAt(column + 1, row + 1));
    }
  }
  const net = { knots: [...knots.values()], lines };
  for (let round = 0; round < SMOOTHINGS; round++) smooth(net.knots);
  return net;
}

/** @param {Knot[]} knots */
function smooth(knots) {
  const places = knots.map(({ x, y, links }) => {
    if (links.length < 2) return [x, y];
    const middle = (/** @type {"x" | "y"} */ axis) => links.reduce((sum, knot) => sum + knot[axis], 0) / links.length;
    return [(x + middle("x")) / 2, (y + middle("y")) / 2];
  });
  knots.forEach((knot, index) => ([knot.x, knot.y] = places[index]));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Net} net
 * @param {number} side samples along a side
 * @param {number} width in pixels of the canvas
 * @param {string} colour
 */
export function drawBorder(canvas, net, side, width, colour) {
  const context = getContext(canvas);
  const scale = canvas.width / side;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.beginPath();
  for (const [one, other] of net.lines) {
    context.moveTo(one.x * scale, one.y * scale);
    context.lineTo(other.x * scale, other.y * scale);
  }
  context.stroke();
}
