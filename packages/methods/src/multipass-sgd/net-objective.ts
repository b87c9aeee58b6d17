import type { NetProblem } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../nn/model.ts';
import { viewTensor } from '../train/classification.ts';
import type { Objective } from '../train/objective.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';

/** Cross-entropy, or half the squared distance of the logits to one-hot rows, averaged over the batch. */
export function netObjective(model: Model, { channels, classes }: Dataset, loss: NetProblem['loss']): Objective {
  return {
    parameters: model.parameters,
    statistics: model.statistics,
    views: [[]],
    loss: (batch) => {
      const logits = model.forward(viewTensor(batch, 0, channels), true);
      const size = batch.labels.length;
      const targets = tf.tensor2d(smoothedTargets(batch.labels, classes, 0), [size, classes]);
      if (loss === 'cross-entropy') return { loss: softCrossEntropy(logits, targets), logits };
      return { loss: tf.div<tf.Scalar>(tf.sum(tf.squaredDifference(logits, targets)), 2 * size), logits };
    },
  };
}
