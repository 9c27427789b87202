// From a contestant's description (`in_page.py`) to a function that does its work k times and gives a number to check.
import { CompiledModule, Workspace } from "./runtime.js";

const VIEWS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/** An array as `browsers.py` writes it: {dtype, base64}. */
export function decode({ dtype, base64 }) {
  return new VIEWS[dtype](Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer);
}

export async function makeRun(page) {
  const run = await speakingRun(page);
  return page.silent ? (count) => (run(count), null) : run;
}

async function speakingRun(page) {
  if (page.kind === "module") return moduleRun(page);
  if (page.kind === "exports") return exportsRun(page);
  const tfjs = await import("./with_tfjs.js");
  return page.kind === "tfjs_step" ? tfjs.stepRun(page) : tfjs.matmulRun(page);
}

const SPELL = 500;

/**
 * A module of ours, through the runtime of the exported page; the k times are one call, or one for each `SPELL` of them.
 * What it overwrites is given anew for each: a rival takes a few hundred steps in all, and after a thousand of Adam's
 * the weights of dead units are so small that what is timed is the processor's arithmetic with subnormal numbers.
 */
async function moduleRun({ wasm, bindings, arrays, result }) {
  const module = await CompiledModule.open(decode(wasm));
  const space = new Workspace(module);
  const call = space.bind("main", bindings);
  space.commit();
  const given = Object.entries(arrays).map(([name, array]) => [name, decode(array)]);
  for (const [name, array] of given) space.view(name).set(array);
  const overwritten = new Set(module.signature("main").inputs.filter((slot) => slot.donated_to).map((slot) => slot.name));
  const anew = given.filter(([name]) => overwritten.has(name));
  return (count) => {
    for (let left = count; left > 0; left -= SPELL) {
      for (const [name, array] of anew) space.view(name).set(array);
      call(Math.min(left, SPELL));
    }
    return sampledMean(space.view(result));
  };
}

/** Any module whose exports give the offsets of its arrays. */
async function exportsRun({ wasm, arrays, call, loop, each = 1, bytes, count: size }) {
  const { instance } = await WebAssembly.instantiate(decode(wasm));
  const { exports } = instance;
  for (const [name, array] of Object.entries(arrays)) {
    const values = decode(array);
    new values.constructor(exports.memory.buffer, exports[name](), values.length).set(values);
  }
  return (count) => {
    let value = null;
    if (loop) for (let i = 0; i < count; i++) exports[call]();
    else value = exports[call](count * each);
    if (bytes) value = sampledMean(new Uint8Array(exports.memory.buffer, exports[bytes](), size));
    return value;
  };
}

const STRIDE = 97; // so that looking at a result takes no time beside computing it

/** The mean of every 97th value. */
export function sampledMean(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i += STRIDE) sum += values[i];
  return sum / Math.ceil(values.length / STRIDE);
}
