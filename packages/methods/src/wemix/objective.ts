import type { AugmentationPolicy, WeMixConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { TargetBatch } from '../augment/mix-batch.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../nn/model.ts';
import type { Rng } from '../random/rng.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { policyOf } from '../train/from-config.ts';
import type { LossTerms, Objective, ViewBatch } from '../train/objective.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';
import { type Copies, joined, labelShift, mixedCopies } from './augmented-copies.ts';
import { forwardTogether } from './forward-together.ts';
import { matchedSmoothing } from './matched-smoothing.ts';

export interface WeMixParts {
  config: WeMixConfig;
  model: Model;
  dataset: Dataset;
  weightAt: Schedule;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/**
 * `w * mean loss on originals + (1 - w) * mean loss on augmented copies` of the same samples. A side without weight is
 * not computed at all: it leaves no trace in the statistics of batch normalisation either.
 */
export function wemixObjective({ config, model, dataset, weightAt, rng }: WeMixParts): Objective {
  const { classes, channels } = dataset;
  const { augmented, mode, copies } = config;
  const smoothing =
    mode === 'label-smoothing' && augmented.kind === 'mixup' ? matchedSmoothing(augmented.alpha, classes) : 0;
  const viewOf = (batch: ViewBatch, view: number): TargetBatch => {
    const [images, size] = [batch.views[view], batch.viewSizes[view]];
    if (images === undefined || size === undefined) throw new RangeError(`the batch has no view ${view}`);
    const targets = smoothedTargets(batch.labels, classes, smoothing);
    return { images, targets, size: batch.labels.length, ...size };
  };
  const copiesOf = (batch: ViewBatch, step: number): Copies =>
    augmented.kind === 'policy'
      ? { ...joined(Array.from({ length: copies }, (_, copy) => viewOf(batch, copy + 1))), mixRatio: null }
      : mixedCopies(viewOf(batch, 0), augmented, copies, (copy) => rng(`train/mix/${step}/${copy}`));
  return {
    parameters: model.parameters,
    statistics: model.statistics,
    views: viewsOf(config),
    loss: (batch, step) => {
      const weight = weightAt(step);
      const originals = weight > 0 ? viewOf(batch, 0) : null;
      const mixed = weight < 1 ? copiesOf(batch, step) : null;
      model.beginStep?.(step);
      const logits = forwardTogether(model, originals, mixed, channels, config.batchNorm);
      const on = (side: TargetBatch | null, z: tf.Tensor2D | null): tf.Scalar | null =>
        side === null || z === null ? null : softCrossEntropy(z, tf.tensor2d(side.targets, [side.size, classes]));
      const original = on(originals, logits.originals);
      const copied = on(mixed, logits.copies);
      return {
        loss: weighted(original, copied, weight),
        ...judged(logits.originals ?? (augmented.kind === 'policy' ? logits.copies : null)),
        values: {
          'original-weight': tf.scalar(weight),
          ...(original === null ? {} : { 'original-loss': original }),
          ...(copied === null ? {} : { 'augmented-loss': copied }),
          ...(mixed === null || mixed.mixRatio === null
            ? {}
            : { 'mix-ratio': tf.scalar(mixed.mixRatio), 'label-shift': tf.scalar(labelShift(mixed)) }),
        },
      };
    },
  };
}

/** View 0 is the original, as the training's own augmentation leaves it; further views are copies by a policy. */
const viewsOf = ({ mode, augmented, copies, training }: WeMixConfig): AugmentationPolicy[] => {
  const base = policyOf(training.augmentation);
  if (mode === 'none' || mode === 'label-smoothing' || augmented.kind !== 'policy') return [base];
  return [base, ...Array.from({ length: copies }, () => [...base, ...augmented.policy])];
};

const weighted = (original: tf.Scalar | null, copied: tf.Scalar | null, weight: number): tf.Scalar => {
  if (original === null || copied === null) return (original ?? copied) as tf.Scalar;
  return tf.add(tf.mul(original, weight), tf.mul(copied, 1 - weight));
};

/** The rows that belong to the labels of the batch; of several copies the first. Mixed samples have no one label. */
const judged = (logits: tf.Tensor2D | null): Pick<LossTerms, 'logits'> => (logits === null ? {} : { logits });
