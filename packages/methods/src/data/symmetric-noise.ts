import type { Rng } from '../random/rng.ts';

/**
 * Labels of which each is replaced with probability `rate` by one of the other classes, all alike. With the same stream
 * the labels that are replaced at a rate are replaced at any higher one, too, by the same.
 */
export const symmetricNoise = (labels: Int32Array, classes: number, rate: number, rng: Rng): Int32Array =>
  labels.map((label) => {
    const isFlipped = rng.uniform() < rate;
    const other = (label + 1 + rng.below(classes - 1)) % classes;
    return isFlipped ? other : label;
  });
