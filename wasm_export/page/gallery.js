// The gallery: one small picture of the plane for each unit of the first hidden layer. The unit under the pointer, or
// chosen by the arrow keys, is the one whose hinge stands out on the map.
import { getContext } from "./markers.js";

/** The resolution of a picture in the module's memory; it is shown smaller or larger as the room allows. */
export const UNIT_SIDE = 24;
const LARGEST = 40;
const GAP = 4;

export class UnitGallery {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} onChoose
   */
  constructor(canvas, onChoose) {
    this.canvas = canvas;
    this.context = getContext(canvas);
    this.pictures = document.createElement("canvas");
    this.onChoose = onChoose;
    this.count = 0;
    /** The unit that stands out, or -1. */
    this.chosen = -1;
    this.columns = 1;
    this.size = LARGEST;
    canvas.addEventListener("pointermove", (event) => this.choose(this.unitAt(event)));
    canvas.addEventListener("pointerdown", (event) => this.choose(this.unitAt(event)));
    canvas.addEventListener("pointerleave", () => this.choose(-1));
    canvas.addEventListener("blur", () => this.choose(-1));
    canvas.addEventListener("focus", () => this.choose(Math.max(this.chosen, 0)));
    canvas.addEventListener("keydown", (event) => this.moveBy(event));
  }

  /**
   * Makes all pictures as large as fits.
   * @param {number} count
   */
  resize(count) {
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    const fits = (/** @type {number} */ size) =>
      Math.floor((width + GAP) / (size + GAP)) * Math.floor((height + GAP) / (size + GAP)) >= count;
    let size = LARGEST;
    while (size > 6 && !fits(size)) size -= 1;
    this.size = size;
    this.columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
    this.count = count;
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.canvas.setAttribute("aria-valuemax", String(count));
    if (this.chosen >= count) this.chosen = -1;
  }

  /**
   * @param {Uint8ClampedArray} rgba [units, side, side, 4]
   * @param {{accent: string, hairline: string}} theme
   */
  draw(rgba, { accent, hairline }) {
    const count = rgba.length / (4 * UNIT_SIDE * UNIT_SIDE);
    if (count !== this.count) this.resize(count);
    const { context, pictures, size } = this;
    if (pictures.height !== count * UNIT_SIDE) [pictures.width, pictures.height] = [UNIT_SIDE, count * UNIT_SIDE];
    const pixels = /** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba);
    getContext(pictures).putImageData(new ImageData(pixels, UNIT_SIDE, count * UNIT_SIDE), 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let unit = 0; unit < count; unit++) {
      const [x, y] = this.corner(unit);
      context.drawImage(pictures, 0, unit * UNIT_SIDE, UNIT_SIDE, UNIT_SIDE, x, y, size, size);
      context.strokeStyle = unit === this.chosen ? accent : hairline;
      context.lineWidth = unit === this.chosen ? 2 : 1;
      context.strokeRect(x, y, size, size);
    }
  }

  /** @param {number} unit */
  corner(unit) {
    const pitch = this.size + GAP;
    return [(unit % this.columns) * pitch + 1, Math.floor(unit / this.columns) * pitch + 1];
  }

  /** @param {PointerEvent} event */
  unitAt(event) {
    const pitch = this.size + GAP;
    const column = Math.floor(event.offsetX / pitch);
    const unit = Math.floor(event.offsetY / pitch) * this.columns + column;
    return column < this.columns && unit >= 0 && unit < this.count ? unit : -1;
  }

  /** @param {number} unit */
  choose(unit) {
    if (unit === this.chosen) return;
    this.chosen = unit;
    this.canvas.setAttribute("aria-valuenow", String(Math.max(unit, 0) + 1));
    this.onChoose();
  }

  /** @param {KeyboardEvent} event */
  moveBy(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns };
    const step = Object.hasOwn(steps, event.key) ? steps[/** @type {keyof steps} */ (event.key)] : 0;
    const unit = this.chosen + step;
    if (step === 0) return;
    event.preventDefault();
    if (unit >= 0 && unit < this.count) this.choose(unit);
  }
}
