// The study panel: the recorded Program, its fused loops and the WebAssembly text of what is running.
import { findElement, makeElement } from "./controls.js";

/** @typedef {import("./archive.js").FunctionTexts} FunctionTexts */

const STUDY_FORMS = {
  program: "Recorded Program",
  fused: "Index form, fused",
  loops: "Loop nests",
  wat: "WebAssembly text",
};

/** @param {Record<string, FunctionTexts>} texts by the function's name */
export function bindStudy(texts) {
  const dialog = /** @type {HTMLDialogElement} */ (findElement("study"));
  const which = /** @type {HTMLSelectElement} */ (findElement("study-function"));
  const form = /** @type {HTMLSelectElement} */ (findElement("study-form"));
  which.append(...Object.keys(texts).map((name) => makeElement("option", { value: name }, name)));
  form.append(...Object.entries(STUDY_FORMS).map(([value, title]) => makeElement("option", { value }, title)));
  const show = () => {
    const text = texts[which.value]?.[/** @type {keyof FunctionTexts} */ (form.value)];
    findElement("study-text").replaceChildren(...withMutedComments(text ?? ""));
    findElement("study-text").scrollTo(0, 0);
  };
  which.addEventListener("change", show);
  form.addEventListener("change", show);
  findElement("study-close").addEventListener("click", () => dialog.close());
  findElement("open-study").addEventListener("click", () => {
    show();
    dialog.showModal();
  });
}

/**
 * The text in pieces, lines of comment apart from the others.
 * @param {string} text
 */
function withMutedComments(text) {
  const pieces = text.match(/(?:^ *(?:#|;;).*\n?)+|(?:^(?! *(?:#|;;)).*\n?)+/gm) ?? [];
  return pieces.map((piece) => makeElement("span", /^ *(?:#|;;)/.test(piece) ? { class: "comment" } : {}, piece));
}
