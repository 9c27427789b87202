// The runtime: calls a compiled module, and knows nothing of what it computes.
//
// A module is a library of functions over one linear memory. Its custom section "minigrad" holds a JSON manifest: for
// each function the names, dtypes and symbolic shapes of its arguments. A function is called as
//   name(dims…, inputs…, outputs…, scratch, repeat)
// where all are 32-bit integers: sizes, then byte addresses. An output that overwrites its input has no address.

/** @typedef {{name: string, shape: (number | string)[], dtype: string}} Slot */
/** @typedef {Slot & {donated_to?: string | null}} InputSlot */
/** @typedef {Slot & {donated: boolean}} OutputSlot */
/** @typedef {{dims: string[], inputs: InputSlot[], outputs: OutputSlot[]}} Signature */
/** @typedef {{version: number, functions: Record<string, Signature>}} Manifest */
/** @typedef {Record<string, number>} Bindings The size of each named dimension. */
/** @typedef {Float32Array | Int32Array | Uint8ClampedArray} View */
/** @typedef {(repeat?: number) => void} BoundFunction */

const PAGE_BYTES = 65536;
const ALIGNMENT = 16;
/** @type {Record<string, number>} */
const ITEM_BYTES = { float32: 4, int32: 4, uint8: 1, bool: 1 };

/**
 * The value of a dimension's text: a sum of products such as `n`, `n + 1`, `2*n*h - h`.
 * @param {number | string} dimension
 * @param {Bindings} bindings
 */
export function evaluateDimension(dimension, bindings) {
  if (typeof dimension === "number") return dimension;
  const terms = dimension.replace(/\s+/g, "").replace(/-/g, "+-").split("+").filter(Boolean);
  return terms.reduce((sum, term) => sum + evaluateTerm(term, bindings), 0);
}

/**
 * @param {string} term
 * @param {Bindings} bindings
 */
function evaluateTerm(term, bindings) {
  const sign = term.startsWith("-") ? -1 : 1;
  const factors = term.replace("-", "").split("*");
  return factors.reduce((product, factor) => {
    const value = /^\d+$/.test(factor) ? Number(factor) : bindings[factor];
    if (value === undefined) throw new Error(`nothing gives dimension ${factor} a size`);
    return product * value;
  }, sign);
}

/**
 * @param {(number | string)[]} shape
 * @param {Bindings} bindings
 */
function countItems(shape, bindings) {
  return shape.reduce((/** @type {number} */ count, size) => count * evaluateDimension(size, bindings), 1);
}

/** @param {number} bytes */
function alignUp(bytes) {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** One instance of a compiled module. */
export class CompiledModule {
  /**
   * @param {Manifest} manifest
   * @param {WebAssembly.Exports} exports
   */
  constructor(manifest, exports) {
    this.manifest = manifest;
    this.exports = exports;
    this.memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    // What the module itself keeps in memory lies below the size it starts with.
    this.firstFree = this.memory.buffer.byteLength;
  }

  /** @param {BufferSource} bytes */
  static async open(bytes) {
    const { module, instance } = await WebAssembly.instantiate(bytes);
    const [section] = WebAssembly.Module.customSections(module, "minigrad");
    if (!section) throw new Error('the module has no section "minigrad"');
    return new CompiledModule(JSON.parse(new TextDecoder().decode(section)), instance.exports);
  }

  /**
   * @param {string} name
   * @returns {Signature}
   */
  signature(name) {
    const signature = this.manifest.functions[name];
    if (!signature) throw new Error(`the module has no function ${name}`);
    return signature;
  }

  /**
   * @param {string} name
   * @returns {(...args: number[]) => number}
   */
  function(name) {
    return /** @type {(...args: number[]) => number} */ (this.exports[name]);
  }
}

/**
 * Arrays in a module's memory, found by name, and functions bound to them. Functions that name the same array share
 * it. First bind everything at its largest size, then `commit`, which sizes the memory once (growing it would detach
 * every view); after that, `bind` may use the arrays at smaller sizes.
 */
export class Workspace {
  /** @param {CompiledModule} module */
  constructor(module) {
    this.module = module;
    this.end = module.firstFree;
    this.scratchBytes = 0;
    this.committed = false;
    /** @type {Map<string, {address: number, dtype: string, items: number}>} */
    this.arrays = new Map();
    /** @type {Map<string, View>} */
    this.views = new Map();
  }

  /**
   * The address of the named array, placed after the others when it is new.
   * @param {string} name
   * @param {string} dtype
   * @param {number} items
   */
  place(name, dtype, items) {
    const known = this.arrays.get(name);
    if (known && known.dtype === dtype && known.items >= items) return known.address;
    if (known || this.committed) throw new Error(`${name}: no room for ${dtype}[${items}]`);
    const bytes = ITEM_BYTES[dtype];
    if (!bytes) throw new Error(`${name}: the page has no arrays of ${dtype}`);
    const address = this.end;
    this.arrays.set(name, { address, dtype, items });
    this.end = alignUp(address + bytes * items);
    return address;
  }

  /**
   * Names the memory of arrays that were placed one after the other as one flat array, padding included.
   * @param {string} name
   * @param {string[]} parts
   * @returns {number} its number of items
   */
  join(name, parts) {
    const placed = parts.map((part) => /** @type {{address: number, items: number}} */ (this.arrays.get(part)));
    const { address } = placed[0];
    let end = address;
    for (const part of placed) {
      if (part.address !== end) throw new Error(`${name}: its parts do not lie side by side`);
      end = alignUp(part.address + ITEM_BYTES.float32 * part.items);
    }
    const items = (end - address) / ITEM_BYTES.float32;
    this.arrays.set(name, { address, dtype: "float32", items });
    return items;
  }

  /**
   * A function bound to arrays of this workspace; `rename` says where an argument's array has another name.
   * @param {string} name
   * @param {Bindings} bindings
   * @param {(slot: string) => string} [rename]
   * @returns {BoundFunction}
   */
  bind(name, bindings, rename = (slot) => slot) {
    const { dims, inputs, outputs } = this.module.signature(name);
    const sizes = dims.map((dim) => evaluateDimension(dim, bindings));
    const ownOutputs = outputs.filter((slot) => !slot.donated);
    const addresses = [...inputs, ...ownOutputs].map((slot) =>
      this.place(rename(slot.name), slot.dtype, countItems(slot.shape, bindings)),
    );
    this.reserveScratch(name, sizes);
    const call = this.module.function(name);
    return (repeat = 1) => void call(...sizes, ...addresses, this.end, repeat);
  }

  /**
   * @param {string} name
   * @param {number[]} sizes
   */
  reserveScratch(name, sizes) {
    const bytes = this.module.function(`${name}_scratch`)(...sizes);
    if (this.committed && bytes > this.scratchBytes) throw new Error(`${name}: no room for ${bytes} bytes of scratch`);
    this.scratchBytes = Math.max(this.scratchBytes, bytes);
  }

  /** Gives every placed array its memory, zeroed. */
  commit() {
    const { memory, firstFree } = this.module;
    const size = memory.buffer.byteLength;
    const used = Math.min(this.end, size); // what is added to a memory is zero already
    const missing = alignUp(this.end + this.scratchBytes) - size;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    new Uint8Array(memory.buffer, firstFree, used - firstFree).fill(0);
    for (const [name, { address, dtype, items }] of this.arrays) {
      this.views.set(name, makeView(memory.buffer, address, dtype, items));
    }
    this.committed = true;
  }

  /** @param {string} name */
  floats(name) {
    return /** @type {Float32Array} */ (this.view(name));
  }

  /** @param {string} name */
  view(name) {
    const view = this.views.get(name);
    if (!view) throw new Error(`no array is called ${name}`);
    return view;
  }
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} address
 * @param {string} dtype
 * @param {number} items
 * @returns {View}
 */
function makeView(buffer, address, dtype, items) {
  if (dtype === "float32") return new Float32Array(buffer, address, items);
  if (dtype === "int32") return new Int32Array(buffer, address, items);
  return new Uint8ClampedArray(buffer, address, items);
}
