import * as tf from '@tensorflow/tfjs-core';

/**
 * Squared Euclidean distances of all pairs of rows, at least 0. Differentiable in both.
 *
 * @param a `[n, d]`
 * @param b `[m, d]`
 * @returns `[n, m]`
 */
export const squaredDistances = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => {
    const ofA = tf.sum(tf.square(a), 1, true); // [n, 1]
    const ofB = tf.reshape(tf.sum(tf.square(b), 1), [1, b.shape[0]]);
    const products = tf.matMul(a, b, false, true);
    const half = tf.sub(ofA, tf.mul(products, 2)); // [n, m]; one side at a time is stretched, which engines do fast
    return tf.maximum<tf.Tensor2D>(tf.add(half, ofB), 0);
  });
