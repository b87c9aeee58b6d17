import type { AugmentationPolicy, NoiseRemedy } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { forwardCorrected } from '../losses/forward-corrected.ts';
import { generalisedCrossEntropy, meanAbsoluteError } from '../losses/generalised-cross-entropy.ts';
import { smallLoss } from '../losses/small-loss.ts';
import { softBootstrap } from '../losses/soft-bootstrap.ts';
import type { Model } from '../nn/model.ts';
import { viewTensor } from '../train/classification.ts';
import type { Objective } from '../train/objective.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';
import type { TransitionMatrix } from './transition-matrix.ts';

export interface RemedySetting {
  channels: number;
  classes: number;
  augmentation: AugmentationPolicy;
  noiseRate: number;
  /** null where there is none: then `forward` is not allowed */
  matrix: TransitionMatrix | null;
  stepsPerEpoch: number;
}

/** How a classifier is trained on the observed labels, which are the only ones that it gets. */
export function remedyObjective(model: Model, remedy: NoiseRemedy, setting: RemedySetting): Objective {
  const loss = lossOf(remedy, setting);
  return {
    parameters: model.parameters,
    statistics: model.statistics,
    views: [setting.augmentation],
    loss: (batch, step) => {
      model.beginStep?.(step);
      const logits = model.forward(viewTensor(batch, 0, setting.channels), true);
      return { loss: loss(logits, batch.labels, step), logits };
    },
  };
}

type RemedyLoss = (logits: tf.Tensor2D, labels: Int32Array, step: number) => tf.Scalar;

const lossOf = (remedy: NoiseRemedy, { classes, noiseRate, matrix, stepsPerEpoch }: RemedySetting): RemedyLoss => {
  const targets = (labels: Int32Array, smoothing = 0) =>
    tf.tensor2d(smoothedTargets(labels, classes, smoothing), [labels.length, classes]);
  switch (remedy.kind) {
    case 'none':
    case 'oracle':
      return (logits, labels) => softCrossEntropy(logits, targets(labels));
    case 'label-smoothing':
      return (logits, labels) => softCrossEntropy(logits, targets(labels, remedy.smoothing));
    case 'gce':
      return (logits, labels) => generalisedCrossEntropy(logits, targets(labels), remedy.q);
    case 'mae':
      return (logits, labels) => meanAbsoluteError(logits, targets(labels));
    case 'bootstrap':
      return (logits, labels) => softBootstrap(logits, targets(labels), remedy.beta);
    case 'forward': {
      if (matrix === null) throw new Error('forward needs a transition matrix');
      const flat = Float32Array.from(matrix.flat());
      return (logits, labels) => forwardCorrected(logits, targets(labels), tf.tensor2d(flat, [classes, classes]));
    }
    case 'small-loss': {
      const rampSteps = remedy.rampEpochs * stepsPerEpoch;
      return (logits, labels, step) => {
        const dropped = noiseRate * (rampSteps === 0 ? 1 : Math.min(1, step / rampSteps));
        return smallLoss(logits, targets(labels), Math.max(1, Math.round((1 - dropped) * labels.length)));
      };
    }
  }
};
