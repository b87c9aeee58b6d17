import type { LabelNoise } from '@crucible/contracts';
import { DataError } from '../method.ts';
import { allowedDeviation } from './allowed-deviation.ts';
import type { LabelPair } from './fit.ts';

/** Noise whose observed label depends on the clean one alone. */
export type ClassNoise = Exclude<LabelNoise, { kind: 'instance' }>;

/** Of a false alarm, over all entries. */
const RISK = 1e-6;

/** `Q[y][j]`: probability of the observed label j of class y. */
export type TransitionMatrix = readonly (readonly number[])[];

/** Classes of Fashion-MNIST that look alike: T-shirt and shirt, pullover and coat, trouser and dress, shoes, bag and boot. */
const FASHION_MNIST_LOOK_ALIKES = [6, 3, 4, 1, 2, 7, 0, 5, 9, 8];

/**
 * The transition matrix of a noise at a rate.
 *
 * @param rate share of flipped labels; a given matrix has its own
 * @throws DataError if a list or a matrix does not fit the classes
 */
export function transitionMatrix(noise: ClassNoise, classes: number, rate: number): TransitionMatrix {
  const rows = (offDiagonal: (y: number, j: number) => number): number[][] =>
    Array.from({ length: classes }, (_, y) =>
      Array.from({ length: classes }, (_, j) => (j === y ? 1 - rate : rate * offDiagonal(y, j))),
    );
  switch (noise.kind) {
    case 'symmetric':
      return rows(() => 1 / (classes - 1));
    case 'pair':
      return rows((y, j) => (j === (y + 1) % classes ? 1 : 0));
    case 'near': {
      const lookAlikes = noise.lookAlikes ?? FASHION_MNIST_LOOK_ALIKES;
      if (lookAlikes.length !== classes)
        throw new DataError(`noise.lookAlikes has ${lookAlikes.length} entries, the dataset ${classes} classes.`);
      return rows((y, j) => (j === lookAlikes[y] ? 1 : 0));
    }
    case 'matrix':
      if (noise.matrix.length !== classes)
        throw new DataError(`noise.matrix has ${noise.matrix.length} rows, the dataset ${classes} classes.`);
      return noise.matrix;
  }
}

/** Whether the clean label is the most frequent observed label of every class: else no method can find it. */
export const hasMajority = (matrix: TransitionMatrix): boolean =>
  matrix.every((row, y) => row.every((p, j) => j === y || p < (row[y] as number)));

/** Counts of clean against observed labels, row by clean label. */
export function labelCounts({ clean, observed }: LabelPair, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  clean.forEach((y, i) => {
    const row = counts[y] as number[];
    row[observed[i] as number] = (row[observed[i] as number] as number) + 1;
  });
  return counts;
}

/**
 * By how much label counts could still move away from a matrix before one of them is more than chance explains, as a
 * share of its row: the smallest over all entries. Below zero: they are no draws of the matrix.
 */
export function matrixSlack(counts: readonly (readonly number[])[], matrix: TransitionMatrix): number {
  let smallest = 1;
  counts.forEach((row, y) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    if (total === 0) return;
    row.forEach((count, j) => {
      const p = matrix[y]?.[j] ?? 0;
      const allowed = allowedDeviation(total * p * (1 - p), RISK / counts.length ** 2);
      smallest = Math.min(smallest, (allowed - Math.abs(count - total * p)) / total);
    });
  });
  return smallest;
}
