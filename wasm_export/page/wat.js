// The text of a module: WebAssembly's text format, folded, made from the very bytes that run.
//
// The code of a stack machine becomes nested again by undoing it: each instruction takes the lines of its operands from
// the end of what is done, and puts back its own. The layout is that of wasm_export/wat.py.
import { ByteReader, readModule } from "./binary.js";
import { shortFloat } from "./csv.js";

/** @typedef {import("./binary.js").FunctionBytes} FunctionBytes */
/** @typedef {string[]} Lines */
/**
 * Mnemonic, number of operands, kind of the immediate, natural alignment in bytes; by the opcode's bytes in hexadecimal.
 * @typedef {Record<string, [string, number, string, number]>} Opcodes
 */

const WIDTH = 100;
/** @type {Record<number, string>} */
const TYPES = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const CALL = 0x10;
const PREFIXES = [0xfc, 0xfd];

/**
 * A function of a module and the helpers that it calls, as text.
 * @param {Uint8Array} bytes the module
 * @param {string} name
 * @param {Opcodes} opcodes
 */
export function functionText(bytes, name, opcodes) {
  const functions = readModule(bytes);
  const shown = [functions.findIndex((candidate) => candidate.name === name)];
  /** @type {string[]} */
  const texts = [];
  // Those that are called join the list while it is gone through.
  for (const index of shown) {
    const printer = new FunctionPrinter(functions, opcodes);
    texts.push(printer.print(functions[index]).join("\n"));
    shown.push(...[...printer.called].filter((called) => !shown.includes(called)));
  }
  return texts.join("\n\n");
}

export class FunctionPrinter {
  /**
   * @param {FunctionBytes[]} functions all of the module
   * @param {Opcodes} opcodes
   */
  constructor(functions, opcodes) {
    this.functions = functions;
    this.opcodes = opcodes;
    /** @type {Set<number>} */
    this.called = new Set();
    /** @type {string[]} the names of parameters and locals */
    this.names = [];
    /** @type {Lines[]} */
    this.done = [];
    /** @type {{head: string, label: string, start: number}[]} */
    this.open = [];
    this.labels = 0;
  }

  /**
   * @param {FunctionBytes} definition
   * @returns {Lines}
   */
  print({ type, name, exported, params, locals, code }) {
    const kinds = [...type.params, ...locals].map((kind) => TYPES[kind]);
    this.names = nameVariables(kinds, params.slice(0, type.params.length));
    const variables = kinds.map((kind, index) => `${this.names[index]} ${kind}`);
    const head = [`(func $${name}`];
    if (exported) head.push(`(export "${name}")`);
    head.push(...variables.slice(0, type.params.length).map((variable) => `(param ${variable})`));
    if (type.results.length > 0) head.push(`(result ${type.results.map((kind) => TYPES[kind]).join(" ")})`);
    const declared = variables.slice(type.params.length).map((variable) => `(local ${variable})`);
    this.printBody(new ByteReader(code));
    const [first, ...rest] = fillLines(head);
    return closeLines([first, ...indentLines([...rest, ...fillLines(declared), ...this.done.flat()])]);
  }

  /** @param {ByteReader} reader */
  printBody(reader) {
    while (!reader.done) {
      const code = reader.byte();
      if (code === BLOCK || code === LOOP || code === IF) this.openBlock(code, reader.byte());
      else if (code === ELSE) this.startElse();
      else if (code === END) this.closeBlock();
      else this.printInstruction(code, reader);
    }
  }

  /**
   * @param {number} code
   * @param {number} result the type of the value that it leaves, if any
   */
  openBlock(code, result) {
    const label = `$${this.labels++}`;
    const word = code === BLOCK ? "block" : "loop";
    if (code !== IF) this.open.push({ head: `${word} ${label}`, label, start: this.done.length });
    else {
      const head = result in TYPES ? `if (result ${TYPES[result]})` : "if";
      this.open.push({ head, label, start: this.done.length - 1 }, { head: "then", label, start: this.done.length });
    }
  }

  startElse() {
    this.wrap();
    const { label } = this.open[this.open.length - 1];
    this.open.push({ head: "else", label, start: this.done.length });
  }

  /** The end of a block, or of the last branch of an `if` and so of the `if`, or of the function. */
  closeBlock() {
    const block = this.open[this.open.length - 1];
    if (!block) return;
    this.wrap();
    if (block.head === "then" || block.head === "else") this.wrap();
  }

  wrap() {
    const { head, start } = /** @type {{head: string, start: number}} */ (this.open.pop());
    const count = this.done.length - start;
    this.fold(head, count, head.startsWith("if") || (count === 1 && (head === "then" || head === "else")));
  }

  /**
   * Takes what is done last into brackets, on one line if it fits.
   * @param {string} head
   * @param {number} count
   * @param {boolean} [short] whether one line is wanted
   */
  fold(head, count, short = true) {
    const parts = count > 0 ? this.done.splice(-count) : [];
    const line = `(${[head, ...parts.flat()].join(" ")})`;
    const fits = short && line.length <= WIDTH && parts.every((part) => part.length === 1);
    this.done.push(fits ? [line] : closeLines([`(${head}`, ...indentLines(parts.flat())]));
  }

  /**
   * @param {number} code
   * @param {ByteReader} reader
   */
  printInstruction(code, reader) {
    const [mnemonic, operands, kind, natural] = this.opcodes[readOpcode(code, reader)];
    if (code === CALL) this.printCall(reader.unsigned());
    else this.fold([mnemonic, ...this.readImmediates(mnemonic, kind, natural, reader)].join(" "), operands);
  }

  /** @param {number} index */
  printCall(index) {
    const { name, type } = this.functions[index];
    this.called.add(index);
    this.fold(`call $${name}`, type.params.length);
  }

  /**
   * @param {string} mnemonic
   * @param {string} kind
   * @param {number} natural
   * @param {ByteReader} reader
   * @returns {(string | number | bigint)[]}
   */
  readImmediates(mnemonic, kind, natural, reader) {
    if (kind === "const") return readConstant(mnemonic, reader);
    if (kind === "lane") return [reader.byte()];
    if (kind === "shuffle") return [...reader.take(16)];
    if (kind.startsWith("memory")) return readAccess(natural, kind === "memory lane", reader);
    if (kind === "zeros") reader.take(mnemonic === "memory.copy" ? 2 : 1);
    if (kind === "label") return [this.labelAt(reader.unsigned())];
    if (kind !== "local") return [];
    return [this.names[reader.unsigned()]];
  }

  /** @param {number} depth how many blocks lie between a branch and the one that it names */
  labelAt(depth) {
    const labels = [...new Set(this.open.map(({ label }) => label))];
    return labels[labels.length - 1 - depth];
  }
}

/**
 * The known names, then such as `$f32.0`: names of locals are not among the bytes.
 * @param {string[]} kinds
 * @param {string[]} known
 */
function nameVariables(kinds, known) {
  /** @type {Record<string, number>} */
  const counts = {};
  return kinds.map((kind, index) => {
    if (index < known.length) return `$${known[index]}`;
    counts[kind] = (counts[kind] ?? -1) + 1;
    return `$${kind}.${counts[kind]}`;
  });
}

/**
 * @param {number} code
 * @param {ByteReader} reader
 */
function readOpcode(code, reader) {
  const bytes = [code];
  if (PREFIXES.includes(code)) {
    do bytes.push(reader.byte());
    while (bytes[bytes.length - 1] >= 128);
  }
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} mnemonic
 * @param {ByteReader} reader
 */
function readConstant(mnemonic, reader) {
  if (mnemonic === "f32.const") return [formatNumber(reader.f32(), shortFloat)];
  if (mnemonic === "f64.const") return [formatNumber(reader.f64(), Number)];
  if (mnemonic !== "v128.const") return [reader.signed()];
  const { buffer, byteOffset } = reader.take(16);
  const lanes = new DataView(buffer, byteOffset);
  return ["i32x4", ...[0, 4, 8, 12].map((at) => lanes.getInt32(at, true))];
}

/**
 * @param {number} natural
 * @param {boolean} lane
 * @param {ByteReader} reader
 */
function readAccess(natural, lane, reader) {
  const [align, offset] = [2 ** reader.unsigned(), reader.unsigned()];
  const words = [];
  if (offset !== 0) words.push(`offset=${offset}`);
  if (align !== natural) words.push(`align=${align}`);
  return lane ? [...words, reader.byte()] : words;
}

/**
 * @param {number} value
 * @param {(value: number) => number} shorten
 */
function formatNumber(value, shorten) {
  if (Object.is(value, -0)) return "-0.0";
  if (Number.isNaN(value)) return "nan";
  return Number.isFinite(value) ? String(shorten(value)) : value > 0 ? "inf" : "-inf";
}

/** @param {Lines} lines */
function indentLines(lines) {
  return lines.map((line) => `  ${line}`);
}

/** @param {Lines} lines */
function closeLines(lines) {
  return [...lines.slice(0, -1), `${lines[lines.length - 1]})`];
}

/**
 * Joins words to lines of about `WIDTH`.
 * @param {Lines} words
 */
function fillLines(words) {
  /** @type {Lines} */
  const lines = [];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
