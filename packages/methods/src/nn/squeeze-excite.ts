import * as tf from '@tensorflow/tfjs-core';
import { type BatchNormOptions, batchNorm } from './batch-norm.ts';
import { conv } from './conv.ts';
import type { Weights } from './weights.ts';

export interface SqueezeExciteOptions {
  channels: number;
  /** width of the layer between the two 1x1 convolutions */
  inner: number;
  gain: number;
  batchNorm: Pick<BatchNormOptions, 'epsilon' | 'momentum'>;
}

/**
 * Squeeze-and-excitation: scales each channel of `[B, H, W, C]` by a gate in (0, 1) computed from the channel means,
 * through two 1x1 convolutions, each with batch normalisation.
 */
export function squeezeExcite(
  weights: Weights,
  name: string,
  options: SqueezeExciteOptions,
): (x: tf.Tensor4D, training: boolean) => tf.Tensor4D {
  const { channels, inner, gain } = options;
  const plain = { kernel: 1, stride: 1, depthwise: false, bias: false, gain };
  const squeeze = conv(weights, `${name}/squeeze`, { ...plain, in: channels, out: inner });
  const squeezeNorm = batchNorm(weights, `${name}/squeeze-norm`, inner, { ...options.batchNorm, gamma: 1, relu: true });
  const excite = conv(weights, `${name}/excite`, { ...plain, in: inner, out: channels });
  const exciteNorm = batchNorm(weights, `${name}/excite-norm`, channels, {
    ...options.batchNorm,
    gamma: 1,
    relu: false,
  });
  return (x, training) => {
    const means = tf.mean<tf.Tensor4D>(x, [1, 2], true); // [B, 1, 1, C]
    const hidden = squeezeNorm(squeeze(means), training); // [B, 1, 1, inner]
    const gate = tf.sigmoid(exciteNorm(excite(hidden), training)); // [B, 1, 1, C]
    return tf.mul(x, gate);
  };
}
