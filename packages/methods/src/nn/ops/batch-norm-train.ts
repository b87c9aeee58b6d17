import * as tf from '@tensorflow/tfjs-core';

/** What follows the normalisation, and what happens to the running statistics. */
export interface BatchNormTrainOptions {
  epsilon: number;
  /** applied last, after the residual */
  relu: boolean;
  /** added to the normalised value; same shape as `x` */
  residual?: tf.Tensor4D;
  /** updated in place: `running = (1 - momentum) * running + momentum * batch`, with the unbiased batch variance */
  running: { mean: tf.Variable; variance: tf.Variable; momentum: number };
}

/**
 * `relu(gamma * (x - mean) / sqrt(variance + epsilon) + beta + residual)` with mean and variance of this batch, per
 * channel. Differentiable in `x`, `gamma`, `beta` and the residual.
 *
 * @param x `[B, H, W, C]`
 * @param gamma `[C]`
 * @param beta `[C]`
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: BatchNormTrainOptions,
): tf.Tensor4D {
  const { epsilon, relu, residual, running } = options;
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]); // [C]
    const values = x.size / gamma.size;
    updateRunning(running.mean, mean, running.momentum);
    updateRunning(running.variance, tf.mul(variance, values / Math.max(1, values - 1)), running.momentum);
    const scaled = tf.batchNorm4d(x, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, epsilon);
    const sum = residual === undefined ? scaled : tf.add<tf.Tensor4D>(scaled, residual);
    return relu ? tf.relu(sum) : sum;
  });
}

const updateRunning = (running: tf.Variable, batch: tf.Tensor, momentum: number): void => {
  tf.tidy(() => running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum))));
};
