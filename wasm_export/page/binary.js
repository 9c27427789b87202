// The binary format: what the bytes of a compiled module say, section by section, down to the code of each function.
// (WebAssembly core specification, chapter "Binary Format"; the module has one memory and no imports.)

/** @typedef {{params: number[], results: number[]}} FunctionType Types by their byte. */
/**
 * What is not in the bytes, or not for every function, in the order of the code: its name, those of its parameters and
 * locals and of its blocks and loops, and comments, each behind the number of the instruction before which it stands.
 * @typedef {{name: string, variables: string[], labels: string[], comments: [number, string][]}} FunctionNames
 */
/**
 * `locals` are the types of what is declared beside the parameters; an exported function has the name it has outside.
 * @typedef {FunctionNames & {type: FunctionType, exported: string | undefined, locals: number[], code: Uint8Array}}
 *   FunctionBytes
 */

const SECTION = { type: 1, function: 3, export: 7, code: 10 };

/** Reads numbers and names one after the other. */
export class ByteReader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  get done() {
    return this.at >= this.bytes.length;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An integer from 0 up: LEB128, seven bits a byte, lowest first. */
  unsigned() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  /** An integer of up to 64 bits in two's complement; bit 6 of its last byte is the sign. */
  signed() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return byte & 64 ? value - (1n << (shift + 7n)) : value;
    }
  }

  /** @param {number} count */
  take(count) {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** Bytes behind their number. */
  sized() {
    return this.take(this.unsigned());
  }

  text() {
    return new TextDecoder().decode(this.sized());
  }

  /**
   * A list behind its length.
   * @template Item
   * @param {() => Item} readItem
   * @returns {Item[]}
   */
  list(readItem) {
    return Array.from({ length: this.unsigned() }, readItem);
  }

  f32() {
    this.at += 4;
    return this.view.getFloat32(this.at - 4, true);
  }

  f64() {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }
}

/**
 * The functions of a module.
 * @param {Uint8Array} bytes
 * @param {FunctionNames[]} names
 * @returns {FunctionBytes[]}
 */
export function readModule(bytes, names) {
  const sections = readSections(bytes);
  const section = (/** @type {number} */ id) => new ByteReader(sections.get(id) ?? new Uint8Array([0]));
  const types = readTypes(section(SECTION.type));
  const exported = readExports(section(SECTION.export));
  const codes = section(SECTION.code);
  const bodies = codes.list(() => readBody(new ByteReader(codes.sized())));
  const indices = section(SECTION.function);
  return indices.list(() => types[indices.unsigned()]).map((type, index) => {
    return { ...names[index], type, exported: exported.get(index), ...bodies[index] };
  });
}

/**
 * The content of each section by its number.
 * @param {Uint8Array} bytes
 */
function readSections(bytes) {
  /** @type {Map<number, Uint8Array>} */
  const sections = new Map();
  const reader = new ByteReader(bytes);
  reader.take(8); // the magic number and the version
  while (!reader.done) sections.set(reader.byte(), reader.sized());
  return sections;
}

/** @param {ByteReader} reader */
function readTypes(reader) {
  return reader.list(() => {
    reader.byte(); // 0x60: a function
    return { params: reader.list(() => reader.byte()), results: reader.list(() => reader.byte()) };
  });
}

/** @param {ByteReader} reader */
function readExports(reader) {
  /** @type {Map<number, string>} */
  const names = new Map();
  reader.list(() => {
    const [name, kind, index] = [reader.text(), reader.byte(), reader.unsigned()];
    if (kind === 0) names.set(index, name);
  });
  return names;
}

/** @param {ByteReader} reader */
function readBody(reader) {
  const groups = reader.list(() => ({ count: reader.unsigned(), type: reader.byte() }));
  const locals = groups.flatMap(({ count, type }) => Array(count).fill(type));
  return { locals, code: reader.take(reader.bytes.length - reader.at) };
}
