// The heading: what is shown and what to press, in words that follow the settings.
import { findElement, makeElement } from "./controls.js";

/** @typedef {import("./model.js").PageModel} PageModel */

/** @param {PageModel} model */
export function showHeading(model) {
  const { heading, lede } = describeModel(model);
  findElement("heading").textContent = heading;
  const sentences = lede.flatMap((sentence) => [makeElement("span", {}, sentence), " "]);
  findElement("lede").replaceChildren(...sentences.slice(0, -1));
  document.title = heading;
}

/**
 * The heading, and the sentences under it.
 * @param {PageModel} model
 */
function describeModel(model) {
  const { run, settings, points, startsLikeRun, widths, classes, architecture } = model;
  const heading = run.headings[String(settings.dataset)];
  if (new Set(points.map(({ label }) => label)).size === 1) {
    const all = `All points are of class ${model.nameClass(points[0].label)}`;
    return { heading, lede: [`${all}: there is nothing to tell apart.`, "Add points of another."] };
  }
  if (settings.dataset === "run" && startsLikeRun) return { heading, lede: run.lede };
  const units = `${widths.slice(1, -1).join(" + ")} ${architecture.units} units`;
  return { heading, lede: [`${units} learn to tell ${classes} classes apart.`, "Press Play to watch them, in this page."] };
}
