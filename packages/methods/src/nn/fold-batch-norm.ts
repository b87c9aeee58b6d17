import * as tf from '@tensorflow/tfjs-core';
import type { Model } from './model.ts';

/**
 * Sets the weights of a folded model from a trained one with the same convolutions: in evaluation mode both give the same
 * outputs. With `s = gamma / sqrt(variance + epsilon)` a kernel becomes `s * kernel`, per output channel, and its bias
 * `beta + s * (bias - mean)`: algorithm 2 of arXiv:1502.03167.
 *
 * @param epsilon that of the trained model's batch normalisations
 * @throws RangeError if the trained model lacks what the folded one needs
 */
export function foldBatchNorm(trained: Model, folded: Model, epsilon: number): void {
  const source = new Map([...trained.parameters, ...trained.statistics].map(({ name, value }) => [name, value]));
  const found = (name: string): tf.Variable => {
    const value = source.get(name);
    if (value === undefined) throw new RangeError(`the trained model has no ${name}`);
    return value;
  };
  for (const { name, value } of folded.parameters) {
    const [, at = name, part = ''] = /^(.*)\/(kernel|bias)$/.exec(name) ?? [];
    const norm = `${at}-norm`;
    if (!source.has(`${norm}/gamma`)) {
      value.assign(found(name)); // a linear layer
      continue;
    }
    tf.tidy(() => {
      const spread = tf.sqrt(tf.add(found(`${norm}/running-variance`), epsilon));
      const scale = tf.div(found(`${norm}/gamma`), spread); // [out]
      if (part === 'kernel') {
        const kernel = found(name);
        const isDepthwise = kernel.shape[3] !== scale.size;
        value.assign(tf.mul(kernel, isDepthwise ? tf.reshape(scale, [1, 1, scale.size, 1]) : scale));
      } else {
        const bias = source.get(`${at}/bias`) ?? tf.scalar(0);
        const centred = tf.sub(bias, found(`${norm}/running-mean`));
        value.assign(tf.add(found(`${norm}/beta`), tf.mul(scale, centred)));
      }
    });
  }
}
