// Data sets: labelled points in the plane, drawn from a seed, and the window of the plane that shows them.
// The formulas, and what noise means in each, are those of minigrad/data.py; the random numbers are not.
import { Random } from "./random.js";

/** @typedef {{x: number, y: number, label: number, test: boolean}} Point */
/** @typedef {{x0: number, x1: number, y0: number, y1: number}} Frame */
/** @typedef {{classes: number, points: number, noise: number, rotation: number, sample: number}} Recipe */
/** @typedef {(label: number, position: number, recipe: Recipe, random: Random) => number[]} DrawPoint */

/**
 * Each kind draws one point [x, y] of a class; `position` runs from 0 to 1 over the class.
 * @type {Record<string, {title: string, noise: number, draw: DrawPoint}>}
 */
export const DATASET_KINDS = {
  spiral: { title: "Spiral", noise: 0.25, draw: drawSpiral },
  circles: { title: "Circles", noise: 0.05, draw: drawCircles },
  moons: { title: "Moons", noise: 0.05, draw: drawMoons },
  xor: { title: "XOR", noise: 0.05, draw: drawXor },
  blobs: { title: "Blobs", noise: 0.15, draw: drawBlobs },
};

/**
 * Arms that turn by `rotation` radians on their way out; the noise is an angle.
 * @type {DrawPoint}
 */
function drawSpiral(label, position, { classes, rotation, noise }, random) {
  return polar(position, (2 * Math.PI * label) / classes + rotation * position + noise * random.normal());
}

/**
 * Rings around the centre; the noise is along the radius.
 * @type {DrawPoint}
 */
function drawCircles(label, _position, { classes, noise }, random) {
  const angle = 2 * Math.PI * random.uniform();
  return polar((label + 1) / classes + noise * random.normal(), angle);
}

/**
 * Half circles in a row, open downwards and upwards in turn, each reaching into the next.
 * @type {DrawPoint}
 */
function drawMoons(label, _position, { classes, noise }, random) {
  const angle = Math.PI * random.uniform();
  const middle = 0.6 * (classes - 1);
  const x = Math.cos(angle) + 1.2 * label - middle;
  const y = (label % 2 === 0 ? 1 : -1) * (Math.sin(angle) - 0.25);
  return [x / (1 + middle) + noise * random.normal(), y / (1 + middle) + noise * random.normal()];
}

/**
 * A chequerboard of classes × classes cells: cell (i, k) holds class (i + k) mod classes.
 * @type {DrawPoint}
 */
function drawXor(label, _position, { classes, noise }, random) {
  const column = Math.floor(classes * random.uniform());
  const row = (label - column + classes) % classes;
  return [column, row].map((cell) => (2 * (cell + random.uniform())) / classes - 1 + noise * random.normal());
}

/**
 * Gaussian clouds on a circle.
 * @type {DrawPoint}
 */
function drawBlobs(label, _position, { classes, noise }, random) {
  const centre = polar(0.7, (2 * Math.PI * label) / classes);
  return centre.map((coordinate) => coordinate + noise * random.normal());
}

/**
 * Angles are measured from the y axis.
 * @param {number} radius
 * @param {number} angle
 */
function polar(radius, angle) {
  return [radius * Math.sin(angle), radius * Math.cos(angle)];
}

/**
 * All points of a data set, shared out among the classes as evenly as they go.
 * @param {string} kind
 * @param {Recipe} recipe
 * @returns {Point[]}
 */
export function drawDataset(kind, recipe) {
  const random = new Random(recipe.sample);
  const points = [];
  for (let label = 0; label < recipe.classes; label++) {
    const count = Math.floor((recipe.points + recipe.classes - 1 - label) / recipe.classes);
    for (let index = 0; index < count; index++) {
      const position = count > 1 ? index / (count - 1) : 0;
      const [x, y] = DATASET_KINDS[kind].draw(label, position, recipe, random).map(Math.fround);
      points.push({ x, y, label, test: false });
    }
  }
  return points;
}

/**
 * How many of so many points a share holds out; at least one is left for training. A half is rounded to the even number,
 * as Python does.
 * @param {number} points
 * @param {number} share
 */
export function countTested(points, share) {
  const below = Math.floor(points * share);
  const rest = points * share - below;
  const held = rest === 0.5 ? below + (below % 2) : Math.round(points * share);
  return Math.min(held, points - 1);
}

/**
 * The same points, a random share of them held out to test.
 * @param {Point[]} points
 * @param {number} share
 * @param {number} seed
 */
export function splitPoints(points, share, seed) {
  const shuffled = new Random(seed ^ 0x5bd1e995).shuffle([...points.keys()]);
  const chosen = new Set(shuffled.slice(0, countTested(points.length, share)));
  return points.map((point, index) => ({ ...point, test: chosen.has(index) }));
}

/**
 * The square window that shows all points with a margin.
 * @param {Point[]} points
 * @returns {Frame}
 */
export function frameAround(points) {
  const [left, right] = extent(points.map((point) => point.x));
  const [bottom, top] = extent(points.map((point) => point.y));
  const half = 0.56 * Math.max(right - left, top - bottom) || 1;
  const [x, y] = [(left + right) / 2, (bottom + top) / 2];
  return { x0: x - half, x1: x + half, y0: y - half, y1: y + half };
}

/** @param {number[]} values */
function extent(values) {
  return [
    values.reduce((least, value) => Math.min(least, value), Infinity),
    values.reduce((greatest, value) => Math.max(greatest, value), -Infinity),
  ];
}
