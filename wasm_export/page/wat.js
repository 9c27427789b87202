// The text of a module: WebAssembly's text format, folded, made from the very bytes that run; names and comments come
// with them.
//
// The code of a stack machine becomes nested again by undoing it: each instruction takes the lines of its operands from
// the end of what is done, and puts back its own. The layout is that of wasm_export/wat.py.
import { ByteReader, readModule } from "./binary.js";
import { readImmediates, readOpcode } from "./immediates.js";

/** @typedef {import("./binary.js").FunctionBytes} FunctionBytes */
/** @typedef {import("./binary.js").FunctionNames} FunctionNames */
/** @typedef {import("./immediates.js").Opcodes} Opcodes */
/** @typedef {string[]} Lines */

const WIDTH = 100;
/** @type {Record<number, string>} */
const TYPES = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const CALL = 0x10;

/**
 * A function of a module and the helpers that it calls, as text.
 * @param {Uint8Array} bytes the module
 * @param {FunctionNames[]} names of its functions
 * @param {string} name
 * @param {Opcodes} opcodes
 */
export function functionText(bytes, names, name, opcodes) {
  const functions = readModule(bytes, names);
  const shown = [functions.findIndex(({ exported }) => exported === name)];
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
    this.variables = [];
    /** The labels of blocks that are still to be opened. @type {string[]} */
    this.labels = [];
    /** @type {[number, string][]} */
    this.comments = [];
    /** @type {Lines[]} */
    this.done = [];
    /** An `if` has no label. @type {{head: string, label: string | null, start: number}[]} */
    this.open = [];
  }

  /**
   * @param {FunctionBytes} definition
   * @returns {Lines}
   */
  print({ type, name, exported, variables, labels, comments, locals, code }) {
    this.variables = variables;
    this.labels = [...labels];
    this.comments = [...comments];
    const typed = [...type.params, ...locals].map((kind, index) => `${variables[index]} ${TYPES[kind]}`);
    const head = [`(func ${name}`];
    if (exported !== undefined) head.push(`(export "${exported}")`);
    head.push(...typed.slice(0, type.params.length).map((variable) => `(param ${variable})`));
    if (type.results.length > 0) head.push(`(result ${type.results.map((kind) => TYPES[kind]).join(" ")})`);
    const declared = typed.slice(type.params.length).map((variable) => `(local ${variable})`);
    this.printBody(new ByteReader(code));
    const [first, ...rest] = fillLines(head);
    return closeLines([first, ...indentLines([...rest, ...fillLines(declared), ...this.done.flat()])]);
  }

  /** @param {ByteReader} reader */
  printBody(reader) {
    for (let index = 0; !reader.done; index++) {
      this.printComments(index);
      const code = reader.byte();
      if (code === BLOCK || code === LOOP || code === IF) this.openBlock(code, reader.byte());
      else if (code === ELSE) this.startElse();
      else if (code === END) this.closeBlock();
      else this.printInstruction(code, reader);
    }
  }

  /** @param {number} index of the next instruction */
  printComments(index) {
    while (this.comments[0]?.[0] === index) {
      const [, text] = /** @type {[number, string]} */ (this.comments.shift());
      this.done.push(text.split("\n").map((line) => `;; ${line}`));
    }
  }

  /**
   * @param {number} code
   * @param {number} result the type of the value that it leaves, if any
   */
  openBlock(code, result) {
    const start = this.done.length;
    if (code !== IF) {
      const label = /** @type {string} */ (this.labels.shift());
      this.open.push({ head: `${code === BLOCK ? "block" : "loop"} ${label}`, label, start });
    } else {
      const head = result in TYPES ? `if (result ${TYPES[result]})` : "if";
      this.open.push({ head, label: null, start: start - 1 }, { head: "then", label: null, start });
    }
  }

  startElse() {
    this.wrap();
    this.open.push({ head: "else", label: null, start: this.done.length });
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
    else if (kind === "local") this.fold(`${mnemonic} ${this.variables[reader.unsigned()]}`, operands);
    else if (kind === "label") this.fold(`${mnemonic} ${this.labelAt(reader.unsigned())}`, operands);
    else this.fold([mnemonic, ...readImmediates(mnemonic, kind, natural, reader)].join(" "), operands);
  }

  /** @param {number} index */
  printCall(index) {
    const { name, type } = this.functions[index];
    this.called.add(index);
    this.fold(`call ${name}`, type.params.length);
  }

  /** @param {number} depth how many blocks lie between a branch and the one that it names */
  labelAt(depth) {
    // An `if` and its branch are two that are open here, but one block.
    const blocks = this.open.filter(({ head }) => head !== "then" && head !== "else");
    return blocks[blocks.length - 1 - depth].label;
  }
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
