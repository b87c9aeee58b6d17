import * as tf from '@tensorflow/tfjs-core';

/** Below this norm a row is divided by it instead, so that a zero row stays zero. */
const SMALLEST_NORM = 1e-12;

/** Rows `[B, D]` divided by their Euclidean norm. Differentiable. */
export function l2Normalise(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const squares = tf.sum(tf.square(rows), 1, true); // [B, 1]
    // the maximum is taken before the root: the root's slope at zero is infinite
    return tf.div<tf.Tensor2D>(rows, tf.sqrt(tf.maximum(squares, SMALLEST_NORM ** 2)));
  });
}
