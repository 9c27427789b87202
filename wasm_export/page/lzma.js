// LZMA, the decoder: it remembers all that came before, where deflate looks back 32 KiB. The modules of the file are much
// alike but further apart than that, so they take half the room this way.
//
// The stream is bits, each coded by how likely it was under its circumstances (https://7-zip.org/sdk.html, lzma-spec.txt).
// This reads raw streams made with lc = lp = pb = 0: neither the byte before nor the position counts as circumstance.

const PROBABILITY_BITS = 11;
const EVEN = 1 << (PROBABILITY_BITS - 1);
const ADAPTATION = 5;
const SMALLEST_RANGE = 1 << 24;
const SHORTEST_MATCH = 2;
const STATES = 12;
/** From this state on, the last thing was a match. */
const AFTER_MATCH = 7;

/** How likely each bit of some kind is to be 0. @param {number} count */
function makeProbabilities(count) {
  return new Uint16Array(count).fill(EVEN);
}

/** The arithmetic decoder: what a bit is depends on where `code` lies in a range that was divided by likelihood. */
class RangeDecoder {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 5;
    this.range = 0xffffffff;
    this.code = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  }

  /**
   * @param {Uint16Array} probabilities learns from each bit
   * @param {number} index
   */
  bit(probabilities, index) {
    const probability = probabilities[index];
    const bound = (this.range >>> PROBABILITY_BITS) * probability;
    const isOne = this.code >= bound;
    if (isOne) {
      this.range -= bound;
      this.code -= bound;
      probabilities[index] = probability - (probability >> ADAPTATION);
    } else {
      this.range = bound;
      probabilities[index] = probability + ((2 * EVEN - probability) >> ADAPTATION);
    }
    this.refill();
    return Number(isOne);
  }

  /** Bits that were as likely 0 as 1. @param {number} count */
  plainBits(count) {
    let value = 0;
    for (let bit = 0; bit < count; bit++) {
      this.range >>>= 1;
      const isOne = this.code >= this.range;
      if (isOne) this.code -= this.range;
      value = 2 * value + Number(isOne);
      this.refill();
    }
    return value;
  }

  refill() {
    if (this.range >= SMALLEST_RANGE) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | this.bytes[this.at++]) >>> 0;
  }

  /**
   * A number, its highest bit first; what is likely for a bit depends on those before it.
   * @param {Uint16Array} probabilities
   * @param {number} bits
   * @param {number} [start]
   */
  number(probabilities, bits, start = 0) {
    let node = 1;
    for (let bit = 0; bit < bits; bit++) node = 2 * node + this.bit(probabilities, start + node);
    return node - (1 << bits);
  }

  /**
   * The same with the lowest bit first.
   * @param {Uint16Array} probabilities
   * @param {number} bits
   * @param {number} [start]
   */
  reversedNumber(probabilities, bits, start = 0) {
    let [node, value] = [1, 0];
    for (let index = 0; index < bits; index++) {
      const bit = this.bit(probabilities, start + node);
      node = 2 * node + bit;
      value += bit << index;
    }
    return value;
  }
}

/** How long a match is: short, middling or long. */
class LengthDecoder {
  constructor() {
    this.choice = makeProbabilities(2);
    this.short = makeProbabilities(1 << 3);
    this.middling = makeProbabilities(1 << 3);
    this.long = makeProbabilities(1 << 8);
  }

  /** @param {RangeDecoder} decoder */
  read(decoder) {
    if (!decoder.bit(this.choice, 0)) return SHORTEST_MATCH + decoder.number(this.short, 3);
    if (!decoder.bit(this.choice, 1)) return SHORTEST_MATCH + 8 + decoder.number(this.middling, 3);
    return SHORTEST_MATCH + 16 + decoder.number(this.long, 8);
  }
}

/** How far back a match lies: the magnitude, then its lower bits. */
class DistanceDecoder {
  constructor() {
    this.magnitudes = [0, 1, 2, 3].map(() => makeProbabilities(1 << 6));
    this.middle = makeProbabilities(128);
    this.lowest = makeProbabilities(1 << 4);
  }

  /**
   * @param {RangeDecoder} decoder
   * @param {number} length
   */
  read(decoder, length) {
    const magnitude = decoder.number(this.magnitudes[Math.min(length - SHORTEST_MATCH, 3)], 6);
    if (magnitude < 4) return magnitude;
    const bits = (magnitude >> 1) - 1;
    const base = (2 + (magnitude & 1)) * 2 ** bits;
    if (magnitude < 14) return base + decoder.reversedNumber(this.middle, bits, base - magnitude);
    return base + 16 * decoder.plainBits(bits - 4) + decoder.reversedNumber(this.lowest, 4);
  }
}

/** Writes out literals and copies of what was written before. */
class LzmaDecoder {
  /**
   * @param {Uint8Array} bytes
   * @param {number} size
   */
  constructor(bytes, size) {
    this.decoder = new RangeDecoder(bytes);
    this.result = new Uint8Array(size);
    this.at = 0;
    /** What the last things were, from 0 for literals only; by it, what comes next is more or less likely. */
    this.state = 0;
    /** The last four distances, the latest first; 0 is the byte before. */
    this.recent = [0, 0, 0, 0];
    this.literals = makeProbabilities(0x300);
    this.newLengths = new LengthDecoder();
    this.oldLengths = new LengthDecoder();
    this.distances = new DistanceDecoder();
    this.isMatch = makeProbabilities(STATES);
    this.isOld = makeProbabilities(STATES);
    this.isLong = makeProbabilities(STATES);
    /** Whether an old distance is not the first, not the second, not the third of `recent`. */
    this.isLater = [1, 2, 3].map(() => makeProbabilities(STATES));
  }

  run() {
    while (this.at < this.result.length) {
      if (!this.decoder.bit(this.isMatch, this.state)) this.readLiteral();
      else if (!this.decoder.bit(this.isOld, this.state)) this.readMatch();
      else this.readOldMatch();
    }
    return this.result;
  }

  readLiteral() {
    const { decoder, literals, result } = this;
    let node = 1;
    if (this.state >= AFTER_MATCH) {
      // The byte that the match would have gone on with: until a bit differs from it, it says what is likely.
      let expected = result[this.at - this.recent[0] - 1];
      for (let alike = true; alike && node < 0x100; expected <<= 1) {
        const guess = (expected >> 7) & 1;
        const bit = decoder.bit(literals, ((1 + guess) << 8) + node);
        node = 2 * node + bit;
        alike = bit === guess;
      }
    }
    while (node < 0x100) node = 2 * node + decoder.bit(literals, node);
    result[this.at++] = node;
    this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
  }

  readMatch() {
    const length = this.newLengths.read(this.decoder);
    this.recent = [this.distances.read(this.decoder, length), ...this.recent.slice(0, 3)];
    this.state = this.state < AFTER_MATCH ? 7 : 10;
    this.copy(length);
  }

  /** A match at one of the last distances, or a single byte at the very last. */
  readOldMatch() {
    const afterMatch = this.state >= AFTER_MATCH;
    let index = 0;
    while (index < 3 && this.decoder.bit(this.isLater[index], this.state)) index += 1;
    if (index === 0 && !this.decoder.bit(this.isLong, this.state)) {
      this.state = afterMatch ? 11 : 9;
      return this.copy(1);
    }
    this.recent = [this.recent[index], ...this.recent.filter((_, other) => other !== index)];
    const length = this.oldLengths.read(this.decoder);
    this.state = afterMatch ? 11 : 8;
    this.copy(length);
  }

  /** @param {number} length */
  copy(length) {
    const end = Math.min(this.at + length, this.result.length);
    const distance = this.recent[0] + 1;
    for (; this.at < end; this.at++) this.result[this.at] = this.result[this.at - distance];
  }
}

/**
 * The content of a raw LZMA stream.
 * @param {Uint8Array} bytes
 * @param {number} size of the content
 */
export function decodeLzma(bytes, size) {
  return new LzmaDecoder(bytes, size).run();
}
