import { createHash } from 'node:crypto';
import { GAUSSIAN_TABLES, gaussianPair } from './gaussian-pair.ts';
import { philox4x32 } from './philox.ts';
import type { Rng } from './rng.ts';

const TWO_POW_32 = 4294967296;

/**
 * A stream of random numbers named by `seed` and `name`.
 *
 * Upper counter half and key are the first 128 bits of SHA-256 over both, the lower counter half counts blocks:
 * streams of different names are independent, and equal names give equal numbers in every process.
 *
 * @param seed the job's seed
 */
export function createRng(seed: number, name: string): Rng {
  const digest = createHash('sha256').update(`${seed}\n${name}`, 'utf8').digest();
  const position = new Uint32Array(6); // counter (lowest word first), then key
  for (let i = 0; i < 4; i++) position[i + 2] = digest.readUInt32LE(4 * i);
  const words = new Uint32Array(4);
  const pairWords = new Uint32Array(2);
  const pair = new Float64Array(2);
  let used = 4; // words of the current block already handed out
  let hasSpare = false; // pair[1] is a normal not yet handed out

  const skip = (blocks: number): void => {
    const low = (position[0] as number) + blocks;
    position[0] = low; // wraps, and then the carry goes one word up
    if (low >= TWO_POW_32) position[1] = (position[1] as number) + 1;
  };

  const nextBlock = (): void => {
    philox4x32(words, position);
    skip(1);
    used = 0;
  };

  const uint32 = (): number => {
    if (used === 4) nextBlock();
    return words[used++] as number;
  };

  const normal = (): number => {
    if (hasSpare) {
      hasSpare = false;
      return pair[1] as number;
    }
    pairWords[0] = uint32();
    pairWords[1] = uint32();
    gaussianPair(pair, 0, pairWords, 0);
    hasSpare = true;
    return pair[0] as number;
  };

  const below = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > TWO_POW_32)
      throw new RangeError(`below: want an integer in [1, 2^32], got ${n}`);
    const limit = TWO_POW_32 - (TWO_POW_32 % n); // words from here on would favour small results
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % n;
  };

  return {
    uint32,
    uniform: () => {
      const high = uint32() >>> 5;
      return (high * 67108864 + (uint32() >>> 6)) / 9007199254740992;
    },
    below,
    normal,
    fillNormal: (out, native) => {
      let at = 0;
      // the slow way to a block boundary, so that n calls of normal() and one fill give the same numbers
      while (at < out.length && (hasSpare || used !== 4)) out[at++] = normal();
      const blocks = Math.floor((out.length - at) / 4);
      if (native !== undefined && out instanceof Float32Array && blocks > 0) {
        native(out.subarray(at, at + 4 * blocks), position, GAUSSIAN_TABLES);
        skip(blocks);
        at += 4 * blocks;
      }
      for (; at + 4 <= out.length; at += 4) {
        nextBlock();
        gaussianPair(out, at, words, 0);
        gaussianPair(out, at + 2, words, 2);
      }
      if (used === 0) used = 4;
      while (at < out.length) out[at++] = normal();
    },
    permutation: (n) => {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1);
        const held = order[i] as number;
        order[i] = order[j] as number;
        order[j] = held;
      }
      return order;
    },
  };
}
