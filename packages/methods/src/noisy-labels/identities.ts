/**
 * @file What holds of labels that the training has not seen: given image and model, they are draws of the transition
 * matrix. No assumption on the network is needed.
 */
import { allowedDeviation } from './allowed-deviation.ts';
import type { LabelPair } from './fit.ts';
import type { TransitionMatrix } from './transition-matrix.ts';

/** A measured share against its expectation. */
export interface Identity {
  measured: number;
  predicted: number;
  /** deviation in standard errors of the measured share; 0 where chance has no part and the two agree */
  z: number;
  /** deviation that chance explains, at `RISK`, less the one that was met; below zero: the identity is violated */
  slack: number;
}

/** Of a false alarm, per check. */
const RISK = 1e-6;

const compare = (hits: number, probabilities: readonly number[]): Identity => {
  const n = probabilities.length;
  const expected = probabilities.reduce((sum, p) => sum + p, 0);
  const error = Math.sqrt(probabilities.reduce((sum, p) => sum + p * (1 - p), 0));
  const difference = hits - expected;
  // rounding of the sum is no deviation; where chance has no part, any other deviation is very many errors
  const z = Math.abs(difference) < 1e-9 * n ? 0 : difference / Math.max(error, 1e-9);
  const slack = (allowedDeviation(error ** 2, RISK) - Math.abs(difference)) / n;
  return { measured: hits / n, predicted: expected / n, z, slack };
};

/**
 * Of unseen flipped samples: how many are put in their observed class. A flipped label of class y is j with probability
 * `Q_yj / (1 - Q_yy)`; with symmetric noise the expectation is `(1 - A) / (K - 1)` at a clean accuracy A.
 *
 * @returns null if none of the samples is flipped
 */
export function unseenIdentity(
  predicted: Int32Array,
  { clean, observed }: LabelPair,
  matrix: TransitionMatrix,
  isUnseen: (sample: number) => boolean,
): Identity | null {
  let hits = 0;
  const probabilities: number[] = [];
  clean.forEach((y, i) => {
    if (!isUnseen(i) || observed[i] === y) return;
    const j = predicted[i] as number;
    if (j === observed[i]) hits += 1;
    const row = matrix[y] ?? [];
    // at most 1, whatever the rounding of the two
    probabilities.push(j === y ? 0 : Math.min(1, (row[j] as number) / (1 - (row[y] as number))));
  });
  return probabilities.length === 0 ? null : compare(hits, probabilities);
}

/**
 * Accuracy by observed labels of samples that are never trained on: expectation `Q_yj` per sample, over all
 * `(1 - rate) A + rate (1 - A) / (K - 1)` with symmetric noise.
 */
export function validationIdentity(
  predicted: Int32Array,
  { clean, observed }: LabelPair,
  matrix: TransitionMatrix,
): Identity {
  let hits = 0;
  const probabilities = Array.from(clean, (y, i) => {
    if (predicted[i] === observed[i]) hits += 1;
    return matrix[y]?.[predicted[i] as number] ?? 0;
  });
  return compare(hits, probabilities);
}

/** Error of a rule that repeats the label of a near neighbour, at a clean error of its own: a guide for the last error. */
export const memorisationGuide = (error: number, rate: number, classes: number): number =>
  error + rate - (error * rate * classes) / (classes - 1);
