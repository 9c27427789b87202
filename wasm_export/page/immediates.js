// What follows an opcode in the code of a function, as words of the text format.
import { shortFloat } from "./csv.js";

/** @typedef {import("./binary.js").ByteReader} ByteReader */
/**
 * Mnemonic, number of operands, kind of the immediate, natural alignment in bytes; by the opcode's bytes in hexadecimal.
 * @typedef {Record<string, [string, number, string, number]>} Opcodes
 */

const PREFIXES = [0xfc, 0xfd];

/**
 * @param {number} code
 * @param {ByteReader} reader
 */
export function readOpcode(code, reader) {
  const bytes = [code];
  if (PREFIXES.includes(code)) {
    do bytes.push(reader.byte());
    while (bytes[bytes.length - 1] >= 128);
  }
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * All but numbers of variables, labels and functions, which have names.
 * @param {string} mnemonic
 * @param {string} kind
 * @param {number} natural
 * @param {ByteReader} reader
 * @returns {(string | number | bigint)[]}
 */
export function readImmediates(mnemonic, kind, natural, reader) {
  if (kind === "const") return readConstant(mnemonic, reader);
  if (kind === "lane") return [reader.byte()];
  if (kind === "shuffle") return [...reader.take(16)];
  if (kind.startsWith("memory")) return readAccess(natural, kind === "memory lane", reader);
  if (kind === "zeros") reader.take(mnemonic === "memory.copy" ? 2 : 1);
  return [];
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
