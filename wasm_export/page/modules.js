// The modules: that of the run's own network, which is needed at first sight, and the others, which are packed more
// tightly, with the forms of all functions that led to them.
import { Container } from "./archive.js";
import { decodeBase64 } from "./bytes.js";
import { decodeLzma } from "./lzma.js";
import { CompiledModule } from "./runtime.js";

/** @typedef {import("./binary.js").FunctionNames} FunctionNames */
/** @typedef {import("./immediates.js").Opcodes} Opcodes */
/** The forms of a function before it became bytes. @typedef {{program: string, fused: string, loops: string}} Forms */

/** The compiled modules, each unpacked and instantiated when it is first asked for. */
export class Modules {
  /**
   * @param {Container} first
   * @param {string} packed the base64 of the rest: the size of a container (4 bytes), then the container in LZMA
   */
  constructor(first, packed) {
    this.first = first;
    this.packed = packed;
    /** @type {Container | null} */
    this.unpacked = null;
    /** @type {Map<string, Promise<CompiledModule>>} */
    this.opened = new Map();
    /** @type {Map<string, any>} */
    this.parsed = new Map();
  }

  get rest() {
    if (!this.unpacked) {
      const bytes = decodeBase64(this.packed);
      const size = new DataView(bytes.buffer).getUint32(0, true);
      this.unpacked = new Container(decodeLzma(bytes.subarray(4), size));
    }
    return this.unpacked;
  }

  /**
   * The name of a network's module: the one made for this number of classes where there is one.
   * @param {string} network
   * @param {number} classes
   */
  keyOf(network, classes) {
    const special = `${network}-${classes}`;
    return this.first.has(special) ? special : network;
  }

  /** @param {string} key */
  moduleBytes(key) {
    return (this.first.has(key) ? this.first : this.rest).bytes(key);
  }

  /** @param {string} key */
  open(key) {
    const opening = this.opened.get(key) ?? CompiledModule.open(this.moduleBytes(key));
    this.opened.set(key, opening);
    return opening;
  }

  /**
   * A part of the rest that is JSON; parsed once, since the forms are hundreds of kilobytes.
   * @param {string} name
   */
  json(name) {
    if (!this.parsed.has(name)) this.parsed.set(name, this.rest.json(name));
    return this.parsed.get(name);
  }

  /**
   * The forms of a module's functions, by the function's name.
   * @param {string} key
   * @returns {Record<string, Forms>}
   */
  forms(key) {
    return this.json("forms")[key];
  }

  /**
   * What a module's functions and their parts are called.
   * @param {string} key
   * @returns {FunctionNames[]}
   */
  names(key) {
    return this.json("names")[key];
  }

  /** @returns {Opcodes} */
  get opcodes() {
    return this.json("opcodes");
  }
}
