// Seeded random numbers: the same seed gives the same page on every machine.

/** Uniform and normal numbers from a 32-bit seed (mulberry32: one multiply-and-mix of a counter per number). */
export class Random {
  /** @param {number} seed */
  constructor(seed) {
    this.counter = seed >>> 0;
    /** @type {number | null} */
    this.spare = null;
  }

  /** A number in [0, 1). */
  uniform() {
    this.counter = (this.counter + 0x6d2b79f5) >>> 0;
    let mixed = this.counter;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A number with mean 0 and variance 1 (Box and Muller's pair, one of them kept for the next call). */
  normal() {
    if (this.spare !== null) {
      const spare = this.spare;
      this.spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /**
   * The items in random order (Fisher and Yates), in a new array.
   * @template T
   * @param {T[]} items
   */
  shuffle(items) {
    const order = items.slice();
    for (let last = order.length - 1; last > 0; last--) {
      const chosen = Math.floor(this.uniform() * (last + 1));
      [order[last], order[chosen]] = [order[chosen], order[last]];
    }
    return order;
  }
}
