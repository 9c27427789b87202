// Contestants take turns, round after round: `timing.py`, which says why, for a browser.

const CHECKED = 20;
const AGREEMENT = 1e-4;

/**
 * Seconds for one piece of work, by contestant and round. Throws when the contestants compute different things, or end in NaN.
 * @param {Record<string, (count: number) => number | null>} runs
 * @param {number} rounds
 * @param {number} seconds about how long a batch lasts
 */
export async function alternate(runs, rounds, seconds) {
  checkAgreement(Object.entries(runs).map(([name, run]) => [name, run(CHECKED)]));
  const counts = {};
  for (const [name, run] of Object.entries(runs)) counts[name] = await batchSize(run, seconds);
  const order = Object.keys(runs);
  const times = Object.fromEntries(order.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of order) {
      times[name].push(secondsOf(runs[name], counts[name]) / counts[name]);
      await pause();
    }
    order.push(order.shift()); // nobody always follows the same neighbour
  }
  for (const [name, run] of Object.entries(runs)) {
    const value = run(1);
    if (value !== null && !Number.isFinite(value)) throw new Error(`${name} ends at ${value}`);
  }
  return times;
}

/** How often the work is done in so many seconds; found by doubling, which also lets the engine optimise it. */
async function batchSize(run, seconds) {
  let count = 1;
  let spent = secondsOf(run, count);
  while (spent < seconds) {
    count *= 2;
    await pause();
    spent = secondsOf(run, count);
  }
  await pause();
  spent = secondsOf(run, count); // by now with optimised code
  return Math.max(1, Math.round((count * seconds) / spent));
}

function secondsOf(run, count) {
  const start = performance.now();
  run(count);
  return (performance.now() - start) / 1000;
}

/** Engines finish optimising, and the page stays alive, between batches. */
function pause() {
  return new Promise((done) => setTimeout(done, 0));
}

function checkAgreement(values) {
  const known = values.filter(([, value]) => value !== null);
  for (const [name, value] of known) {
    const [first, expected] = known[0];
    if (!(Math.abs(value - expected) <= AGREEMENT * Math.abs(expected)))
      throw new Error(`${name} computes ${value}, ${first} computes ${expected}`);
  }
}
