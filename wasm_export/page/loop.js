// The loop: how many steps to take in each animation frame.
//
// Steps run in batches that are sized by how long the last ones took, until the frame's share of time is used up. When
// frames come late the share shrinks at once, and grows back slowly, since finding out what is too much costs a late
// frame. So the page stays smooth with a small network and a large one, on a phone and on a workstation.

import { clampNumber } from "./settings.js";

const LARGEST_BUDGET_MS = 8;
const SMALLEST_BUDGET_MS = 3;
const LATE_MS = 20;
const SHRINKING = 0.9;
const GROWTH_MS = 0.002;
const BATCH_MS = 1;
const LONGEST_FRAME_MS = 250;
const SPEED_WINDOW_MS = 500;

/** @typedef {(count: number) => void} TakeSteps */

/** Decides how many steps a frame gets, and measures how fast they went. */
export class Pacer {
  /** @param {() => number} clock in milliseconds */
  constructor(clock = () => performance.now()) {
    this.clock = clock;
    this.batch = 1;
    this.budget = LARGEST_BUDGET_MS;
    this.owed = 0;
    this.measured = 0;
    this.counted = 0;
    this.countedSince = NaN;
  }

  /** Forgets the measured speeds: another network or other points. */
  reset() {
    this.batch = 1;
    this.rest();
  }

  /** Playing begins or ends. */
  rest() {
    this.owed = 0;
    this.measured = 0;
    this.counted = 0;
    this.countedSince = NaN;
  }

  /**
   * Takes a frame's steps.
   * @param {number} elapsed milliseconds since the frame before
   * @param {number} speed steps per second, or Infinity
   * @param {number} limit steps left to the stop
   * @param {TakeSteps} takeSteps
   */
  frame(elapsed, speed, limit, takeSteps) {
    const budget = elapsed > LATE_MS ? SHRINKING * this.budget : this.budget + GROWTH_MS;
    this.budget = clampNumber(budget, SMALLEST_BUDGET_MS, LARGEST_BUDGET_MS);
    const due = Number.isFinite(speed) ? this.owed + (speed * Math.min(elapsed, LONGEST_FRAME_MS)) / 1000 : Infinity;
    const taken = this.run(Math.min(Math.floor(due), limit), takeSteps);
    // What the machine could not do in time is not owed: the speed is a wish, not a debt.
    this.owed = Number.isFinite(due) ? Math.min(due - taken, 1) : 0;
    this.count(taken);
    return taken;
  }

  /**
   * @param {number} wanted
   * @param {TakeSteps} takeSteps
   */
  run(wanted, takeSteps) {
    const end = this.clock() + this.budget;
    let taken = 0;
    while (taken < wanted) {
      const before = this.clock();
      if (taken > 0 && before >= end) break;
      const count = Math.min(this.batch, wanted - taken);
      takeSteps(count);
      taken += count;
      this.adapt(count, this.clock() - before);
    }
    return taken;
  }

  /**
   * @param {number} count
   * @param {number} spent
   */
  adapt(count, spent) {
    if (spent > 2 * BATCH_MS) this.batch = Math.max(1, Math.floor((count * BATCH_MS) / spent));
    else if (spent < BATCH_MS / 2 && count === this.batch) this.batch *= 2;
  }

  /** @param {number} taken */
  count(taken) {
    const now = this.clock();
    if (Number.isNaN(this.countedSince)) {
      this.countedSince = now;
      return;
    }
    this.counted += taken;
    if (now - this.countedSince < SPEED_WINDOW_MS) return;
    this.measured = (1000 * this.counted) / (now - this.countedSince);
    this.counted = 0;
    this.countedSince = now;
  }
}

/** Calls `onFrame(elapsed)` before every repaint from `start` to `stop`; hidden tabs get no frames. */
export class FrameLoop {
  /** @param {(elapsed: number) => void} onFrame */
  constructor(onFrame) {
    this.onFrame = onFrame;
    this.request = 0;
    this.last = NaN;
  }

  get running() {
    return this.request !== 0;
  }

  start() {
    if (this.running) return;
    this.last = NaN;
    this.request = requestAnimationFrame((time) => this.tick(time));
  }

  stop() {
    cancelAnimationFrame(this.request);
    this.request = 0;
  }

  /** @param {number} time */
  tick(time) {
    this.request = requestAnimationFrame((next) => this.tick(next));
    const elapsed = Number.isNaN(this.last) ? 1000 / 60 : time - this.last;
    this.last = time;
    this.onFrame(elapsed);
  }
}
