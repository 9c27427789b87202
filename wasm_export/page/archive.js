// What the exporter put into the file: the run (points, weights, losses) and the archive (modules and their texts).

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./history.js").HistoryEntry} HistoryEntry */
/** @typedef {import("./weights.js").Weights} Weights */
import { CompiledModule } from "./runtime.js";
import { weightShapes } from "./weights.js";

/**
 * The exported run as it stands in the file; arrays are base64 of little-endian bytes.
 * @typedef {{
 *   widths: number[], dtype: string, bias: number, steps: number, palette: string[], settings: Settings,
 *   datasets: Record<string, string>, architectures: Record<string, {title: string, activation: string, layers: number}>,
 *   points: string, labels: string, tested: number, initial: string, final: string, losses: [number, number][],
 *   methods: Record<string, string>, exact: boolean,
 * }} RunText
 */
/** @typedef {{program: string, fused: string, loops: string, wat: string}} FunctionTexts */

/** @param {string} base64 */
export function decodeBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** @param {string} base64 */
function decodeFloats(base64) {
  return new Float32Array(decodeBase64(base64).buffer);
}

/** @param {Uint8Array} bytes */
export function encodeBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/**
 * The exported run with its arrays decoded.
 * @param {RunText} text
 */
export function decodeRun(text) {
  const coordinates = decodeFloats(text.points);
  const labels = decodeBase64(text.labels);
  const trained = labels.length - text.tested;
  /** @type {Point[]} */
  const points = Array.from(labels, (label, index) => {
    return { x: coordinates[2 * index], y: coordinates[2 * index + 1], label, test: index >= trained };
  });
  return {
    ...text,
    points,
    initial: splitWeights(decodeFloats(text.initial), text.widths),
    final: splitWeights(decodeFloats(text.final), text.widths),
    losses: text.losses.map(([step, train]) => /** @type {HistoryEntry} */ ({ step, train, test: null })),
  };
}

/** @typedef {ReturnType<typeof decodeRun>} Run */

/**
 * @param {Float32Array} flat
 * @param {number[]} widths
 * @returns {Weights}
 */
function splitWeights(flat, widths) {
  let start = 0;
  return new Map(
    weightShapes(widths).map(({ name, shape }) => {
      const end = start + shape.reduce((product, size) => product * size, 1);
      const values = flat.slice(start, end);
      start = end;
      return [name, values];
    }),
  );
}

/** The compiled modules, inflated together and instantiated when they are first asked for. */
export class Archive {
  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {{modules: Record<string, [number, number]>, texts: Record<string, FunctionTexts>}} index
   */
  constructor(bytes, index) {
    this.bytes = bytes;
    this.index = index;
    /** @type {Map<string, Promise<CompiledModule>>} */
    this.opened = new Map();
  }

  /**
   * An archive is a zlib stream of the index's length (4 bytes), the index as JSON, then the modules.
   * @param {string} base64
   */
  static async open(base64) {
    const stream = new Blob([decodeBase64(base64)]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    const start = 4 + new DataView(buffer).getUint32(0, true);
    const index = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, start - 4)));
    return new Archive(new Uint8Array(buffer, start), index);
  }

  /**
   * The module of a network: the one made for this number of classes where there is one.
   * @param {string} network
   * @param {number} classes
   */
  open(network, classes) {
    const special = `${network}-${classes}`;
    const key = Object.hasOwn(this.index.modules, special) ? special : network;
    const known = this.opened.get(key);
    if (known) return known;
    if (!Object.hasOwn(this.index.modules, key)) throw new Error(`this page has no module ${key}`);
    const opening = CompiledModule.open(this.bytes.subarray(...this.index.modules[key]));
    this.opened.set(key, opening);
    return opening;
  }
}
