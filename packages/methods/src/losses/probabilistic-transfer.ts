import * as tf from '@tensorflow/tfjs-core';
import { l2Normalise } from '../nn/l2-normalise.ts';

/** Added to probabilities before their ratio is taken. */
const EPSILON = 1e-7;

/**
 * Probabilistic knowledge transfer (arXiv:1803.10837): mean over all pairs of the terms of the divergence between rows of
 * probabilities, which are cosine similarities `(s + 1) / 2` divided by their sum. Differentiable in the student's
 * features.
 *
 * @param student `[B, d_S]`
 * @param teacher `[B, d_T]`
 */
export const probabilisticTransfer = (student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => {
    const [p, q] = [neighbourhoods(teacher), neighbourhoods(student)];
    const ratio = tf.log(tf.div(tf.add(p, EPSILON), tf.add(q, EPSILON)));
    return tf.mean<tf.Scalar>(tf.mul(p, ratio));
  });

const neighbourhoods = (rows: tf.Tensor2D): tf.Tensor2D => {
  const unit = l2Normalise(rows);
  const similarities = tf.div(tf.add(tf.matMul(unit, unit, false, true), 1), 2); // [B, B]
  return tf.div(similarities, tf.sum(similarities, 1, true));
};
