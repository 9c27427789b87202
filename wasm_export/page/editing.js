// Editing: add, drag and delete points on the map with mouse, pen or finger, and all of them as text.
import { findElement, makeElement } from "./controls.js";
import { formatPoints, MOST_POINTS, parsePoints } from "./csv.js";
import { getContext, traceMarker } from "./markers.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./model.js").PageModel} PageModel */
/** @typedef {import("./view.js").PageView} PageView */

const REACH = { mouse: 12, touch: 24 };

export class PointEditor {
  /**
   * @param {PageModel} model
   * @param {PageView} view
   * @param {(change: () => void | Promise<void>) => Promise<boolean>} attempt runs a change, shows its error or its result
   */
  constructor(model, view, attempt) {
    this.model = model;
    this.view = view;
    this.attempt = attempt;
    this.dragged = -1;
    /** @type {object | null} the theme that the chips were drawn for */
    this.chipTheme = null;
    this.overlay = view.map.overlay;
    this.overlay.addEventListener("pointerdown", (event) => this.press(event));
    this.overlay.addEventListener("pointermove", (event) => this.move(event));
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      this.overlay.addEventListener(type, () => (this.dragged = -1));
    }
    findElement("tools").addEventListener("change", () => this.showTool());
    this.bindCsv();
  }

  get tool() {
    const chosen = /** @type {HTMLInputElement | null} */ (document.querySelector('input[name="tool"]:checked'));
    return chosen?.value ?? "move";
  }

  /** The class that new points get. */
  get label() {
    const chosen = /** @type {HTMLInputElement | null} */ (document.querySelector('input[name="label"]:checked'));
    return Number(chosen?.value ?? 0);
  }

  /** @param {string} tool */
  chooseTool(tool) {
    const input = /** @type {HTMLInputElement} */ (document.querySelector(`input[name="tool"][value="${tool}"]`));
    input.checked = true;
    this.showTool();
  }

  showTool() {
    this.overlay.dataset.tool = this.tool;
  }

  /**
   * Chooses a class and the tool that adds points of it.
   * @param {number} label
   */
  chooseLabel(label) {
    const input = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="label"][value="${label}"]`));
    if (!input) return;
    input.checked = true;
    this.chooseTool("add");
  }

  /** One chip per class, each with its marker and its name. */
  showClasses() {
    this.drawChips();
    const holder = findElement("class-chips");
    holder.classList.toggle("named", this.model.names.length > 0);
    for (const [label, chip] of holder.querySelectorAll("label").entries()) {
      chip.title = `Class ${this.model.nameClass(label)}`;
      chip.querySelector("input")?.setAttribute("aria-label", chip.title);
      const words = /** @type {HTMLElement} */ (chip.querySelector("b"));
      words.textContent = this.model.names[label] ?? String(label);
    }
  }

  drawChips() {
    const holder = findElement("class-chips");
    const { theme } = this.view;
    if (theme === this.chipTheme && holder.querySelectorAll("label").length === this.model.classes) return;
    this.chipTheme = theme;
    const chosen = this.label < this.model.classes ? this.label : 0;
    for (const old of holder.querySelectorAll("label")) old.remove();
    for (let label = 0; label < this.model.classes; label++) {
      const input = makeElement("input", { type: "radio", name: "label", value: String(label) });
      input.checked = label === chosen;
      input.addEventListener("change", () => this.chooseTool("add"));
      const chip = makeElement("label", {}, input, makeElement("span", {}, drawChip(label, theme), makeElement("b")));
      holder.append(chip);
    }
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0) return;
    const place = this.view.map.toPlane(event);
    if (this.tool === "add") this.add(place);
    else if (this.tool === "delete") this.remove(this.find(event));
    else {
      this.dragged = this.find(event);
      if (this.dragged >= 0) this.overlay.setPointerCapture(event.pointerId);
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.dragged < 0) {
      if (event.pointerType === "mouse") this.overlay.dataset.over = String(this.find(event) >= 0);
      return;
    }
    const place = this.view.map.toPlane(event);
    this.edit(this.model.points.map((point, index) => (index === this.dragged ? { ...point, ...place } : point)));
  }

  /** @param {PointerEvent} event */
  find(event) {
    const reach = event.pointerType === "mouse" ? REACH.mouse : REACH.touch;
    return this.view.map.nearestPoint(this.model.points, this.view.map.toPlane(event), reach);
  }

  /** @param {{x: number, y: number}} place */
  add(place) {
    const { points } = this.model;
    this.attempt(() => {
      if (points.length >= MOST_POINTS) throw new Error(`at most ${MOST_POINTS} points`);
      this.model.edit([...points, { ...place, label: this.label, test: false }]);
    });
  }

  /** @param {number} index */
  remove(index) {
    if (index >= 0) this.edit(this.model.points.filter((_, other) => other !== index));
  }

  /** @param {Point[]} points */
  edit(points) {
    this.attempt(() => this.model.edit(points));
  }

  /** The dialog with all points as text. An error stays beside the text, which stays as it was typed. */
  bindCsv() {
    const dialog = /** @type {HTMLDialogElement} */ (findElement("csv"));
    const text = /** @type {HTMLTextAreaElement} */ (findElement("csv-text"));
    const error = findElement("csv-error");
    const { names } = this.model.run;
    findElement("csv-names").textContent = names.length ? `, or ${names.join(", ")}` : "";
    findElement("open-csv").addEventListener("click", () => {
      text.value = formatPoints(this.model.points, this.model.names);
      error.textContent = "";
      dialog.showModal();
      text.setSelectionRange(0, 0);
      text.scrollTop = 0;
    });
    findElement("csv-cancel").addEventListener("click", () => dialog.close());
    findElement("csv-apply").addEventListener("click", () => {
      try {
        const { points, named } = parsePoints(text.value, names);
        dialog.close();
        this.attempt(() => this.model.replacePoints(points, named));
      } catch (failure) {
        error.textContent = /** @type {Error} */ (failure).message;
      }
    });
  }
}

/**
 * @param {number} label
 * @param {{colours: string[]}} theme
 */
function drawChip(label, theme) {
  const canvas = makeElement("canvas", { width: "40", height: "40", "aria-hidden": "true" });
  const context = getContext(canvas);
  context.translate(20, label === 2 ? 22 : label === 4 ? 18 : 20);
  traceMarker(context, label, 11);
  context.fillStyle = theme.colours[label];
  context.fill();
  return canvas;
}
