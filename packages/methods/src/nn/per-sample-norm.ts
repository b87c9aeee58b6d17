import { groupNorm, layerNorm } from '@crucible/engine-native/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Layer } from './layer.ts';
import type { Weights } from './weights.ts';

export interface PerSampleNormOptions {
  /** `group`: over pixels and the channels of a group (arXiv:1803.08494); `layer`: over the channels of each pixel */
  kind: 'group' | 'layer';
  /** of `group`; divides the channels. One group takes the whole sample together. */
  groups: number;
  /** added to the variance */
  epsilon: number;
}

/** A normalisation of each sample by itself: the same in training and afterwards, and without running statistics. */
export function perSampleNorm(weights: Weights, name: string, channels: number, options: PerSampleNormOptions): Layer {
  const { kind, groups, epsilon } = options;
  if (kind === 'group' && channels % groups !== 0)
    throw new RangeError(`${name}: ${channels} channels cannot be split in ${groups} groups`);
  const gamma = weights.perChannel(`${name}/gamma`, channels, 1);
  const beta = weights.perChannel(`${name}/beta`, channels, 0);
  return {
    forward: (x: tf.Tensor4D) =>
      kind === 'group' ? groupNorm(x, gamma, beta, groups, epsilon) : layerNorm(x, gamma, beta, epsilon),
    measure: (size) => ({ params: 2 * channels, flops: 0, size }),
  };
}
