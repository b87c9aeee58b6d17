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
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
    return squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN(squares as tf.Scalar[]));
  });
}
