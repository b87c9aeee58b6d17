import * as tf from '@tensorflow/tfjs-core';

/** One parameter with its gradient and its velocity; `decay` says whether weight decay applies. */
export interface SgdUpdate {
  parameter: tf.Variable;
  gradient: tf.Tensor;
  velocity: tf.Variable;
  decay: boolean;
}

export interface SgdOptions {
  learningRate: number;
  momentum: number;
  weightDecay: number;
}

/**
 * Stochastic gradient descent with Nesterov momentum, in place:
 *
 *     g = gradient + weightDecay * parameter
 *     velocity = momentum * velocity + g
 *     parameter = parameter - learningRate * (g + momentum * velocity)
 */
export function sgdStep(updates: readonly SgdUpdate[], options: SgdOptions): void {
  const { learningRate, momentum, weightDecay } = options;
  for (const { parameter, gradient, velocity, decay } of updates)
    tf.tidy(() => {
      const g = decay && weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
      velocity.assign(tf.add(tf.mul(velocity, momentum), g));
      const step = tf.add(g, tf.mul(velocity, momentum));
      parameter.assign(tf.sub(parameter, tf.mul(step, learningRate)));
    });
}
