// The settings: everything that decides what the page shows and computes, its bounds, and its text in the address.
//
// One table says what each setting may be; the controls are drawn from it and the URL hash is checked against it.

/** @typedef {{kind: "number", title: string, min: number, max: number, step?: number, whole?: boolean,
 *   scale?: "log", zero?: boolean, unit?: string, words?: Record<string, number>}} NumberRule */
/** @typedef {{kind: "choice", title: string, options: Record<string, string>}} ChoiceRule */
/** @typedef {{kind: "switch", title: string}} SwitchRule */
/** @typedef {NumberRule | ChoiceRule | SwitchRule} Rule */
/** @typedef {Record<string, number | string | boolean>} Settings */

/** As fast as the machine goes: the right end of the speed control. */
export const FULL_SPEED = 1e6;
/** The largest share of the points that is held out. */
export const MOST_TESTED = 0.99;

/**
 * The rules by name. Data sets, networks and methods are those of the file, as titles by key; `layers` is the largest
 * number of hidden layers among the networks.
 * @param {Record<string, string>} datasets
 * @param {Record<string, string>} architectures
 * @param {Record<string, string>} methods
 * @param {number} layers
 * @returns {Record<string, Rule>}
 */
export function makeRules(datasets, architectures, methods, layers) {
  /** @type {Record<string, Rule>} */
  const widths = {};
  for (let layer = 1; layer <= layers; layer++) {
    const title = layer === 1 ? "Hidden units" : `Units, layer ${layer}`;
    widths[`hidden${layer}`] = { kind: "number", title, min: 1, max: 256, whole: true, scale: "log" };
  }
  return {
    speed: {
      kind: "number",
      title: "Steps / s",
      min: 1,
      max: FULL_SPEED,
      whole: true,
      scale: "log",
      words: { max: FULL_SPEED },
    },
    stop: { kind: "number", title: "Stop at step", min: 0, max: 1e9, whole: true, words: { never: 0 } },
    dataset: { kind: "choice", title: "Data set", options: datasets },
    classes: { kind: "number", title: "Classes", min: 2, max: 6, whole: true },
    points: { kind: "number", title: "Points", min: 6, max: 5000, whole: true, scale: "log" },
    noise: { kind: "number", title: "Noise", min: 0, max: 1, step: 0.01 },
    rotation: { kind: "number", title: "Rotation", min: -12, max: 12, step: 0.1, unit: "rad" },
    test: { kind: "number", title: "Test share", min: 0, max: MOST_TESTED, step: 0.05 },
    named: { kind: "switch", title: "Named classes" },
    sample: { kind: "number", title: "Data seed", min: 0, max: 4294967295, whole: true },
    architecture: { kind: "choice", title: "Network", options: architectures },
    ...widths,
    init: {
      kind: "choice",
      title: "Initial weights",
      options: { normal: "Normal × scale", he: "He", xavier: "Xavier" },
    },
    scale: { kind: "number", title: "Initial scale", min: 0.001, max: 10, scale: "log" },
    seed: { kind: "number", title: "Weight seed", min: 0, max: 4294967295, whole: true },
    optimizer: { kind: "choice", title: "Method", options: methods },
    batch: { kind: "number", title: "Batch size", min: 1, max: 5000, whole: true, zero: true, words: { all: 0 } },
    lr: { kind: "number", title: "Learning rate", min: 0.0001, max: 100, scale: "log" },
    reg: { kind: "number", title: "L2 penalty", min: 1e-7, max: 10, scale: "log", zero: true },
    map: { kind: "choice", title: "Map", options: { probability: "Probability", class: "Class" } },
    hinges: { kind: "switch", title: "Show hidden units" },
    logarithmic: { kind: "switch", title: "Log scale" },
  };
}

/**
 * The value of a setting from its text.
 * @param {Record<string, Rule>} rules
 * @param {string} name
 * @param {string} text
 */
export function parseSetting(rules, name, text) {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (!rule) throw new Error(`there is no setting “${name.slice(0, 20)}”`);
  if (rule.kind === "number") return parseNumber(rule, text);
  if (rule.kind === "switch") {
    if (text !== "0" && text !== "1") throw new Error(`${rule.title} is 0 or 1, not “${text.slice(0, 20)}”`);
    return text === "1";
  }
  if (!Object.hasOwn(rule.options, text)) {
    throw new Error(`${rule.title} has no “${text.slice(0, 20)}”; there are ${Object.keys(rule.options).join(", ")}`);
  }
  return text;
}

/**
 * @param {NumberRule} rule
 * @param {string} text
 */
function parseNumber(rule, text) {
  const { title, min, max, whole, zero, words = {} } = rule;
  const word = text.trim().toLowerCase();
  const value = Object.hasOwn(words, word) ? words[word] : Number(word.replace(",", "."));
  const inside = (value >= min && value <= max) || (zero && value === 0);
  if (text.trim() === "" || !inside) {
    throw new Error(`${title} must be from ${zero ? 0 : min} to ${max}, not “${text.slice(0, 20)}”`);
  }
  if (whole && !Number.isInteger(value)) throw new Error(`${title} must be a whole number, not ${value}`);
  return value;
}

/**
 * A number as its control shows it: the word for it, where the rule has one.
 * @param {NumberRule} rule
 * @param {number} value
 */
export function nameNumber({ words = {} }, value) {
  return Object.keys(words).find((word) => words[word] === value) ?? String(value);
}

/**
 * The text of a setting's value, which `parseSetting` reads back.
 * @param {number | string | boolean} value
 */
export function formatSetting(value) {
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

/**
 * A whole number with its digits in groups: 10,000. The browser's own way takes long the first time.
 * @param {number} count
 */
export function formatCount(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * The hash of settings that differ from the defaults: `lr=0.5&seed=7`.
 * @param {Settings} settings
 * @param {Settings} defaults
 */
export function formatHash(settings, defaults) {
  const changed = Object.keys(settings).filter((name) => settings[name] !== defaults[name]);
  return new URLSearchParams(changed.map((name) => [name, formatSetting(settings[name])])).toString();
}

/**
 * The settings that a hash changes; an unknown name or value is an error that names it. `data` (points in the address)
 * is read elsewhere.
 * @param {string} hash
 * @param {Record<string, Rule>} rules
 * @returns {Settings}
 */
export function parseHash(hash, rules) {
  /** @type {Settings} */
  const changed = {};
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (name !== "data") changed[name] = parseSetting(rules, name, text);
  }
  return changed;
}

/**
 * Where a value lies on its slider, from 0 to 1.
 * @param {NumberRule} rule
 * @param {number} value
 */
export function sliderPosition(rule, value) {
  const { min, max, scale } = rule;
  if (scale !== "log") return (value - min) / (max - min);
  return value <= min ? 0 : Math.log(value / min) / Math.log(max / min);
}

/**
 * The value at a slider's position, rounded to what a person would write: two digits on a log scale.
 * @param {NumberRule} rule
 * @param {number} position
 */
export function sliderValue(rule, position) {
  const { min, max, scale, step, whole, zero } = rule;
  if (zero && position <= 0) return 0;
  if (scale === "log") {
    const value = Number((min * (max / min) ** position).toPrecision(2));
    return clampNumber(whole ? Math.round(value) : value, min, max);
  }
  const grain = whole ? 1 : (step ?? 0.01);
  return clampNumber(Number((Math.round((min + (max - min) * position) / grain) * grain).toFixed(6)), min, max);
}

/**
 * @param {number} value
 * @param {number} min
 * @param {number} max
 */
export function clampNumber(value, min, max) {
  return Math.min(Math.max(value, min), max);
}
