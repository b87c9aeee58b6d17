import { denseAct } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Initialiser } from './init.ts';
import type { Cost } from './layer.ts';
import type { Weights } from './weights.ts';

export interface DenseOptions {
  in: number;
  out: number;
  bias: boolean;
  /** @defaultValue 'none' */
  activation?: 'none' | 'relu';
  /** of the weights; the bias starts at zero */
  init: Initialiser;
}

/** A layer over rows. */
export interface Dense {
  /** `[B, in]` to `[B, out]` */
  forward(x: tf.Tensor2D): tf.Tensor2D;
  cost: Cost;
}

/** A linear layer, perhaps with ReLU. */
export function dense(weights: Weights, name: string, options: DenseOptions): Dense {
  const { in: input, out, bias, init, activation = 'none' } = options;
  const fans = { in: input, out };
  const kernel = weights.parameter<tf.Rank.R2>(`${name}/kernel`, [input, out], { init, fans, decay: true });
  const offset = bias ? weights.perChannel(`${name}/bias`, out, 0) : null;
  return {
    forward: (x) => {
      if (offset !== null) return denseAct(x, kernel, offset, activation);
      return activation === 'none' ? tf.matMul(x, kernel) : tf.relu(tf.matMul(x, kernel));
    },
    cost: { params: input * out + (bias ? out : 0), flops: input * out },
  };
}
