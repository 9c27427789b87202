// The weights of a network: drawn from a seed, written as JSON that Python loads, read from JSON that Python wrote.
import { shortFloat } from "./csv.js";
import { Random } from "./random.js";

/** @typedef {Map<string, Float32Array>} Weights By the names of the Program's inputs: `params.0.W`, `params.0.b`, … */
const WEIGHTS_FORMAT = 1;

/** @typedef {{widths: number[], activation: string}} Architecture */

/**
 * The names and shapes of a network's weights, in the order of the Program.
 * @param {number[]} widths
 */
export function weightShapes(widths) {
  return widths.slice(1).flatMap((width, layer) => [
    { name: `params.${layer}.W`, shape: [widths[layer], width] },
    { name: `params.${layer}.b`, shape: [width] },
  ]);
}

/**
 * New weights, by the rules of minigrad/nn.py: "normal" (times `scale`), "he" (normal, √(2/in)), "xavier" (uniform
 * within √(6/(in + out))). Biases are zero, or normal times `bias`.
 * @param {number[]} widths
 * @param {{init: string, scale: number, bias: number, seed: number}} rule
 * @returns {Weights}
 */
export function drawWeights(widths, { init, scale, bias, seed }) {
  const random = new Random(seed);
  return new Map(
    weightShapes(widths).map(({ name, shape }) => {
      const [inputs, outputs] = shape;
      if (outputs === undefined) return [name, Float32Array.from({ length: inputs }, () => bias && bias * random.normal())];
      const draw = weightDraw(init, scale, inputs, outputs, random);
      return [name, Float32Array.from({ length: inputs * outputs }, draw)];
    }),
  );
}

/**
 * @param {string} init
 * @param {number} scale
 * @param {number} inputs
 * @param {number} outputs
 * @param {Random} random
 */
function weightDraw(init, scale, inputs, outputs, random) {
  if (init === "xavier") {
    const bound = Math.sqrt(6 / (inputs + outputs));
    return () => bound * (2 * random.uniform() - 1);
  }
  const deviation = init === "he" ? Math.sqrt(2 / inputs) : scale;
  return () => deviation * random.normal();
}

/** @param {Weights} weights */
export function copyWeights(weights) {
  return new Map([...weights].map(([name, values]) => [name, values.slice()]));
}

/**
 * The JSON text, as minigrad/weights.py reads it; each float32 comes back to the bit.
 * @param {Weights} weights
 * @param {Architecture & {step: number}} about
 */
export function formatWeights(weights, { widths, activation, step }) {
  const params = weightShapes(widths).map(({ name, shape }) => {
    const data = Array.from(/** @type {Float32Array} */ (weights.get(name)), formatFloat);
    return `"${name}": {"shape": ${JSON.stringify(shape)}, "data": [${data.join(", ")}]}`;
  });
  const head = JSON.stringify({ format: WEIGHTS_FORMAT, activation, widths, step });
  return `${head.slice(0, -1)}, "params": {${params.join(", ")}}}\n`;
}

/** @param {number} value */
function formatFloat(value) {
  return Object.is(value, -0) ? "-0.0" : String(shortFloat(value));
}

/**
 * The weights of a JSON text. What is wrong with it is named, and nothing of it is used.
 * @param {string} text
 * @returns {Architecture & {step: number, weights: Weights}}
 */
export function parseWeights(text) {
  const { format, widths, activation, params, step } = parseObject(text);
  if (format !== WEIGHTS_FORMAT || typeof params !== "object" || params === null) {
    throw new Error(`the file does not hold weights: format ${WEIGHTS_FORMAT}, activation, widths and params are expected`);
  }
  if (!Array.isArray(widths) || widths.length < 2 || !widths.every((width) => Number.isInteger(width) && width > 0)) {
    throw new Error("widths must list the sizes of the layers, such as [2, 100, 3]");
  }
  if (typeof activation !== "string") throw new Error('activation must be a name, such as "relu"');
  const shapes = weightShapes(widths);
  const weights = new Map(shapes.map(({ name, shape }) => [name, parseArray(name, shape, params[name])]));
  return { widths, activation, step: Number.isInteger(step) && step > 0 ? step : 0, weights };
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
  const count = shape.reduce((product, size) => product * size, 1);
  if (JSON.stringify(given) !== JSON.stringify(shape) || !Array.isArray(data) || data.length !== count) {
    throw new Error(`${name} must have shape [${shape.join(", ")}] and ${count} numbers`);
  }
  const values = Float32Array.from(data, (value) => (typeof value === "number" ? value : NaN));
  if (!values.every(Number.isFinite)) throw new Error(`${name} holds what is not a finite number`);
  return values;
}
