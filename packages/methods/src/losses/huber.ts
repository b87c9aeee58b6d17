import * as tf from '@tensorflow/tfjs-core';

/**
 * Huber's loss of each element: `u^2 / 2` up to `delta`, `delta (|u| - delta / 2)` beyond. Differentiable.
 */
export const huber = <T extends tf.Tensor>(u: T, delta: number): T =>
  tf.tidy(() => {
    const size = tf.abs(u);
    const inner = tf.minimum(size, delta);
    return tf.add<T>(tf.mul(tf.square(inner), 0.5), tf.mul(tf.sub(size, inner), delta));
  });
