import * as tf from '@tensorflow/tfjs-core';
import { type BatchNormStyle, batchNorm } from './batch-norm.ts';
import { conv } from './conv.ts';
import type { Initialiser } from './init.ts';
import { addCost, type Layer } from './layer.ts';
import type { Weights } from './weights.ts';

export interface SqueezeExciteOptions {
  channels: number;
  /** width of the layer between the two 1x1 convolutions */
  inner: number;
  init: Initialiser;
  norm: BatchNormStyle;
}

/**
 * Squeeze-and-excitation (arXiv:1709.01507): scales each channel of `[B, H, W, C]` by a gate in (0, 1) computed from
 * the channel means, through two 1x1 convolutions, each with batch normalisation.
 */
export function squeezeExcite(weights: Weights, name: string, options: SqueezeExciteOptions): Layer {
  const { channels, inner, init, norm } = options;
  const plain = { kernel: 1, stride: 1, depthwise: false, bias: false, init };
  const squeeze = conv(weights, `${name}/squeeze`, { ...plain, in: channels, out: inner });
  const squeezeNorm = batchNorm(weights, `${name}/squeeze-norm`, inner, { ...norm, gamma: 1, activation: 'relu' });
  const excite = conv(weights, `${name}/excite`, { ...plain, in: inner, out: channels });
  const exciteNorm = batchNorm(weights, `${name}/excite-norm`, channels, { ...norm, gamma: 1, activation: 'none' });
  return {
    forward: (x, training) => {
      const means = tf.mean<tf.Tensor4D>(x, [1, 2], true); // [B, 1, 1, C]
      const hidden = squeezeNorm.forward(squeeze.forward(means, training), training); // [B, 1, 1, inner]
      const gate = tf.sigmoid(exciteNorm.forward(excite.forward(hidden, training), training)); // [B, 1, 1, C]
      return tf.mul(x, gate);
    },
    measure: (size) => {
      const pixel = { height: 1, width: 1, channels };
      const cost = [squeeze, squeezeNorm, excite, exciteNorm].map((layer) => layer.measure(pixel)).reduce(merge);
      return { params: cost.params, flops: cost.flops, size };
    },
  };
}

const merge = <C extends ReturnType<Layer['measure']>>(a: C, b: C): C => ({ ...a, ...addCost(a, b) });
