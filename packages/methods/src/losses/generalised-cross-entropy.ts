import * as tf from '@tensorflow/tfjs-core';
import { pickedLogProbs } from './picked-log-probs.ts';

/**
 * Generalised cross-entropy (arXiv:1805.07836, equation 6), `(1 - p^q) / q` of the probability `p` of the label, averaged
 * over the batch. `q -> 0` is cross-entropy, `q = 1` half of the mean absolute error. Differentiable in `logits`.
 *
 * @param logits `[B, K]`
 * @param oneHot `[B, K]`
 * @param q in `(0, 1]`
 */
export const generalisedCrossEntropy = (logits: tf.Tensor2D, oneHot: tf.Tensor2D, q: number): tf.Scalar =>
  tf.tidy(() => {
    const powers = tf.exp(tf.mul(pickedLogProbs(logits, oneHot), q)); // [B]
    return tf.mul<tf.Scalar>(tf.sub(1, tf.mean(powers)), 1 / q);
  });

/** Mean absolute error between probabilities and one-hot rows, `2 - 2 p`, averaged over the batch. */
export const meanAbsoluteError = (logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => tf.mul<tf.Scalar>(generalisedCrossEntropy(logits, oneHot, 1), 2));
