// A network as a file: written as JSON that Python loads, read from JSON that Python wrote.
import { shortFloat } from "./csv.js";
import { countNumbers, splitWeights, weightShapes } from "./weights.js";

/** @typedef {import("./weights.js").Weights} Weights */
/**
 * What an optimiser remembers, by name: a number for each of the weights, one after the other, or a single number.
 * @typedef {Map<string, Float32Array>} MethodState
 */
/** @typedef {{name: string, state: MethodState}} Method */
/** @typedef {{widths: number[], activation: string, step: number}} NetworkFacts */

const WEIGHTS_FORMAT = 1;

/**
 * The JSON text, as minigrad/weights.py reads it; each float32 comes back to the bit. An optimiser is written where it
 * remembers something that JSON can hold.
 * @param {Weights} weights
 * @param {NetworkFacts} facts
 * @param {Method} method
 */
export function formatWeights(weights, { widths, activation, step }, { name, state }) {
  const head = JSON.stringify({ format: WEIGHTS_FORMAT, activation, widths, step });
  const params = `"params": ${formatArrays(weights, widths, "params")}`;
  const finite = [...state.values()].every((values) => values.every(Number.isFinite));
  if (state.size === 0 || !finite) return `${head.slice(0, -1)}, ${params}}\n`;
  const parts = [...state].map(([key, values]) => {
    if (values.length === 1) return formatArray(`state.${key}`, [], values);
    return formatArrays(splitWeights(values, widths), widths, `state.${key}`).slice(1, -1);
  });
  return `${head.slice(0, -1)}, ${params}, "optimizer": {"name": "${name}", "state": {${parts.join(", ")}}}}\n`;
}

/**
 * @param {Weights} weights
 * @param {number[]} widths
 * @param {string} prefix instead of "params"
 */
function formatArrays(weights, widths, prefix) {
  const arrays = weightShapes(widths).map(({ name, shape }) =>
    formatArray(name.replace("params", prefix), shape, /** @type {Float32Array} */ (weights.get(name))),
  );
  return `{${arrays.join(", ")}}`;
}

/**
 * @param {string} name
 * @param {number[]} shape
 * @param {Float32Array} values
 */
function formatArray(name, shape, values) {
  return `"${name}": {"shape": ${JSON.stringify(shape)}, "data": [${Array.from(values, formatFloat).join(", ")}]}`;
}

/** @param {number} value */
function formatFloat(value) {
  return Object.is(value, -0) ? "-0.0" : String(shortFloat(value));
}

/**
 * The weights of a JSON text. What is wrong with it is named, and nothing of it is used.
 * @param {string} text
 * @returns {NetworkFacts & {weights: Weights, method: Method | null}}
 */
export function parseWeights(text) {
  const { format, widths, activation, params, step, optimizer } = parseObject(text);
  if (format !== WEIGHTS_FORMAT || typeof params !== "object" || params === null) {
    throw new Error(`the file does not hold weights: format ${WEIGHTS_FORMAT}, activation, widths and params are expected`);
  }
  if (!Array.isArray(widths) || widths.length < 2 || !widths.every((width) => Number.isInteger(width) && width > 0)) {
    throw new Error("widths must list the sizes of the layers, such as [2, 100, 3]");
  }
  if (typeof activation !== "string") throw new Error('activation must be a name, such as "relu"');
  const shapes = weightShapes(widths);
  const weights = new Map(shapes.map(({ name, shape }) => [name, parseArray(name, shape, params[name])]));
  const method = optimizer === undefined ? null : parseMethod(optimizer, shapes);
  return { widths, activation, step: Number.isInteger(step) && step > 0 ? step : 0, weights, method };
}

/**
 * @param {unknown} optimizer
 * @param {ReturnType<typeof weightShapes>} shapes
 * @returns {Method}
 */
function parseMethod(optimizer, shapes) {
  const { name, state } = Object(optimizer);
  if (typeof name !== "string" || typeof state !== "object" || state === null) {
    throw new Error("optimizer must have a name and a state");
  }
  const keys = [...new Set(Object.keys(state).map((path) => path.split(".")[1]))];
  return { name, state: new Map(keys.map((key) => [key, parseState(`state.${key}`, shapes, state)])) };
}

/**
 * @param {string} prefix
 * @param {ReturnType<typeof weightShapes>} shapes
 * @param {Record<string, unknown>} state
 */
function parseState(prefix, shapes, state) {
  if (Object.hasOwn(state, prefix)) return parseArray(prefix, [], state[prefix]);
  const parts = shapes.map(({ name, shape }) => {
    const path = name.replace("params", prefix);
    return [...parseArray(path, shape, state[path])];
  });
  return Float32Array.from(parts.flat());
}

/** @param {string} text */
function parseObject(text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error("the file is not JSON");
  }
  if (typeof data !== "object" || data === null) throw new Error("the file holds no JSON object");
  return data;
}

/**
 * @param {string} name
 * @param {number[]} shape
 * @param {unknown} entry
 */
function parseArray(name, shape, entry) {
  const { shape: given, data } = Object(entry);
  const count = countNumbers(shape);
  if (JSON.stringify(given) !== JSON.stringify(shape) || !Array.isArray(data) || data.length !== count) {
    throw new Error(`${name} must have shape [${shape.join(", ")}] and ${count} numbers`);
  }
  const values = Float32Array.from(data, (value) => (typeof value === "number" ? value : NaN));
  if (!values.every(Number.isFinite)) throw new Error(`${name} holds what is not a finite number`);
  return values;
}
