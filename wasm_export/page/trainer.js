// The trainer: counts steps, remembers where training started, and steps back from a loss that is not finite.
import { LossHistory } from "./history.js";
import { copyWeights } from "./weights.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Score} Score */
/** @typedef {import("./weights.js").Weights} Weights */
/** @typedef {{method: string, rate: number, penalty: number}} Update */
/**
 * A place in a training; of the state, what is missing is zero.
 * @typedef {{weights: Weights, state: Map<string, Float32Array>, step: number}} Checkpoint
 */

export class Trainer {
  /**
   * @param {Session} session
   * @param {Weights} start the weights that `rewind` returns to
   */
  constructor(session, start) {
    this.session = session;
    /** @type {Checkpoint} */
    this.start = { weights: copyWeights(start), state: new Map(), step: 0 };
    this.history = new LossHistory();
    this.step = 0;
    this.diverged = false;
    /** @type {{train: Score, test: Score | null}} */
    this.scores = { train: { loss: NaN, accuracy: NaN }, test: null };
  }

  /**
   * Back to the very place that training started from.
   * @param {number} penalty
   */
  rewind(penalty) {
    this.load(this.start, penalty);
  }

  /**
   * Continues from elsewhere.
   * @param {Checkpoint} checkpoint
   * @param {number} penalty
   */
  load({ weights, state, step }, penalty) {
    this.session.setWeights(weights);
    this.session.setState(state);
    this.history = new LossHistory();
    this.step = step;
    this.diverged = false;
    this.measure(penalty);
  }

  /**
   * Takes steps without looking at the result, for `settle` to judge.
   * @param {number} count
   * @param {Update} update
   */
  advance(count, update) {
    this.session.train(count, update, this.step);
    this.step += count;
  }

  /**
   * What is needed to come back to here.
   * @returns {Checkpoint}
   */
  checkpoint() {
    return { weights: this.session.getWeights(), state: this.session.getState(), step: this.step };
  }

  /**
   * Measures after steps that began at `before`. If the loss is not finite, goes to the last step where all was.
   * @param {Checkpoint} before
   * @param {Update} update
   */
  settle(before, update) {
    this.measure(update.penalty);
    if (this.isFinite()) return;
    this.replay(before, update);
    this.diverged = true;
  }

  isFinite() {
    return Number.isFinite(this.scores.train.loss) && this.session.hasFiniteWeights();
  }

  /**
   * Repeats the steps from a checkpoint, one at a time, up to the last one with finite weights and loss.
   * @param {Checkpoint} before
   * @param {Update} update
   */
  replay(before, update) {
    const limit = this.step;
    let good = before;
    this.restore(good, update.penalty);
    while (this.step < limit) {
      this.advance(1, update);
      this.scores = this.session.evaluate(update.penalty);
      if (!this.isFinite()) break;
      good = this.checkpoint();
    }
    this.restore(good, update.penalty);
  }

  /**
   * @param {Checkpoint} checkpoint
   * @param {number} penalty
   */
  restore({ weights, state, step }, penalty) {
    this.session.setWeights(weights);
    this.session.setState(state);
    this.step = step;
    this.scores = this.session.evaluate(penalty);
  }

  /**
   * Brings loss and accuracy up to date.
   * @param {number} penalty
   */
  measure(penalty) {
    this.scores = this.session.evaluate(penalty);
    const { train, test } = this.scores;
    if (Number.isFinite(train.loss)) {
      this.history.add({ step: this.step, train: train.loss, test: test ? test.loss : null });
    }
  }
}
