/**
 * @file Philox4x32-10: a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 * A block of four words is a pure function of a 128-bit counter and a 64-bit key, so a stream needs no stored state
 * and any position of it can be reached at once.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** What is added to the key words after each round: the golden ratio and the square root of three, less one. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** High 32 bits of the product of two unsigned words, as a signed word. `bHigh` and `bLow` are 16-bit halves. */
const multiplyHigh = (a: number, bHigh: number, bLow: number): number => {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const cross = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
};

/**
 * Writes the four words of one block to `out[0..3]`.
 *
 * Words travel in typed arrays: as plain arguments half of them would be boxed, which costs more than the rounds.
 *
 * @param position six words: counter (lowest first), then key
 */
export function philox4x32(out: Uint32Array, position: Uint32Array): void {
  let c0 = (position[0] as number) | 0;
  let c1 = (position[1] as number) | 0;
  let c2 = (position[2] as number) | 0;
  let c3 = (position[3] as number) | 0;
  let k0 = (position[4] as number) | 0;
  let k1 = (position[5] as number) | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(c0, MULTIPLIER_0 >>> 16, MULTIPLIER_0 & 0xffff);
    const low0 = Math.imul(c0, MULTIPLIER_0);
    const high1 = multiplyHigh(c2, MULTIPLIER_1 >>> 16, MULTIPLIER_1 & 0xffff);
    const low1 = Math.imul(c2, MULTIPLIER_1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
