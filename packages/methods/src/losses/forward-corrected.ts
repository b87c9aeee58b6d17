import * as tf from '@tensorflow/tfjs-core';

/** Probabilities below this count as this, so that the logarithm stays finite. */
const SMALLEST = 1e-12;

/**
 * Cross-entropy of the observed labels under the model's clean probabilities and a transition matrix, forward correction
 * of arXiv:1609.03683: `-log (Q^T p)` at the label, averaged. `Q = I` is cross-entropy. Differentiable in `logits`.
 *
 * @param logits `[B, K]`
 * @param oneHot `[B, K]` of observed labels
 * @param matrix `[K, K]`, row y: probabilities of the observed labels of class y
 */
export const forwardCorrected = (logits: tf.Tensor2D, oneHot: tf.Tensor2D, matrix: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => {
    const observed = tf.matMul(tf.softmax(logits), matrix); // [B, K]
    const picked = tf.sum(tf.mul(observed, oneHot), 1); // [B]
    return tf.neg<tf.Scalar>(tf.mean(tf.log(tf.maximum(picked, SMALLEST))));
  });
