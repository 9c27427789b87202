// Points as text: `x,y,label` lines in and out. What cannot be read is named by its line, and nothing is kept of it.

/** @typedef {import("./datasets.js").Point} Point */

export const MOST_POINTS = 5000;
export const MOST_CLASSES = 6;

/** Numbers as `minigrad/points.py` reads them: other things that JavaScript takes for numbers are names. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const LABEL = /^\d{1,4}(\.0*)?$/;

/**
 * The points of a pasted text, and whether it calls classes by their names. A line is split at its commas; where it has
 * none, at its semicolons, else at its tabs, else at its spaces. A first line of words is a heading. Labels are 0 … 5, or
 * the names of the classes.
 * @param {string} text
 * @param {string[]} names
 */
export function parsePoints(text, names = []) {
  /** @type {Point[]} */
  const points = [];
  let named = false;
  let first = true;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (!line.trim()) continue;
    const fields = splitFields(line.trim());
    const heading = first && !fields.some((field) => NUMBER.test(field));
    first = false;
    if (heading) continue;
    points.push(parsePointFields(fields, index + 1, names));
    named ||= names.includes(fields[2]);
    if (points.length > MOST_POINTS) throw new Error(`line ${index + 1}: at most ${MOST_POINTS} points`);
  }
  if (points.length === 0) throw new Error("no points: give one x,y,label per line");
  return { points, named };
}

/** @param {string} line */
function splitFields(line) {
  const separator = [",", ";", "\t"].find((character) => line.includes(character)) ?? /\s+/;
  return line.split(separator).map((field) => field.trim());
}

/**
 * @param {string[]} fields
 * @param {number} line
 * @param {string[]} names
 * @returns {Point}
 */
function parsePointFields(fields, line, names) {
  if (fields.length !== 3) throw new Error(`line ${line}: expected x,y,label, found ${fields.length} values`);
  const [x, y] = fields.slice(0, 2).map((field) => parseCoordinate(field, line));
  const label = LABEL.test(fields[2]) ? Number(fields[2]) : names.indexOf(fields[2]);
  if (label < 0 || label >= MOST_CLASSES) {
    const known = names.length ? `, nor one of ${names.join(", ")}` : "";
    const range = `a whole number from 0 to ${MOST_CLASSES - 1}`;
    throw new Error(`line ${line}: the label is ${quote(fields[2])}, not ${range}${known}`);
  }
  return { x, y, label, test: false };
}

/**
 * @param {string} field
 * @param {number} line
 */
function parseCoordinate(field, line) {
  const value = Math.fround(Number(field));
  if (!NUMBER.test(field)) throw new Error(`line ${line}: ${quote(field)} is not a number`);
  if (Math.abs(value) > 1e6) throw new Error(`line ${line}: ${quote(field)} is beyond ±1000000`);
  return value;
}

/** @param {string} field */
function quote(field) {
  return `“${field.slice(0, 20)}”`;
}

/**
 * The text of points, which `parsePoints` reads back. A class without a name, or with one that a line cannot hold, is
 * called by its number.
 * @param {Point[]} points
 * @param {string[]} names
 */
export function formatPoints(points, names = []) {
  const labels = names.map((name, label) => (name.includes(",") || NUMBER.test(name) ? label : name));
  const lines = points.map(({ x, y, label }) => `${shortFloat(x)},${shortFloat(y)},${labels[label] ?? label}`);
  return ["x,y,label", ...lines].join("\n");
}

/**
 * The number with the fewest digits that gives back the same float32; nine always do.
 * @param {number} value
 */
export function shortFloat(value) {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
