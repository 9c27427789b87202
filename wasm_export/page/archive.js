// What the exporter put into the file: parts with names, and among them the run.
import { inflate } from "./bytes.js";
import { splitWeights } from "./weights.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./history.js").HistoryEntry} HistoryEntry */

/** @typedef {{title: string, units: string, activation: string, layers: number}} Architecture */
/**
 * What the file says about the run, beside its arrays.
 * @typedef {{
 *   widths: number[], dtype: string, bias: number, steps: number, palette: string[], settings: Settings,
 *   datasets: Record<string, string>, architectures: Record<string, Architecture>,
 *   tested: number, methods: Record<string, string>, exact: boolean, headings: Record<string, string>, lede: string[],
 *   state: string[], names: string[],
 * }} RunFacts
 */

/** Bytes in named parts: the length of an index (4 bytes), the index as JSON, then the parts that it names. */
export class Container {
  /** @param {Uint8Array<ArrayBuffer>} bytes */
  constructor(bytes) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    this.parts = bytes.subarray(4 + length);
    /** @type {Record<string, [number, number]>} */
    this.index = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  }

  /**
   * The container in the text of a deflated one.
   * @param {string} base64
   */
  static async open(base64) {
    return new Container(new Uint8Array(await inflate(base64).arrayBuffer()));
  }

  /** @param {string} name */
  has(name) {
    return Object.hasOwn(this.index, name);
  }

  /**
   * A copy of a part, so that arrays of any type can lie in it.
   * @param {string} name
   */
  bytes(name) {
    return this.parts.slice(...this.index[name]);
  }

  /** @param {string} name */
  floats(name) {
    return new Float32Array(this.bytes(name).buffer);
  }

  /** @param {string} name */
  json(name) {
    return JSON.parse(new TextDecoder().decode(this.bytes(name)));
  }
}

/**
 * The exported run with its arrays.
 * @param {Container} container
 */
export function readRun(container) {
  /** @type {RunFacts} */
  const facts = container.json("run");
  const coordinates = container.floats("points");
  const labels = container.bytes("labels");
  const trained = labels.length - facts.tested;
  /** @type {Point[]} */
  const points = Array.from(labels, (label, index) => {
    return { x: coordinates[2 * index], y: coordinates[2 * index + 1], label, test: index >= trained };
  });
  const losses = container.floats("losses");
  const steps = new Int32Array(container.bytes("steps").buffer);
  return {
    ...facts,
    points,
    initial: splitWeights(container.floats("initial"), facts.widths),
    final: splitWeights(container.floats("final"), facts.widths),
    state: new Map(facts.state.map((name) => [name, container.floats(`state.${name}`)])),
    losses: Array.from(steps, (step, index) => /** @type {HistoryEntry} */ ({ step, train: losses[index], test: null })),
  };
}

/** @typedef {ReturnType<typeof readRun>} Run */
