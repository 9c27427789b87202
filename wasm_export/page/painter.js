// The painter: pictures of a network, made by the compiled module: the decision map, and each unit of the first layer.
import { UNIT_SIDE } from "./gallery.js";

/** @typedef {import("./datasets.js").Frame} Frame */
/** @typedef {import("./runtime.js").Workspace} Workspace */
/** @typedef {import("./runtime.js").BoundFunction} BoundFunction */
/** @typedef {import("./runtime.js").Bindings} Bindings */
/**
 * Colours as [red, green, blue], 0 to 255.
 * @typedef {{background: number[], ink: number[], accent: number[], classes: number[][]}} Palette
 */

const COARSEST_SIDE = 64;
const FINEST_SIDE = 1024;
const SCRATCH_LIMIT = 1 << 27;

export class Painter {
  /**
   * Places in a workspace what painting needs; the weights are there already.
   * @param {Workspace} workspace
   * @param {Bindings} bindings the network's sizes
   */
  constructor(workspace, bindings) {
    this.workspace = workspace;
    this.bindings = bindings;
    /** The side of the finest map, in pixels. */
    this.finestSide = this.fitSide();
    /** @type {Map<number, BoundFunction>} */
    this.maps = new Map();
    this.bindMap(this.finestSide);
    this.units = workspace.bind("units", { ...bindings, side: UNIT_SIDE });
  }

  /** The largest side whose intermediate results stay within the limit. Growing, no sum of bytes can overflow. */
  fitSide() {
    const { module } = this.workspace;
    const { dims } = module.signature("paint");
    const scratch = module.function("paint_scratch");
    let side = COARSEST_SIDE;
    const bytes = () => scratch(...dims.map((dim) => (dim === "side" ? 2 * side : this.bindings[dim])));
    while (side < FINEST_SIDE && bytes() <= SCRATCH_LIMIT) side *= 2;
    return side;
  }

  /** @param {number} side */
  bindMap(side) {
    const known = this.maps.get(side);
    if (known) return known;
    const paint = this.workspace.bind("paint", { ...this.bindings, side });
    this.maps.set(side, paint);
    return paint;
  }

  /**
   * The decision map as RGBA bytes, [side, side, 4] from the top left.
   * @param {Frame} frame
   * @param {number} side
   * @param {Palette} palette
   * @param {boolean} onlyClass the most likely class at full strength instead of the probabilities
   */
  paintMap(frame, side, palette, onlyClass) {
    this.setFrame(frame, palette);
    const colours = this.workspace.floats("palette");
    colours.set(palette.classes.flat().slice(0, colours.length));
    this.workspace.floats("hard")[0] = onlyClass ? 1 : 0;
    this.bindMap(side)();
    return this.bytes("rgba").subarray(0, 4 * side * side);
  }

  /**
   * A picture of each unit of the first hidden layer as RGBA bytes, [units, side, side, 4].
   * @param {Frame} frame
   * @param {Palette} palette
   */
  paintUnits(frame, palette) {
    this.setFrame(frame, palette);
    this.workspace.floats("positive").set(palette.ink);
    this.workspace.floats("negative").set(palette.accent);
    this.units();
    return this.bytes("pictures");
  }

  /**
   * @param {Frame} frame
   * @param {Palette} palette
   */
  setFrame(frame, palette) {
    for (const [name, value] of Object.entries(frame)) this.workspace.floats(name)[0] = value;
    this.workspace.floats("background").set(palette.background);
  }

  /** @param {string} name */
  bytes(name) {
    return /** @type {Uint8ClampedArray} */ (this.workspace.view(name));
  }
}
