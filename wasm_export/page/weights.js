// The weights of a network: their names and shapes, and new ones drawn from a seed.
import { Random } from "./random.js";

/** @typedef {Map<string, Float32Array>} Weights By the names of the Program's inputs: `params.0.W`, `params.0.b`, … */

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
 * The weights in an array of all of them, one after the other.
 * @param {Float32Array} flat
 * @param {number[]} widths
 * @returns {Weights}
 */
export function splitWeights(flat, widths) {
  let start = 0;
  return new Map(
    weightShapes(widths).map(({ name, shape }) => {
      const end = start + countNumbers(shape);
      const values = flat.slice(start, end);
      start = end;
      return [name, values];
    }),
  );
}

/** @param {number[]} shape */
export function countNumbers(shape) {
  return shape.reduce((product, size) => product * size, 1);
}
