// The scales of the chart: where a step or a loss lies on the canvas, and at which round numbers the axes have ticks.

/** @typedef {import("./history.js").HistoryEntry} HistoryEntry */
/** @typedef {{ticks: number[], place: (value: number) => number}} Scale */

/**
 * @param {HistoryEntry[]} entries
 * @param {number} start
 * @param {number} end
 */
export function stepScale(entries, start, end) {
  const high = entries.reduce((last, entry) => Math.max(last, entry.step), 10);
  const count = Math.max(2, Math.floor((end - start) / 90));
  return {
    ticks: niceTicks(0, high, count, true),
    place: (/** @type {number} */ step) => start + ((end - start) * step) / high,
    /** The step at a place. */
    step: (/** @type {number} */ place) => (high * (place - start)) / (end - start),
  };
}

/**
 * @param {HistoryEntry[]} entries
 * @param {boolean} logarithmic
 * @param {number} bottom
 * @param {number} top
 * @returns {Scale}
 */
export function lossScale(entries, logarithmic, bottom, top) {
  const values = entries.flatMap(({ train, test }) => (test === null ? [train] : [train, test]));
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const greatest = positive.reduce((most, value) => Math.max(most, value), 0) || 1;
  if (!logarithmic) {
    const ticks = niceTicks(0, greatest, 4, false);
    const high = Math.max(greatest * 1.04, ticks[ticks.length - 1]);
    return { ticks, place: (loss) => bottom - ((bottom - top) * loss) / high };
  }
  const least = positive.reduce((smallest, value) => Math.min(smallest, value), greatest) / 1.1;
  const span = Math.log(Math.max((greatest * 1.1) / least, 1.5));
  const place = (/** @type {number} */ loss) => bottom - ((bottom - top) * Math.log(Math.max(loss, least) / least)) / span;
  return { ticks: logarithmicTicks(least, least * Math.exp(span)), place };
}

/**
 * Round numbers between two bounds, about `count` of them.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @param {boolean} whole
 */
export function niceTicks(low, high, count, whole) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const size = whole ? Math.max(1, Math.round(nice)) : nice;
  const ticks = [];
  for (let index = Math.ceil(low / size); index * size <= high * (1 + 1e-9); index++) {
    ticks.push(Number((index * size).toPrecision(12)));
  }
  return ticks;
}

const MOST_POWERS = 8;

/**
 * The numbers 1, 2 and 5 times powers of ten between two bounds; only powers, and not all of them, when there would be
 * too many, and evenly spaced numbers when there would be too few.
 * @param {number} low
 * @param {number} high
 */
export function logarithmicTicks(low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.log10(high);
  const factors = high / low > 300 ? [1] : [1, 2, 5];
  const stride = Math.ceil((last - first) / MOST_POWERS);
  const ticks = [];
  for (let power = Math.ceil(first / stride) * stride; power <= last; power += stride) {
    ticks.push(...factors.map((factor) => Number((factor * 10 ** power).toPrecision(3))));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length > 1 ? inside : niceTicks(low, high, 3, false);
}

/** @param {number} loss */
export function formatLoss(loss) {
  if (!Number.isFinite(loss)) return "–";
  return loss >= 1e4 || (loss > 0 && loss < 1e-4) ? loss.toExponential(2) : loss.toFixed(4);
}

/** @param {number} value */
export function formatTick(value) {
  if (value === 0) return "0";
  return value >= 1e4 || value < 1e-3 ? value.toExponential(0).replace("e+", "e") : String(value);
}
