import type { NormalBlocks } from '@crucible/engine-native/ops';

/** A stream of random numbers that is a pure function of its name, the job's seed and how much was drawn. */
export interface Rng {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [0, n). @throws RangeError unless 1 <= n <= 2^32 */
  below(n: number): number;
  /** Standard normal. */
  normal(): number;
  /**
   * Fills `out` with standard normals, rounded to its element type.
   *
   * @param native a faster way to the same numbers, for long float32 arrays
   */
  fillNormal(out: Float32Array | Float64Array, native?: NormalBlocks): void;
  /** A fresh permutation of 0..n-1. */
  permutation(n: number): Int32Array;
}
