import type * as tf from '@tensorflow/tfjs-core';

/** A trained tensor. */
export interface Parameter {
  /** unique in its model, stable: checkpoints and weight files use it */
  name: string;
  value: tf.Variable;
  /** whether weight decay applies */
  decay: boolean;
}

/** A tensor that training keeps up to date without a gradient: running means and variances. */
export interface Statistic {
  name: string;
  value: tf.Variable;
}

/** A classifier of images. */
export interface Model {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Statistic[];
  /**
   * Logits `[B, K]` of images `[B, H, W, C]`. With `training` the statistics of the batch are used, and the running ones
   * are updated.
   */
  forward(images: tf.Tensor4D, training: boolean): tf.Tensor2D;
  /** Before the training passes of a step: names the random numbers that they take, where the model takes some. */
  beginStep?(step: number): void;
  /** Frees parameters and statistics. */
  dispose(): void;
}
