import { Matrix as Dense, EigenvalueDecomposition } from 'ml-matrix';
import { type Matrix, transposedTimes, zeros } from './matrix.ts';

/** Eigenvalues of a symmetric matrix, rising, and its eigenvectors as columns. */
export interface SymmetricEigen {
  values: readonly number[];
  /** `[n, n]`, column j belongs to value j */
  vectors: Matrix;
}

export function symmetricEigen(matrix: Matrix): SymmetricEigen {
  const n = matrix.rows;
  const rows = Array.from({ length: n }, (_, i) => matrix.data.slice(i * n, (i + 1) * n));
  const decomposition = new EigenvalueDecomposition(new Dense(rows), { assumeSymmetric: true });
  const order = decomposition.realEigenvalues.map((value, j) => ({ value, j })).sort((a, b) => a.value - b.value);
  const vectors = zeros(n, n);
  order.forEach(({ j }, to) => {
    for (let i = 0; i < n; i++) vectors.data[i * n + to] = decomposition.eigenvectorMatrix.get(i, j);
  });
  return { values: order.map(({ value }) => value), vectors };
}

/** Largest singular value. */
export function spectralNorm(matrix: Matrix): number {
  const { values } = symmetricEigen(transposedTimes(matrix, matrix));
  return Math.sqrt(Math.max(0, values.at(-1) ?? 0));
}
