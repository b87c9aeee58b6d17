import * as tf from '@tensorflow/tfjs-core';
import type { Weights } from './weights.ts';

/**
 * A linear layer with bias: `[B, in]` to `[B, out]`.
 *
 * @param std standard deviation of the first weights; the bias starts at zero
 */
export function dense(
  weights: Weights,
  name: string,
  input: number,
  out: number,
  std: number,
): (x: tf.Tensor2D) => tf.Tensor2D {
  const kernel = weights.normal(`${name}/kernel`, [input, out], std, true) as tf.Variable<tf.Rank.R2>;
  const bias = weights.constant(`${name}/bias`, [out], 0, false);
  return (x) => tf.add(tf.matMul(x, kernel), bias);
}
