// The study panel: what is running, in each of its forms from the recorded Program to WebAssembly.
import { findElement, makeElement } from "./controls.js";
import { formatCount } from "./settings.js";
import { functionText } from "./wat.js";

/** @typedef {import("./modules.js").Modules} Modules */
/** @typedef {import("./modules.js").Forms} Forms */
/** @typedef {import("./model.js").PageModel} PageModel */

const STUDY_FORMS = {
  program: "Recorded Program",
  fused: "Index form, fused",
  loops: "Loop nests",
  wat: "WebAssembly text",
};

/** @param {PageModel} model */
export function bindStudy(model) {
  const dialog = /** @type {HTMLDialogElement} */ (findElement("study"));
  const which = /** @type {HTMLSelectElement} */ (findElement("study-function"));
  const form = /** @type {HTMLSelectElement} */ (findElement("study-form"));
  form.append(...Object.entries(STUDY_FORMS).map(([value, title]) => makeElement("option", { value }, title)));
  const show = () => {
    const text = readForm(model.modules, model.moduleKey, which.value, form.value);
    findElement("study-text").replaceChildren(...withMutedComments(text));
    findElement("study-text").scrollTo(0, 0);
  };
  which.addEventListener("change", show);
  form.addEventListener("change", show);
  findElement("study-close").addEventListener("click", () => dialog.close());
  findElement("open-study").addEventListener("click", () => {
    const names = Object.keys(model.modules.forms(model.moduleKey));
    const chosen = names.includes(which.value) ? which.value : trainingFunction(model, names);
    which.replaceChildren(...names.map((name) => makeElement("option", { value: name }, name)));
    which.value = chosen;
    findElement("study-about").textContent = describe(model, model.modules.moduleBytes(model.moduleKey).length);
    show();
    dialog.showModal();
  });
}

/**
 * The function that takes the steps: the whole step where there is one, else the gradient.
 * @param {PageModel} model
 * @param {string[]} names
 */
function trainingFunction({ update }, names) {
  return update.method === "sgd" && names.includes("step") ? "step" : "gradient";
}

/**
 * @param {PageModel} model
 * @param {number} bytes
 */
function describe({ run, architecture, moduleKey }, bytes) {
  const made = "Each function was recorded once from Python, fused into loops, and compiled to the WebAssembly that this page runs";
  const rounded = run.dtype === "float64" ? " The run computed in float64; its points and weights are rounded to float32 here." : "";
  return `${made}. Now running: ${architecture.title}; module ${moduleKey}, ${formatCount(bytes)} bytes.${rounded}`;
}

/**
 * @param {Modules} modules
 * @param {string} key of the module
 * @param {string} name of the function
 * @param {string} form
 */
function readForm(modules, key, name, form) {
  if (form === "wat") return functionText(modules.moduleBytes(key), modules.names(key), name, modules.opcodes);
  return modules.forms(key)[name][/** @type {keyof Forms} */ (form)];
}

/**
 * The text in pieces, lines of comment apart from the others.
 * @param {string} text
 */
function withMutedComments(text) {
  const pieces = text.match(/(?:^ *(?:#|;;).*\n?)+|(?:^(?! *(?:#|;;)).*\n?)+/gm) ?? [];
  return pieces.map((piece) => makeElement("span", /^ *(?:#|;;)/.test(piece) ? { class: "comment" } : {}, piece));
}
