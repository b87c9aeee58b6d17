import * as tf from '@tensorflow/tfjs-core';

/**
 * Logarithm of the probability of each row's label. Differentiable in `logits`.
 *
 * @param logits `[B, K]`
 * @param oneHot `[B, K]`
 * @returns `[B]`
 */
export const pickedLogProbs = (logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D =>
  tf.tidy(() => tf.sum<tf.Tensor1D>(tf.mul(tf.logSoftmax(logits), oneHot), 1));
