// Minibatches: which points each step sees, a permutation of all drawn anew for every epoch, as in minigrad/train.py but
// from other random numbers. A step's batch follows from the seed and the step alone, so that it can be repeated.
import { Random } from "./random.js";

export class Batches {
  /**
   * @param {number} points how many there are
   * @param {number} size of a batch, no more than that
   * @param {number} seed
   */
  constructor(points, size, seed) {
    this.points = points;
    this.size = size;
    this.seed = seed;
    this.perEpoch = Math.floor(points / size);
    this.epoch = -1;
    /** @type {number[]} */
    this.order = [];
  }

  /**
   * The indices of a step's points. What an epoch leaves over after its last whole batch is left out.
   * @param {number} step
   */
  rows(step) {
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.epoch) {
      this.epoch = epoch;
      const random = new Random((this.seed ^ Math.imul(epoch + 1, 0x9e3779b1)) >>> 0);
      this.order = random.shuffle([...Array(this.points).keys()]);
    }
    const start = (step % this.perEpoch) * this.size;
    return this.order.slice(start, start + this.size);
  }
}
