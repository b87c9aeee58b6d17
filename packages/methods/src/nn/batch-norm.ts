import { batchNormTrain } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Weights } from './weights.ts';

export interface BatchNormOptions {
  epsilon: number;
  /** weight of the new batch in the running statistics */
  momentum: number;
  /** first value of gamma */
  gamma: number;
  relu: boolean;
}

/** Batch normalisation of `[B, H, W, C]`, then the sum with a residual if one is given, then ReLU if asked for. */
export type BatchNorm = (x: tf.Tensor4D, training: boolean, residual?: tf.Tensor4D) => tf.Tensor4D;

/** Batch normalisation over `channels` with its two parameters and its two running statistics. */
export function batchNorm(weights: Weights, name: string, channels: number, options: BatchNormOptions): BatchNorm {
  const { epsilon, momentum, relu } = options;
  const gamma = weights.constant(`${name}/gamma`, [channels], options.gamma, false) as tf.Variable<tf.Rank.R1>;
  const beta = weights.constant(`${name}/beta`, [channels], 0, false) as tf.Variable<tf.Rank.R1>;
  const mean = weights.statistic(`${name}/running-mean`, [channels], 0) as tf.Variable<tf.Rank.R1>;
  const variance = weights.statistic(`${name}/running-variance`, [channels], 1) as tf.Variable<tf.Rank.R1>;
  // the op wants the share of the old value
  const moving = { mean, variance, momentum: 1 - momentum };
  const activation = relu ? 'relu' : 'none';
  return (x, training, residual) => {
    if (training) {
      const added = residual === undefined ? {} : { residual };
      return batchNormTrain(x, gamma, beta, { epsilon, activation, moving, ...added });
    }
    const scaled = tf.batchNorm4d(x, mean, variance, beta, gamma, epsilon);
    const sum = residual === undefined ? scaled : tf.add<tf.Tensor4D>(scaled, residual);
    return relu ? tf.relu(sum) : sum;
  };
}
