import type { Rng } from '../random/rng.ts';
import type { TransitionMatrix } from './transition-matrix.ts';

export interface CorruptOptions {
  /** bernoulli: each label for itself; exact: the rounded share of every class */
  count: 'bernoulli' | 'exact';
  /** decides which labels are flipped: one draw per label */
  flip: Rng;
  /** decides what they become: one draw per label, whether it is flipped or not */
  replacement: Rng;
}

/**
 * Observed labels of clean ones, by a transition matrix.
 *
 * Label i is flipped if its uniform draw lies below `1 - Q_yy`, and then becomes the class that its second draw picks
 * among the others. With the same streams the labels that are flipped at a rate are flipped at any higher rate, too, and
 * become the same.
 */
export function corruptLabels(clean: Int32Array, matrix: TransitionMatrix, options: CorruptOptions): Int32Array {
  const flips = Float64Array.from(clean, () => options.flip.uniform());
  const replacements = Float64Array.from(clean, () => options.replacement.uniform());
  const isFlipped = options.count === 'exact' ? exactFlips(clean, matrix, flips) : bernoulliFlips(clean, matrix, flips);
  return clean.map((y, i) => (isFlipped[i] === 1 ? otherClass(matrix[y] ?? [], y, replacements[i] as number) : y));
}

const flipRate = (matrix: TransitionMatrix, y: number): number => 1 - (matrix[y]?.[y] ?? 1);

const bernoulliFlips = (clean: Int32Array, matrix: TransitionMatrix, draws: Float64Array): Uint8Array =>
  Uint8Array.from(clean, (y, i) => ((draws[i] as number) < flipRate(matrix, y) ? 1 : 0));

/** The smallest draws of every class, as many as its rate asks for. */
const exactFlips = (clean: Int32Array, matrix: TransitionMatrix, draws: Float64Array): Uint8Array => {
  const flipped = new Uint8Array(clean.length);
  const byClass = new Map<number, number[]>();
  clean.forEach((y, i) => {
    const places = byClass.get(y);
    if (places === undefined) byClass.set(y, [i]);
    else places.push(i);
  });
  for (const [y, places] of byClass) {
    const ordered = places.toSorted((a, b) => (draws[a] as number) - (draws[b] as number));
    for (const i of ordered.slice(0, Math.round(flipRate(matrix, y) * places.length))) flipped[i] = 1;
  }
  return flipped;
};

/** The class other than `y` at the share `draw` of what is off the diagonal. */
const otherClass = (row: readonly number[], y: number, draw: number): number => {
  let left = draw * row.reduce((sum, p, j) => (j === y ? sum : sum + p), 0);
  let last = y;
  for (let j = 0; j < row.length; j++) {
    const p = row[j] as number;
    if (j === y || p === 0) continue;
    if (left < p) return j;
    left -= p;
    last = j; // rounding may leave a rest behind the last class
  }
  return last;
};
