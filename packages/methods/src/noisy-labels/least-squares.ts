import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/**
 * Least squares over fixed inputs, factored once: `w` of `X'X w = X'y`.
 *
 * @param inputs X, `[samples, dimension]` by rows
 * @returns weights of targets y
 * @throws RangeError if the inputs do not tell all weights apart
 */
export function leastSquares(
  inputs: Float64Array,
  samples: number,
  dimension: number,
): (targets: Float64Array) => Float64Array {
  const rows = Array.from({ length: samples }, (_, i) => inputs.subarray(i * dimension, (i + 1) * dimension));
  const x = new Matrix(rows);
  const transposed = x.transpose();
  const factor = new CholeskyDecomposition(transposed.mmul(x));
  if (!factor.isPositiveDefinite())
    throw new RangeError(`${samples} inputs of dimension ${dimension} do not tell all weights apart`);
  return (targets) => Float64Array.from(factor.solve(transposed.mmul(Matrix.columnVector([...targets]))).to1DArray());
}
