/** @file Effective ranks of convolution kernels, beside those of random matrices of the same shapes. */
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import type { StoredTensor } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import { spearmanRho } from '../statistics/rank-correlation.ts';

/** A singular value counts if it is at least this share of the largest. */
const THRESHOLD = 0.1;

/** Both are shares of the largest rank that the shape allows. */
export interface EffectiveRank {
  /** singular values of at least a tenth of the largest */
  share: number;
  /** exponential of the entropy of the singular values, scaled to sum 1 */
  entropy: number;
}

/** A full kernel of a network with its rank, and that of a Gaussian matrix of the same shape. */
export interface KernelRank {
  kernel: string;
  rows: number;
  columns: number;
  rank: EffectiveRank;
  control: EffectiveRank;
}

/** Effective rank of a matrix; 0 for one of zeros. */
export function effectiveRank(matrix: Matrix): EffectiveRank {
  const { diagonal } = new SingularValueDecomposition(matrix, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  const largestRank = Math.min(matrix.rows, matrix.columns);
  const values = diagonal.slice(0, largestRank);
  const largest = Math.max(...values);
  if (!(largest > 0)) return { share: 0, entropy: 0 };
  const sum = values.reduce((total, value) => total + value, 0);
  const entropy = values.reduce(
    (total, value) => (value > 0 ? total - (value / sum) * Math.log(value / sum) : total),
    0,
  );
  return {
    share: values.filter((value) => value >= THRESHOLD * largest).length / largestRank,
    entropy: Math.exp(entropy) / largestRank,
  };
}

/**
 * The matrix `out x (in * h * w)` of a kernel `[h, w, in, out]`.
 *
 * @throws RangeError for another rank than 4
 */
export function kernelMatrix({ name, shape, data }: StoredTensor): Matrix {
  const [height, width, input, out] = shape;
  if (shape.length !== 4 || height === undefined || width === undefined || input === undefined || out === undefined)
    throw new RangeError(`${name} is of shape [${shape}], not a convolution kernel`);
  const columns = height * width * input;
  const matrix = Matrix.zeros(out, columns);
  for (let column = 0; column < columns; column += 1)
    for (let row = 0; row < out; row += 1) matrix.set(row, column, data[column * out + row] as number);
  return matrix;
}

/** True for a kernel over all channels with a window of more than one pixel. */
const isFull = (
  { name, shape: [height = 1, width = 1, , out] }: StoredTensor,
  all: readonly StoredTensor[],
): boolean => {
  if (!name.endsWith('/kernel') || height * width === 1 || out === undefined) return false;
  // a depth-wise kernel is [h, w, channels, 1], and its normalisation has as many channels
  const gamma = all.find((tensor) => tensor.name === `${name.slice(0, -'/kernel'.length)}-norm/gamma`);
  return gamma === undefined || gamma.shape[0] === out;
};

/**
 * Ranks of the full kernels among the weights of a network, in order.
 *
 * @param rng of the random matrices, by the kernel's name
 */
export function kernelRanks(tensors: readonly StoredTensor[], rng: (name: string) => Rng): KernelRank[] {
  return tensors
    .filter((tensor) => isFull(tensor, tensors))
    .map((tensor) => {
      const matrix = kernelMatrix(tensor);
      const { rows, columns } = matrix;
      const numbers = new Float64Array(rows * columns);
      rng(`rank/${tensor.name}`).fillNormal(numbers);
      const random = Matrix.from1DArray(rows, columns, numbers);
      return { kernel: tensor.name, rows, columns, rank: effectiveRank(matrix), control: effectiveRank(random) };
    });
}

/**
 * Rank correlation of place and entropy rank, that of the control subtracted: below zero where ranks fall; null if
 * undefined. Of the share many kernels have all: it would tie.
 */
export const rankTrend = (ranks: readonly KernelRank[]): number | null =>
  spearmanRho(
    ranks.map((_, i) => i),
    ranks.map(({ rank, control }) => rank.entropy - control.entropy),
  );

/** The ranks as CSV with a header line. */
export function rankCsv(ranks: readonly KernelRank[]): string {
  const rows = ranks.map(({ kernel, rows, columns, rank, control }) =>
    [kernel, rows, columns, rank.share, control.share, rank.entropy, control.entropy].join(','),
  );
  return `${['kernel,rows,columns,share,control_share,entropy_rank,control_entropy_rank', ...rows].join('\n')}\n`;
}
