// The loss so far: one entry per frame, thinned so that it stays small however long the page plays.

const MOST_ENTRIES = 2000;

/** @typedef {{step: number, train: number, test: number | null}} HistoryEntry */

export class LossHistory {
  constructor() {
    /** @type {HistoryEntry[]} */
    this.entries = [];
    this.spacing = 0;
    /** @type {HistoryEntry | null} */
    this.latest = null;
  }

  /** @param {HistoryEntry} entry */
  add(entry) {
    this.latest = entry;
    const last = this.entries[this.entries.length - 1];
    if (last && entry.step - last.step < this.spacing) return;
    this.entries.push(entry);
    if (this.entries.length > MOST_ENTRIES) this.thin();
  }

  /** Drops every second entry, and keeps new ones as far apart as the rest. */
  thin() {
    const last = this.entries[this.entries.length - 1];
    this.entries = this.entries.filter((_, index) => index % 2 === 0);
    this.spacing = last.step / this.entries.length;
  }

  /** All entries, the latest one included. */
  all() {
    const last = this.entries[this.entries.length - 1];
    return this.latest && this.latest !== last ? [...this.entries, this.latest] : this.entries;
  }
}

/**
 * The entry whose step is nearest, by bisection.
 * @param {HistoryEntry[]} entries in the order of their steps
 * @param {number} step
 */
export function nearestEntry(entries, step) {
  let [low, high] = [0, entries.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].step < step) low = middle + 1;
    else high = middle;
  }
  const before = entries[Math.max(low - 1, 0)];
  return step - before.step < entries[low].step - step ? before : entries[low];
}
