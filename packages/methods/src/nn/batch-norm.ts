import { type BatchNormActivation, batchNormTrain, convNormTrain } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Conv } from './conv.ts';
import type { Layer } from './layer.ts';
import type { Weights } from './weights.ts';

/** What all batch normalisations of a network share. */
export interface BatchNormStyle {
  epsilon: number;
  /** weight of the new batch in the running statistics */
  momentum: number;
}

export interface BatchNormOptions extends BatchNormStyle {
  /** first value of gamma */
  gamma: number;
  activation: BatchNormActivation;
}

export interface BatchNorm extends Layer {
  /** Normalises, then adds the residual if one is given, then applies the activation. */
  forward(x: tf.Tensor4D, training: boolean, residual?: tf.Tensor4D): tf.Tensor4D;
  /** The same for rows `[B, C]`. */
  forwardRows(x: tf.Tensor2D, training: boolean): tf.Tensor2D;
  /** The convolution of `x`, normalised; in training they are one op. */
  after(convolve: Conv, x: tf.Tensor4D, training: boolean, residual?: tf.Tensor4D): tf.Tensor4D;
}

/** Batch normalisation over `channels` with its two parameters and its two running statistics. */
export function batchNorm(weights: Weights, name: string, channels: number, options: BatchNormOptions): BatchNorm {
  const { epsilon, momentum, activation } = options;
  const gamma = weights.perChannel(`${name}/gamma`, channels, options.gamma);
  const beta = weights.perChannel(`${name}/beta`, channels, 0);
  const mean = weights.statistic(`${name}/running-mean`, channels, 0);
  const variance = weights.statistic(`${name}/running-variance`, channels, 1);
  // the op wants the share of the old value
  const moving = { mean, variance, momentum: 1 - momentum };
  const apply = <T extends tf.Tensor2D | tf.Tensor4D>(x: T, training: boolean, residual?: T): T => {
    if (training) {
      const added = residual === undefined ? {} : { residual };
      return batchNormTrain(x, gamma, beta, { epsilon, activation, moving, ...added });
    }
    const scaled = tf.batchNorm(x as tf.Tensor, mean, variance, beta, gamma, epsilon);
    const sum = residual === undefined ? scaled : tf.add(scaled, residual);
    return (activation === 'none' ? sum : activation === 'relu' ? tf.relu(sum) : tf.relu6(sum)) as T;
  };
  return {
    forward: apply,
    forwardRows: apply,
    after: (convolve, x, training, residual) => {
      if (!training || convolve.plain === null) return apply(convolve.forward(x, training), training, residual);
      const added = residual === undefined ? {} : { residual };
      const { filter, ...shape } = convolve.plain;
      return convNormTrain(x, filter, gamma, beta, { ...shape, epsilon, activation, moving, ...added });
    },
    measure: (size) => ({ params: 2 * channels, flops: 0, size }),
  };
}
