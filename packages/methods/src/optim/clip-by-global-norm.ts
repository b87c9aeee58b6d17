import * as tf from '@tensorflow/tfjs-core';

/** Keeps the division finite where every gradient is zero. */
const SMALLEST_NORM = 1e-6;

/**
 * Gradients scaled so that the Euclidean norm of all of them together is at most `maxNorm` (arXiv:1211.5063).
 *
 * @returns the norm before, and new tensors; the ones that came in are read, not freed
 */
export function clipByGlobalNorm(
  gradients: tf.NamedTensorMap,
  maxNorm: number,
): { norm: number; gradients: tf.NamedTensorMap } {
  const norm = globalNorm(gradients);
  // a NaN compares false: it passes through to whoever checks the norm
  const factor = norm > maxNorm ? maxNorm / (norm + SMALLEST_NORM) : 1;
  return {
    norm,
    gradients: tf.tidy(() =>
      Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)])),
    ),
  };
}

/** Euclidean norm of all gradients together. */
export function globalNorm(gradients: tf.NamedTensorMap): number {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
    return squares.length === 0 ? 0 : (tf.sqrt(tf.addN(squares)).dataSync()[0] as number);
  });
}
