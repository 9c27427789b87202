// Markers: how a point of each class looks. Shape and hue both tell the class; a test point is hollow; a ring means
// that the network is wrong about it.

/** @typedef {{colours: string[], surface: string, ink: string}} Theme */

const TAU = 2 * Math.PI;
const RIM = 1.5;

/**
 * The outline of a class's shape around the origin; all shapes have about the area of the circle.
 * @param {CanvasRenderingContext2D} context
 * @param {number} label
 * @param {number} radius
 */
export function traceMarker(context, label, radius) {
  context.beginPath();
  if (label === 0) context.arc(0, 0, radius, 0, TAU);
  else if (label === 1) tracePolygon(context, 4, radius * 1.25, Math.PI / 4);
  else if (label === 2) tracePolygon(context, 3, radius * 1.45, 0);
  else if (label === 3) tracePolygon(context, 4, radius * 1.3, 0);
  else if (label === 4) tracePolygon(context, 3, radius * 1.45, Math.PI);
  else tracePolygon(context, 6, radius * 1.1, 0);
  context.closePath();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} corners
 * @param {number} radius
 * @param {number} turn
 */
function tracePolygon(context, corners, radius, turn) {
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (TAU * corner) / corners;
    context.lineTo(radius * Math.sin(angle), -radius * Math.cos(angle));
  }
}

/**
 * Pictures of all markers of a theme, drawn once: stamping a picture is much faster than filling a path.
 * @param {Theme} theme
 * @param {number} radius in CSS pixels
 * @param {number} density device pixels per CSS pixel
 */
export function drawMarkers(theme, radius, density) {
  const draw = (/** @type {number} */ label, /** @type {boolean} */ hollow) =>
    drawSprite(radius * 3.2, density, (context) => {
      const colour = theme.colours[label];
      traceMarker(context, label, radius);
      context.lineJoin = "round";
      context.lineWidth = 2 * RIM;
      context.strokeStyle = theme.surface;
      context.stroke();
      context.fillStyle = hollow ? theme.surface : colour;
      context.fill();
      if (!hollow) return;
      context.lineWidth = RIM;
      context.strokeStyle = colour;
      context.stroke();
    });
  const ring = drawSprite(radius * 5, density, (context) => {
    context.beginPath();
    context.arc(0, 0, radius + 3.5, 0, TAU);
    context.lineWidth = 1.5;
    context.strokeStyle = theme.ink;
    context.stroke();
  });
  return {
    filled: theme.colours.map((_, label) => draw(label, false)),
    hollow: theme.colours.map((_, label) => draw(label, true)),
    ring,
  };
}

/**
 * @param {number} side
 * @param {number} density
 * @param {(context: CanvasRenderingContext2D) => void} draw around the origin
 */
function drawSprite(side, density, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(side * density);
  const context = getContext(canvas);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.scale(density, density);
  draw(context);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
export function getContext(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
