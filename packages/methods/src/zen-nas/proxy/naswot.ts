import * as tf from '@tensorflow/tfjs-core';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { plainNetwork } from './plain-network.ts';
import { normalImages, type ProxyInput } from './proxy-input.ts';

/**
 * NASWOT: how differently the images of a batch switch the ReLUs of the network. With `c_i` the binary code of image
 * `i` over the inputs of all ReLUs,
 *
 *     score = ln |det K|,  K_ij = number of ReLUs that are both on or both off for images i and j
 *
 * (Mellor et al., "Neural Architecture Search without Training", as arXiv:2102.01063 compares with it). `K` is
 * positive semi-definite; the score of a singular one is -Infinity.
 */
export async function naswot({ blocks, batchSize, resolution, classes, rng }: ProxyInput): Promise<number> {
  const network = plainNetwork(blocks, classes, 'normal', rng);
  try {
    const kernel = tf.tidy(() => {
      let sum: tf.Tensor2D = tf.zeros([batchSize, batchSize]);
      network.forward(normalImages({ blocks, batchSize, resolution, rng }), (z) => {
        const code = tf.reshape<tf.Rank.R2>(tf.cast(tf.greater(z, 0), 'float32'), [batchSize, -1]);
        const off = tf.sub<tf.Tensor2D>(1, code);
        sum = tf.addN([sum, tf.matMul(code, code, false, true), tf.matMul(off, off, false, true)]);
      });
      return sum;
    });
    const rows = (await kernel.array()) as number[][];
    kernel.dispose();
    return logDeterminant(rows);
  } finally {
    network.dispose();
  }
}

/** ln det of a symmetric positive matrix; -Infinity when it is not positive definite. */
export function logDeterminant(rows: number[][]): number {
  const cholesky = new CholeskyDecomposition(new Matrix(rows));
  if (!cholesky.isPositiveDefinite()) return Number.NEGATIVE_INFINITY;
  return cholesky.lowerTriangularMatrix.diagonal().reduce((sum, value) => sum + 2 * Math.log(value), 0);
}
