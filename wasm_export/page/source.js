// Where the points come from: the run, a kind of data set, or the user; and how many of them are held out to test.
import { countTested, drawDataset, splitPoints, DATASET_KINDS } from "./datasets.js";
import { MOST_TESTED } from "./settings.js";

/** @typedef {import("./archive.js").Run} Run */
/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./datasets.js").Recipe} Recipe */
/** @typedef {import("./settings.js").Settings} Settings */

const RECIPE = ["classes", "points", "noise", "rotation", "sample"];

/** The settings that say which points there are. */
export const DATA_SETTINGS = ["dataset", "test", ...RECIPE];

/**
 * What goes with a change of the data set: a kind of them comes with its own noise, the run's points with their own
 * test points, and the user's with the names of the classes that were shown before.
 * @param {Settings} changes
 * @param {Run} run
 * @param {boolean} named whether the classes that are shown have names
 * @returns {Settings}
 */
export function completeChange(changes, run, named) {
  const { dataset } = changes;
  if (dataset === "run") return { test: run.settings.test, named: false, ...changes };
  if (dataset === "custom") return { named, ...changes };
  if (dataset) return { noise: DATASET_KINDS[String(dataset)].noise, named: false, ...changes };
  return changes;
}

/**
 * The points that the settings ask for.
 * @param {Settings} settings
 * @param {Run} run
 * @param {Point[]} points those that are shown, which become the user's own
 * @param {boolean} split whether another share of them is held out than before
 * @returns {Point[]}
 */
export function choosePoints(settings, run, points, split) {
  const { dataset, test, sample } = settings;
  if (dataset === "custom" && !split) return points;
  if (dataset === "run" && test === run.settings.test) return run.points;
  const known = dataset === "custom" ? points : dataset === "run" ? run.points : null;
  return splitPoints(known ?? drawDataset(String(dataset), recipeOf(settings)), Number(test), Number(sample));
}

/**
 * Throws unless there are classes enough for the labels.
 * @param {Point[]} points
 * @param {number} classes
 */
export function checkLabels(points, classes) {
  const most = points.reduce((label, point) => Math.max(label, point.label), 1) + 1;
  if (most > classes) throw new Error(`the points have ${most} classes; there can be no fewer`);
}

/** @param {Settings} settings */
function recipeOf(settings) {
  return /** @type {Recipe} */ (Object.fromEntries(RECIPE.map((name) => [name, Number(settings[name])])));
}

/**
 * The share of the points that is held out: the one that was asked for, where it is still true of them.
 * @param {Point[]} points
 * @param {number} asked
 */
export function testShare(points, asked) {
  const tested = points.filter((point) => point.test).length;
  if (tested === countTested(points.length, asked)) return asked;
  return Math.min(Number((tested / points.length).toPrecision(2)), MOST_TESTED);
}
