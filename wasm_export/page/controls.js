// The controls: rows of sliders, numbers, lists and switches, drawn from the rules of the settings.
import { nameNumber, parseSetting, sliderPosition, sliderValue } from "./settings.js";

/** @typedef {import("./settings.js").Rule} Rule */
/** @typedef {import("./settings.js").NumberRule} NumberRule */
/** @typedef {import("./settings.js").ChoiceRule} ChoiceRule */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {{name: string, row: HTMLElement, show: (value: number | string | boolean) => void}} Control */
/** @typedef {(name: string, value: number | string | boolean) => void} OnChange */

const SLIDER_STEPS = 1000;
/** Numbers that no slider is drawn for: any value is as good as another. */
const PLAIN_NUMBERS = ["stop", "sample", "seed", "batch"];

/**
 * A new element: attributes by name, then its children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function makeElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * The element of the page with this id.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 */
export function findElement(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/**
 * A control for one setting.
 * @param {string} name
 * @param {Rule} rule
 * @param {OnChange} onChange
 * @param {(message: string) => void} onError
 * @returns {Control}
 */
export function makeControl(name, rule, onChange, onError) {
  if (rule.kind === "number") return makeNumberControl(name, rule, onChange, onError);
  return rule.kind === "choice" ? makeChoiceControl(name, rule, onChange) : makeSwitchControl(name, rule.title, onChange);
}

/**
 * @param {string} name
 * @param {NumberRule} rule
 * @param {OnChange} onChange
 * @param {(message: string) => void} onError
 * @returns {Control}
 */
function makeNumberControl(name, rule, onChange, onError) {
  let shown = "";
  const input = makeElement("input", { id: name, type: "text", inputmode: "decimal", autocomplete: "off" });
  const restore = () => {
    input.value = shown;
    input.removeAttribute("aria-invalid");
  };
  const show = (/** @type {number | string | boolean} */ value) => {
    shown = nameNumber(rule, Number(value));
    restore();
  };
  const commit = () => {
    if (input.value === shown) return restore();
    try {
      onChange(name, parseSetting({ [name]: rule }, name, input.value));
    } catch (error) {
      input.setAttribute("aria-invalid", "true");
      onError(/** @type {Error} */ (error).message);
    }
  };
  input.addEventListener("change", commit);
  // What was refused stays to be corrected, but no longer than the field is in use: then it shows what holds.
  input.addEventListener("blur", () => {
    if (input.hasAttribute("aria-invalid")) restore();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") restore();
  });
  const label = makeElement("label", { for: name }, rule.unit ? `${rule.title} (${rule.unit})` : rule.title);
  if (PLAIN_NUMBERS.includes(name)) {
    return { name, show, row: makeElement("div", { class: "row plain" }, label, input) };
  }
  const slider = makeSlider(name, rule, onChange);
  const row = makeElement("div", { class: "row" }, label, slider.input, input);
  return {
    name,
    row,
    show: (value) => {
      show(value);
      slider.show(Number(value), shown);
    },
  };
}

/**
 * @param {string} name
 * @param {NumberRule} rule
 * @param {OnChange} onChange
 */
function makeSlider(name, rule, onChange) {
  const input = makeElement("input", {
    type: "range",
    min: "0",
    max: String(SLIDER_STEPS),
    step: rule.whole && rule.scale !== "log" ? String(SLIDER_STEPS / (rule.max - rule.min)) : "1",
    "aria-label": `${rule.title}, slider`,
  });
  input.addEventListener("input", () => onChange(name, sliderValue(rule, Number(input.value) / SLIDER_STEPS)));
  return {
    input,
    /**
     * @param {number} value
     * @param {string} text
     */
    show(value, text) {
      const position = sliderPosition(rule, value);
      input.value = String(position * SLIDER_STEPS);
      input.style.setProperty("--filled", `${100 * position}%`);
      input.setAttribute("aria-valuetext", text);
    },
  };
}

/**
 * @param {string} name
 * @param {ChoiceRule} rule
 * @param {OnChange} onChange
 * @returns {Control}
 */
function makeChoiceControl(name, rule, onChange) {
  const options = Object.entries(rule.options).map(([value, title]) => makeElement("option", { value }, title));
  const select = makeElement("select", { id: name }, ...options);
  select.addEventListener("change", () => onChange(name, select.value));
  const label = makeElement("label", { for: name }, rule.title);
  return {
    name,
    row: makeElement("div", { class: "row choice" }, label, select),
    show: (value) => {
      select.value = String(value);
    },
  };
}

/**
 * @param {string} name
 * @param {string} title
 * @param {OnChange} onChange
 * @returns {Control}
 */
function makeSwitchControl(name, title, onChange) {
  const input = makeElement("input", { id: name, type: "checkbox", role: "switch" });
  input.addEventListener("change", () => onChange(name, input.checked));
  return {
    name,
    row: makeElement("label", { class: "row switch", for: name }, title, input),
    show: (value) => {
      input.checked = Boolean(value);
    },
  };
}
