import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../nn/model.ts';
import type { Slot } from './optimizer.ts';

/** One slot of zeros per parameter, named `prefix/parameter`. */
export const zeroSlots = (prefix: string, parameters: readonly Parameter[]): Slot[] =>
  parameters.map(({ name, value }) => ({
    name: `${prefix}/${name}`,
    value: tf.tidy(() => tf.variable(tf.zeros(value.shape), false)),
  }));

/** Gradient of a parameter. @throws Error if it has none: then the loss does not depend on it */
export function gradientOf(gradients: tf.NamedTensorMap, { name, value }: Parameter): tf.Tensor {
  const gradient = gradients[value.name];
  if (gradient === undefined) throw new Error(`${name} has no gradient`);
  return gradient;
}
