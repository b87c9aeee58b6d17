import { sgdStep } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../nn/model.ts';
import type { Optimizer, OptimizerOptions, ParameterGroup } from './optimizer.ts';
import { gradientOf, zeroSlots } from './slots.ts';

const lengthOf = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(x)));

/**
 * LARS (arXiv:1708.03888, algorithm 1): momentum on gradients scaled layer by layer, so that a step is a fixed share of
 * the length of its weights:
 *
 *     g' = trust * |w| / (|g| + decay * |w| + epsilon) * (g + decay * w),  v = momentum * v + g',  w = w - rate * v
 *
 * Differs from the paper: the learning rate is outside of the momentum, as in common practice, which is the same while
 * the rate stays; groups without weight decay, that is biases and normalisations, are not scaled; nor is a layer of
 * zeros, which could never move.
 */
export function lars(
  { momentum, trust, epsilon }: Extract<OptimizerOptions, { kind: 'lars' }>,
  groups: readonly ParameterGroup[],
): Optimizer {
  const velocities = groups.map(({ parameters }) => zeroSlots('velocity', parameters));
  const slots = velocities.flat();
  const scaled = (parameter: Parameter, gradients: tf.NamedTensorMap, decay: number): tf.Tensor => {
    const gradient = gradientOf(gradients, parameter);
    if (decay === 0) return gradient;
    return tf.tidy(() => {
      const [length, slope] = [lengthOf(parameter.value), lengthOf(gradient)];
      const ratio = tf.div(tf.mul(length, trust), tf.add(tf.add(slope, tf.mul(length, decay)), epsilon));
      // 1 for a layer, or a gradient, of zeros
      const isZero = tf.sub(1, tf.step(tf.mul(length, slope)));
      const factor = tf.add(tf.mul(ratio, tf.sub(1, isZero)), isZero);
      return tf.mul(tf.add(gradient, tf.mul(parameter.value, decay)), factor);
    });
  };
  return {
    slots,
    steps: 0,
    update(gradients, learningRate) {
      tf.tidy(() =>
        sgdStep(
          groups.map(({ parameters, weightDecay, learningRateScale = 1 }, g) => ({
            parameters: parameters.map(({ value }) => value),
            gradients: parameters.map((parameter) => scaled(parameter, gradients, weightDecay)),
            velocities: (velocities[g] ?? []).map(({ value }) => value),
            learningRate: learningRate * learningRateScale,
            momentum,
          })),
        ),
      );
      this.steps += 1;
    },
    dispose: () => {
      for (const { value } of slots) value.dispose();
    },
  };
}
