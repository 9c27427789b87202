// The view: what the page shows of its model. It draws what has changed, coarse while playing and fine when it rests.
import { LossChart } from "./chart.js";
import { findElement } from "./controls.js";
import { UnitGallery } from "./gallery.js";
import { hingeLines, MapView } from "./map.js";
import { formatLoss } from "./scales.js";
import { formatCount } from "./settings.js";
import { readTheme } from "./theme.js";

/** @typedef {import("./datasets.js").Point} Point */
/** @typedef {import("./model.js").PageModel} PageModel */

const COARSE_SIDES = [256, 128, 64];
/** The milliseconds that each of them may take while playing. @type {Record<number, number>} */
const PLAYING_MS = { 256: 4, 128: 8, 64: Infinity };
const REST_MS = 16;
const FINE_MS = 120;
const FINE_DELAY_MS = 120;
const MOST_REFINEMENTS = 8;
const SUMMARY_MS = 1000;
/** Above this many points, the markers are drawn less often than the map while playing. */
const MANY_POINTS = 1200;
/** While playing, what surrounds the map takes turns: nobody reads a number sixty times a second. */
const TURNS = 4;

export class PageView {
  /** @param {PageModel} model */
  constructor(model) {
    this.model = model;
    this.map = new MapView(findElement("decision-map"), findElement("overlay"));
    this.chart = new LossChart(findElement("chart"));
    this.gallery = new UnitGallery(findElement("units"), () => this.drawUnits());
    this.theme = readTheme(model.run.palette);
    /** As long as nothing has been measured, an ordinary machine's. */
    this.millisecondsPerPixel = 4 / 128 ** 2;
    this.refining = 0;
    this.requested = 0;
    this.summarised = -Infinity;
    this.frames = 0;
    /** What the overlay shows. @type {{points: Point[], predicted: number[]}} */
    this.overlaid = { points: [], predicted: [] };
  }

  /** Takes over the size and the colours that the page has now. */
  restyle() {
    this.theme = readTheme(this.model.run.palette);
    this.map.resize(this.theme);
    this.chart.resize(this.theme);
    this.gallery.resize(this.gallery.count);
    this.overlaid = { points: [], predicted: [] };
  }

  /** The first sight: map and points, as soon as can be; the rest follows. */
  drawFirst() {
    this.map.resize(this.theme);
    this.paint(COARSE_SIDES[1]);
    this.drawOverlay();
  }

  /** Draws the state at rest before the next repaint, however often it is asked for until then. */
  requestDraw() {
    if (this.requested) return;
    this.requested = requestAnimationFrame(() => {
      this.requested = 0;
      this.drawAtRest();
    });
  }

  /** One frame of playing. */
  drawPlaying() {
    clearTimeout(this.refining);
    this.frames += 1;
    this.paint(this.affordableSide(COARSE_SIDES, (side) => PLAYING_MS[side]));
    if (this.model.points.length < MANY_POINTS || this.frames % 6 === 0) this.renewOverlay();
    const turn = this.frames % TURNS;
    if (turn === 0) this.drawGallery();
    if (turn === 1) this.drawChart();
    if (turn === 2) this.drawMetrics();
    const now = performance.now();
    if (now - this.summarised > SUMMARY_MS) this.summarise();
  }

  /** The state between plays: at once coarse, then as fine as the screen. */
  drawAtRest() {
    clearTimeout(this.refining);
    if (!this.model.trainer) return;
    this.paint(this.affordableSide(COARSE_SIDES, () => REST_MS));
    this.drawUnits();
    this.drawChart();
    this.drawMetrics();
    this.summarise();
    this.refineLater(MOST_REFINEMENTS);
  }

  /**
   * Refines the map, again and again until it is as fine as the screen: the first paintings, with code that is not yet
   * optimised, make the machine look slower than it is.
   * @param {number} tries
   */
  refineLater(tries) {
    this.refining = window.setTimeout(() => {
      if (!this.refine() && tries > 1) this.refineLater(tries - 1);
    }, FINE_DELAY_MS);
  }

  /** Paints as finely as can be afforded; tells whether that is as fine as the screen. */
  refine() {
    const finest = Math.min(this.map.resolution, this.model.trainer?.session.painter.finestSide ?? 0);
    const sides = [finest, Math.round(finest / 2), ...COARSE_SIDES].filter((side) => side <= finest);
    const { width } = this.map.canvas;
    if (width < finest) this.paint(Math.max(this.affordableSide(sides, () => FINE_MS), width));
    return this.map.canvas.width >= finest;
  }

  /**
   * The first of the sides that can be painted in the time that it may take, going by the maps painted before.
   * @param {number[]} sides
   * @param {(side: number) => number} milliseconds
   */
  affordableSide(sides, milliseconds) {
    const affordable = sides.find((side) => side * side * this.millisecondsPerPixel <= milliseconds(side));
    return affordable ?? sides[sides.length - 1];
  }

  /** @param {number} wanted */
  paint(wanted) {
    const { trainer, settings } = this.model;
    if (!trainer) return;
    const side = Math.min(wanted, trainer.session.painter.finestSide);
    const begin = performance.now();
    const pixels = trainer.session.painter.paintMap(this.model.frame, side, this.theme.paint, settings.map === "class");
    this.millisecondsPerPixel = 0.7 * this.millisecondsPerPixel + (0.3 * (performance.now() - begin)) / side ** 2;
    this.map.showPixels(pixels, side);
  }

  /** The hidden units: hinges on the map, pictures below. */
  drawUnits() {
    this.drawOverlay();
    this.drawGallery();
  }

  drawGallery() {
    const { trainer, settings, frame } = this.model;
    const section = findElement("units-section");
    if (section.hidden === settings.hinges) {
      section.hidden = !settings.hinges;
      this.chart.resize(this.theme);
      this.gallery.resize(this.gallery.count);
    }
    if (!trainer || !settings.hinges) return;
    this.gallery.draw(trainer.session.painter.paintUnits(frame, this.theme.paint), this.theme);
  }

  /** Draws the overlay where it has changed: hinges move with every step, but the rings around points rarely change. */
  renewOverlay() {
    const { trainer, points, settings } = this.model;
    const predicted = trainer?.session.predictions() ?? [];
    const known = this.overlaid;
    const unchanged = points === known.points && predicted.every((label, index) => label === known.predicted[index]);
    if (settings.hinges || !unchanged) this.drawOverlay(predicted);
  }

  drawOverlay(predicted = this.model.trainer?.session.predictions() ?? []) {
    const { trainer, points, settings } = this.model;
    if (!trainer) return;
    const { session } = trainer;
    const ordered = [...points.filter((point) => !point.test), ...points.filter((point) => point.test)];
    const [weights, biases] = session.names.slice(0, 2).map((name) => session.workspace.floats(name));
    const hinges = settings.hinges ? hingeLines(weights, biases) : [];
    this.map.frame = this.model.frame;
    this.map.drawOverlay(ordered, predicted, hinges, this.gallery.chosen);
    this.overlaid = { points, predicted };
  }

  drawChart() {
    const { trainer, run, settings, followsRun } = this.model;
    if (!trainer) return;
    const atRun = trainer.history.entries[0] === run.losses[0];
    const reference = followsRun && !atRun ? run.losses : [];
    this.chart.draw({ entries: trainer.history.all(), reference, logarithmic: Boolean(settings.logarithmic) });
    for (const id of ["legend-test", "mark-test"]) findElement(id).hidden = trainer.scores.test === null;
    findElement("legend-reference").hidden = reference.length === 0;
  }

  drawMetrics() {
    const { trainer } = this.model;
    if (!trainer) return;
    const { train, test } = trainer.scores;
    setText("metric-step", formatCount(trainer.step));
    setText("metric-loss", formatLoss(train.loss));
    setText("metric-accuracy", formatShare(train.accuracy));
    for (const id of ["metric-test-loss", "metric-test-accuracy"]) findElement(id).hidden = !test;
    setText("metric-test-loss", test ? `test ${formatLoss(test.loss)}` : "");
    setText("metric-test-accuracy", test ? `test ${formatShare(test.accuracy)}` : "");
  }

  /** @param {number} speed measured steps per second, 0 when not playing */
  drawSpeed(speed) {
    setText("metric-speed", speed > 0 ? formatSpeed(speed) : "–");
  }

  /** The same in words, for those who do not see the canvases. */
  summarise() {
    const { trainer, points, widths, classes } = this.model;
    if (!trainer) return;
    this.summarised = performance.now();
    const { train, test } = trainer.scores;
    const tested = test ? ` Test loss ${formatLoss(test.loss)}, accuracy ${formatShare(test.accuracy)}.` : "";
    setText(
      "summary",
      `The plane coloured by the predicted class of each place, with ${points.length} points of ${classes} classes. ` +
        `Network ${widths.join("–")} at step ${trainer.step}: loss ${formatLoss(train.loss)}, ` +
        `${formatShare(train.accuracy)} of the training points are classified correctly.${tested}`,
    );
    const [first] = trainer.history.entries;
    if (!first) return;
    setText("chart-summary", `From ${formatLoss(first.train)} at step ${first.step} to ${formatLoss(train.loss)}.`);
  }
}

/**
 * @param {string} id
 * @param {string} text
 */
function setText(id, text) {
  const element = findElement(id);
  if (element.textContent !== text) element.textContent = text;
}

/** @param {number} share */
export function formatShare(share) {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : "–";
}

/** @param {number} speed */
export function formatSpeed(speed) {
  return speed >= 10 ? formatCount(Math.round(Number(speed.toPrecision(3)))) : speed.toFixed(1);
}
