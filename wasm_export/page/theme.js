// The theme: colours of the style sheet as the canvases and the compiled painter need them.

/**
 * The colours in force now, light or dark.
 * @param {string[]} palette one `#rrggbb` per class
 */
export function readTheme(palette) {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const [ink, muted, hairline, accent, surface] = ["ink", "muted", "hairline", "accent", "surface"].map(colour);
  return {
    ink,
    muted,
    hairline,
    accent,
    surface,
    font: "12px system-ui, sans-serif",
    colours: palette,
    paint: {
      background: hexToRgb(surface),
      ink: hexToRgb(ink),
      accent: hexToRgb(accent),
      classes: palette.map(hexToRgb),
    },
  };
}

/**
 * @param {string} hex such as `#5790fc`
 * @returns {number[]} red, green, blue from 0 to 255
 */
export function hexToRgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/**
 * Calls back when the colours, the width or the resolution of the page have changed.
 * @param {() => void} onChange
 */
export function watchTheme(onChange) {
  let known = pageState();
  const check = () => {
    if (known === pageState()) return;
    known = pageState();
    onChange();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", check);
  window.addEventListener("resize", check);
  new ResizeObserver(check).observe(document.body);
}

/** What the canvases depend on, as one text. */
function pageState() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return `${document.body.clientWidth} ${window.devicePixelRatio} ${dark}`;
}
