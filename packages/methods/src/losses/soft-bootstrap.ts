import * as tf from '@tensorflow/tfjs-core';

/**
 * Soft bootstrapping (arXiv:1412.6596, equation 4): cross-entropy against `beta * oneHot + (1 - beta) * p` with the
 * model's own probabilities p, averaged. The gradient goes through p in both places. `beta = 1` is cross-entropy.
 *
 * @param logits `[B, K]`
 * @param oneHot `[B, K]`
 */
export const softBootstrap = (logits: tf.Tensor2D, oneHot: tf.Tensor2D, beta: number): tf.Scalar =>
  tf.tidy(() => {
    const logProbs = tf.logSoftmax(logits); // [B, K]
    const targets = tf.add(tf.mul(oneHot, beta), tf.mul(tf.exp(logProbs), 1 - beta));
    return tf.mul<tf.Scalar>(tf.sum(tf.mul(targets, logProbs)), -1 / logits.shape[0]);
  });
