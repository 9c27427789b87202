// Markers: how a point of each class looks. Shape and hue both tell the class; a test point is hollow; a ring means
// that the network is wrong about it.
import { clampNumber } from "./settings.js";

/** @typedef {{colours: string[], surface: string, ink: string}} Theme */

const TAU = 2 * Math.PI;
/** Parts of a marker, in its radii. */
const RIM = 0.375;
const RING = 1.9;

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
 * The radius of the markers in CSS pixels: the more points there are, the smaller.
 * @param {number} side of the map
 * @param {number} points
 */
export function markerRadius(side, points) {
  return (side < 500 ? 3.2 : 4) * clampNumber(Math.sqrt(600 / points), 0.45, 1);
}

/** Pictures of a theme's markers, each drawn when first asked for: stamping one is much faster than filling a path. */
export class Markers {
  /**
   * @param {Theme} theme
   * @param {number} radius in CSS pixels
   * @param {number} density device pixels per CSS pixel
   */
  constructor(theme, radius, density) {
    this.theme = theme;
    this.radius = radius;
    this.density = density;
    /** @type {Map<string, HTMLCanvasElement>} */
    this.pictures = new Map();
  }

  /**
   * @param {number} label
   * @param {boolean} hollow
   */
  point(label, hollow) {
    return this.once(`${label} ${hollow}`, 3.2, (context) => {
      const colour = this.theme.colours[label];
      traceMarker(context, label, this.radius);
      context.lineJoin = "round";
      context.lineWidth = 2 * RIM * this.radius;
      context.strokeStyle = this.theme.surface;
      context.stroke();
      context.fillStyle = hollow ? this.theme.surface : colour;
      context.fill();
      if (!hollow) return;
      context.lineWidth = RIM * this.radius;
      context.strokeStyle = colour;
      context.stroke();
    });
  }

  ring() {
    return this.once("ring", 5, (context) => {
      context.beginPath();
      context.arc(0, 0, RING * this.radius, 0, TAU);
      context.lineWidth = RIM * this.radius;
      context.strokeStyle = this.theme.ink;
      context.stroke();
    });
  }

  /**
   * @param {string} key
   * @param {number} side in radii
   * @param {(context: CanvasRenderingContext2D) => void} draw around the origin
   */
  once(key, side, draw) {
    const known = this.pictures.get(key);
    if (known) return known;
    const picture = drawSprite(side * this.radius, this.density, draw);
    this.pictures.set(key, picture);
    return picture;
  }
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
