import type { AugmentationPolicy } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Model } from '../nn/model.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { viewTensor } from '../train/classification.ts';
import type { Objective } from '../train/objective.ts';
import { smoothedCrossEntropy } from './smoothed-cross-entropy.ts';
import type { SoftLabels } from './soft-labels.ts';

/** Cross-entropy whose labels are smoothed as the schedule says. */
export const smoothingObjective = (
  model: Model,
  channels: number,
  augmentation: AugmentationPolicy,
  smoothingAt: Schedule,
  softLabels: SoftLabels,
): Objective => ({
  parameters: model.parameters,
  statistics: model.statistics,
  views: [augmentation],
  loss: (batch, step) => {
    const smoothing = smoothingAt(step);
    const images = viewTensor(batch, 0, channels);
    model.beginStep?.(step);
    const logits = model.forward(images, true);
    const soft = smoothing === 0 ? null : softLabels(images);
    const { loss, hard } = smoothedCrossEntropy(logits, batch.labels, smoothing, soft);
    return { loss, logits, values: { 'hard-loss': hard, smoothing: tf.scalar(smoothing) } };
  },
});
