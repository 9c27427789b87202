// Sharing: the settings in the address, the map as PNG, the weights as JSON. Where the browser forbids one of them (a
// sandboxed frame has no history and no clipboard), the page says so and goes on.
import { decodeBase64, encodeBase64 } from "./bytes.js";
import { findElement, makeElement } from "./controls.js";
import { MOST_CLASSES, MOST_POINTS } from "./csv.js";
import { formatWeights, parseWeights } from "./network.js";
import { formatHash, parseHash } from "./settings.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./model.js").PageModel} PageModel */
/** @typedef {import("./view.js").PageView} PageView */
/** @typedef {import("./notice.js").Notice} Notice */
/** @typedef {(change: () => void | Promise<void>) => Promise<boolean>} Attempt */

const POINT_BYTES = 9;
const TEST_BIT = 128;
/** More points than this make an address too long to pass on. */
const MOST_POINTS_IN_ADDRESS = 1000;

/**
 * Points as text for an address: x and y as float32, then a byte with the label and the test bit.
 * @param {Point[]} points
 */
export function encodePoints(points) {
  const data = new DataView(new ArrayBuffer(POINT_BYTES * points.length));
  points.forEach(({ x, y, label, test }, index) => {
    data.setFloat32(POINT_BYTES * index, x, true);
    data.setFloat32(POINT_BYTES * index + 4, y, true);
    data.setUint8(POINT_BYTES * index + 8, label + (test ? TEST_BIT : 0));
  });
  const base64 = encodeBase64(new Uint8Array(data.buffer));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * @param {string} text
 * @returns {Point[]}
 */
export function decodePoints(text) {
  const broken = new Error("the points in the address cannot be read");
  if (!/^[\w-]+$/.test(text)) throw broken;
  const bytes = decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  const count = bytes.length / POINT_BYTES;
  if (!Number.isInteger(count) || count > MOST_POINTS) throw broken;
  const data = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, index) => {
    const at = POINT_BYTES * index;
    const point = {
      x: data.getFloat32(at, true),
      y: data.getFloat32(at + 4, true),
      label: data.getUint8(at + 8) % TEST_BIT,
      test: data.getUint8(at + 8) >= TEST_BIT,
    };
    if (!Number.isFinite(point.x + point.y) || point.label >= MOST_CLASSES) throw broken;
    return point;
  });
}

/** @param {PageModel} model */
export function makeHash(model) {
  const hash = formatHash(model.settings, model.defaults);
  if (model.settings.dataset !== "custom") return hash;
  if (model.points.length > MOST_POINTS_IN_ADDRESS) throw new Error("too many points of your own for an address");
  return `${hash}&data=${encodePoints(model.points)}`;
}

/**
 * Puts the settings into the address, where that is allowed.
 * @param {PageModel} model
 */
export function writeHash(model) {
  try {
    const hash = makeHash(model);
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  } catch {
    // The page works without an address of its own.
  }
}

/**
 * The settings and points of an address.
 * @param {string} hash
 * @param {PageModel} model
 */
export function readHash(hash, model) {
  const changes = parseHash(hash, model.rules);
  const data = new URLSearchParams(hash.replace(/^#/, "")).get("data");
  if (changes.dataset === "custom" && data === null) throw new Error("the address names points of your own, but has none");
  return { changes, points: data === null ? null : decodePoints(data) };
}

/**
 * @param {PageModel} model
 * @param {PageView} view
 * @param {Notice} notice
 * @param {Attempt} attempt
 */
export function bindSharing(model, view, notice, attempt) {
  findElement("copy-link").addEventListener("click", () => copyLink(model, notice));
  findElement("save-image").addEventListener("click", () => saveImage(view));
  findElement("save-weights").addEventListener("click", () => saveWeights(model));
  const file = /** @type {HTMLInputElement} */ (findElement("weights-file"));
  findElement("load-weights").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files ?? [];
    if (chosen) await loadWeights(await chosen.text(), model, notice, attempt);
    file.value = "";
  });
}

/**
 * @param {PageModel} model
 * @param {Notice} notice
 */
async function copyLink(model, notice) {
  try {
    const link = `${location.href.split("#")[0]}#${makeHash(model)}`;
    await navigator.clipboard.writeText(link);
    notice.tell("The link is on the clipboard.");
  } catch (error) {
    notice.fail(`The link could not be copied: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {PageView} view */
function saveImage(view) {
  view.refine();
  view.map.compose().toBlob((blob) => blob && offerFile(blob, "map.png"), "image/png");
}

/** @param {PageModel} model */
function saveWeights({ trainer, widths, architecture, update }) {
  if (!trainer) return;
  const facts = { widths, activation: architecture.activation, step: trainer.step };
  const method = { name: update.method, state: trainer.session.getMethodState(update.method) };
  const text = formatWeights(trainer.session.getWeights(), facts, method);
  offerFile(new Blob([text], { type: "application/json" }), "weights.json");
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function offerFile(blob, name) {
  const url = URL.createObjectURL(blob);
  makeElement("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * @param {string} text
 * @param {PageModel} model
 * @param {Notice} notice
 * @param {Attempt} attempt
 */
async function loadWeights(text, model, notice, attempt) {
  /** @type {import("./network.js").Method | null} */
  let method = null;
  const loaded = await attempt(async () => {
    const weights = parseWeights(text);
    method = weights.method;
    await model.useWeights(weights);
  });
  if (loaded) notice.tell(`Weights loaded${tellOfState(method, model)}.`);
}

/**
 * What became of the state of an optimiser that came with weights.
 * @param {import("./network.js").Method | null} method
 * @param {PageModel} model
 */
function tellOfState(method, { run, update }) {
  if (!method) return "";
  const title = (/** @type {string} */ name) => run.methods[name] ?? name;
  if (method.name === update.method) return `, with the state of ${title(method.name)}`;
  return `, without the state of ${title(method.name)}: the method here is ${title(update.method)}`;
}
