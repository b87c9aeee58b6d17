import type { LabelSmoothingConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Model } from '../nn/model.ts';

/** Probabilities `[B, K]` that smoothing mixes into the labels of images `[B, H, W, C]`; null: uniform. */
export type SoftLabels = (images: tf.Tensor4D) => tf.Tensor2D | null;

/** What a trained network says of the same images; without one, the uniform distribution. */
export const softLabelsOf =
  (teacher: Model | null, config: LabelSmoothingConfig['teacher']): SoftLabels =>
  (images) =>
    teacher === null || config === null
      ? null
      : tf.tidy(() => tf.softmax(tf.div<tf.Tensor2D>(teacher.forward(images, false), config.temperature)));
