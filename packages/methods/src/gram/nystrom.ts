import { type KernelFunction, kernelMatrix } from './kernel-function.ts';
import { type Matrix, zeros } from './matrix.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Eigenvalues below this share of the largest one count as zero. */
const RANK_TOLERANCE = 1e-10;

/** The Nystrom approximation `A A^T` of a Gram matrix over landmarks. */
export interface Nystrom {
  /** `C = k(X, D)`, `[n, m]` */
  landmarkKernel: Matrix;
  /** `W = k(D, D)`, `[m, m]` */
  landmarkGram: Matrix;
  /** `A = C W^(-1/2)`, `[n, m]`, with the pseudo-inverse root where W has no full rank */
  factor: Matrix;
  /** smallest eigenvalue of W; 0 where it has no full rank */
  smallestEigenvalue: number;
}

/**
 * @param points `[n, d]`
 * @param landmarks `[m, d]`
 */
export function nystrom(kernel: KernelFunction, points: Matrix, landmarks: Matrix): Nystrom {
  const landmarkKernel = kernelMatrix(kernel, points, landmarks);
  const landmarkGram = kernelMatrix(kernel, landmarks, landmarks);
  const m = landmarks.rows;
  const { values, vectors } = symmetricEigen(landmarkGram);
  const threshold = RANK_TOLERANCE * Math.max(0, values.at(-1) ?? 0);
  const roots = values.map((value) => (value > threshold ? 1 / Math.sqrt(value) : 0));
  const inverseRoot = zeros(m, m);
  for (let a = 0; a < m; a++)
    for (let b = 0; b < m; b++) {
      let sum = 0;
      for (let j = 0; j < m; j++)
        sum += (vectors.data[a * m + j] as number) * (roots[j] as number) * (vectors.data[b * m + j] as number);
      inverseRoot.data[a * m + b] = sum;
    }
  const smallest = values[0] ?? 0;
  return {
    landmarkKernel,
    landmarkGram,
    // the root is symmetric, so its rows are its columns
    factor: kernelMatrix({ kind: 'linear' }, landmarkKernel, inverseRoot),
    smallestEigenvalue: smallest > threshold ? smallest : 0,
  };
}
