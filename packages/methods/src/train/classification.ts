import type { AugmentationPolicy, BatchMixing } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { cutmix, mixup, type TargetBatch } from '../augment/mix-batch.ts';
import type { Dataset } from '../data/dataset.ts';
import { softLabelDivergence } from '../losses/soft-label-divergence.ts';
import type { Model } from '../nn/model.ts';
import type { Rng } from '../random/rng.ts';
import type { Objective, ViewBatch } from './objective.ts';
import { smoothedTargets, softCrossEntropy } from './soft-cross-entropy.ts';

export interface ClassificationOptions {
  augmentation: AugmentationPolicy;
  /** weight of the uniform distribution in the targets, in [0, 1) */
  labelSmoothing: number;
  mixing: BatchMixing;
  /** a trained network whose probabilities are targets, too, on the very images that are trained on. @defaultValue none */
  teacher?: SoftTeacher | null;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/** Hinton's distillation, arXiv:1503.02531. */
export interface SoftTeacher {
  model: Pick<Model, 'forward'>;
  /** share of its part in the loss, in [0, 1]; the labels get the rest */
  weight: number;
  temperature: number;
}

/** Images `[B, H, W, C]` of a view of a batch, on the engine. */
export function viewTensor({ views, viewSizes, labels }: ViewBatch, view: number, channels: number): tf.Tensor4D {
  const [images, size] = [views[view], viewSizes[view]];
  if (images === undefined || size === undefined) throw new RangeError(`the batch has no view ${view}`);
  return tf.tensor4d(images, [labels.length, size.height, size.width, channels]);
}

/** Cross-entropy with smoothed labels, and with samples mixed if so configured: the plain way to train a classifier. */
export function classification(model: Model, dataset: Dataset, options: ClassificationOptions): Objective {
  const { classes, channels } = dataset;
  return {
    parameters: model.parameters,
    statistics: model.statistics,
    views: [options.augmentation],
    loss: (batch, step) => {
      const { images, targets, size, height, width } = mixed(batch, classes, options, step);
      model.beginStep?.(step);
      const tensor = tf.tensor4d(images, [size, height, width, channels]);
      const logits = model.forward(tensor, true);
      const onLabels = softCrossEntropy(logits, tf.tensor2d(targets, [size, classes]));
      return { loss: taught(onLabels, logits, tensor, options.teacher ?? null), logits };
    },
  };
}

/** The loss on the labels, blended with that on the teacher's probabilities. */
const taught = (
  onLabels: tf.Scalar,
  logits: tf.Tensor2D,
  images: tf.Tensor4D,
  teacher: SoftTeacher | null,
): tf.Scalar => {
  if (teacher === null || teacher.weight === 0) return onLabels;
  const { model, weight, temperature } = teacher;
  const divergence = softLabelDivergence(logits, model.forward(images, false), temperature);
  return tf.add(tf.mul(onLabels, 1 - weight), tf.mul(divergence, weight));
};

/** The batch with its targets, after mixing. */
const mixed = (batch: ViewBatch, classes: number, options: ClassificationOptions, step: number): TargetBatch => {
  const [images, size] = [batch.views[0], batch.viewSizes[0]];
  if (images === undefined || size === undefined) throw new Error('the loader has no view');
  const targets = smoothedTargets(batch.labels, classes, options.labelSmoothing);
  const plain = { images, targets, size: batch.labels.length, ...size };
  const { kind, alpha } = options.mixing;
  if (kind === 'none') return plain;
  return (kind === 'mixup' ? mixup : cutmix)(plain, alpha, options.rng(`train/mix/${step}`));
};
