// The keyboard: one key for each thing that is done often. Keys belong to a control first, when one has the focus.

/** @typedef {Record<string, () => void>} KeyActions */

const TEXT_CONTROLS = 'input[type="text"], input[type="range"], textarea, select, dialog *';
const SPACE_CONTROLS = "button, summary, input, pre";
const ARROW_CONTROLS = 'input[type="radio"], canvas';

/** @param {KeyActions} actions by key: " ", "ArrowRight", "r", "1", … */
export function bindKeyboard(actions) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    if (!action || event.ctrlKey || event.metaKey || event.altKey || takesKey(target, key)) return;
    event.preventDefault();
    action();
  });
}

/**
 * @param {Element} target
 * @param {string} key
 */
function takesKey(target, key) {
  if (target.matches(TEXT_CONTROLS)) return true;
  if (key === " ") return target.matches(SPACE_CONTROLS);
  return key === "ArrowRight" && target.matches(ARROW_CONTROLS);
}
