import * as tf from '@tensorflow/tfjs-core';

/** Keeps the division finite where every gradient is zero. */
const SMALLEST_NORM = 1e-6;

/**
 * Gradients scaled so that the Euclidean norm of all of them together is at most `maxNorm` (arXiv:1211.5063).
 *
 * @returns new tensors; the ones that came in are read, not freed
 */
export function clipByGlobalNorm(gradients: tf.NamedTensorMap, maxNorm: number): tf.NamedTensorMap {
  return tf.tidy(() => {
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(globalNorm(gradients), SMALLEST_NORM)));
    return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
  });
}

/** Euclidean norm of all gradients together, a scalar. */
export function globalNorm(gradients: tf.NamedTensorMap): tf.Scalar {
  return tf.tidy(() => {
    // one by one: a GPU bounds the inputs of a single kernel, and a model has more parameters than that
    const squares = Object.values(gradients).map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
    return tf.sqrt(squares.reduce((total, square) => tf.add(total, square), tf.scalar(0)));
  });
}
