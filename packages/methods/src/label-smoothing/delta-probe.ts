import type { Architecture } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { batchesOf } from '../data/batches-of.ts';
import type { Dataset, Split } from '../data/dataset.ts';
import type { Network } from '../nn/network.ts';
import { smoothedTargets } from '../train/soft-cross-entropy.ts';
import { denseLayers } from './dense-layers.ts';
import { type GradientMoments, momentSums } from './gradient-moments.ts';
import type { SoftLabels } from './soft-labels.ts';

export interface ProbeOptions {
  network: Network;
  architecture: Architecture;
  dataset: Dataset;
  /** what is probed */
  samples: Split;
  softLabels: SoftLabels;
  /** mass of the soft label, at which the variance is compared with its bound */
  smoothing: number;
  batchSize: number;
}

/**
 * How good the soft label is: `delta = E|u - G|^2 / E|g - G|^2` of section 5, with the gradient `g` on the label, `u` on
 * the soft label, and `G` the mean of `g`, over linear layers, without augmentation and with running statistics.
 */
export async function deltaProbe(options: ProbeOptions, between: () => Promise<void>): Promise<Record<string, number>> {
  const { network, architecture, dataset, samples, softLabels, smoothing, batchSize } = options;
  const sums = momentSums();
  try {
    for (const { images, labels } of batchesOf(dataset, samples, batchSize)) {
      await sums.add(() => {
        const { logits, layers } = denseLayers(network, architecture, images);
        const probs = tf.softmax(logits);
        const hot = tf.tensor2d(smoothedTargets(labels, dataset.classes, 0), logits.shape);
        const soft = softLabels(images) ?? tf.fill(logits.shape, 1 / dataset.classes);
        const loss = tf.neg<tf.Scalar>(tf.sum(tf.mul(tf.logSoftmax(logits), hot)));
        return { layers, hard: tf.sub(probs, hot), soft: tf.sub(probs, soft), loss };
      });
      images.dispose();
      await between();
    }
    return deltaOf(await sums.moments(), smoothing);
  } finally {
    sums.dispose();
  }
}

/** What the moments say. The ratio is exact, so the bound of lemma L1 holds for it up to rounding. */
export function deltaOf(m: GradientMoments, smoothing: number): Record<string, number> {
  const variance = m.hard - m.meanHard;
  const distance = m.soft - 2 * m.meanProduct + m.meanHard;
  const covariance = m.product - m.meanProduct; // E<g - G, u - G>
  const delta = distance / variance;
  const keep = 1 - smoothing;
  const ratio = keep ** 2 + smoothing ** 2 * delta + (2 * keep * smoothing * covariance) / variance;
  const bound = keep + smoothing * delta;
  return {
    'probe/loss': m.loss,
    'probe/gradient-norm': Math.sqrt(m.meanHard),
    'probe/gradient-variance': variance,
    'probe/delta': delta,
    'probe/variance-ratio': ratio,
    'probe/variance-bound': bound,
    'probe/variance-slack': bound - ratio,
    'probe/suggested-smoothing': 1 / (1 + delta),
  };
}

/** Share of the bound by which single precision may miss it. */
const ROUNDING = 1e-3;

/** Whether a probe found more variance than the bound of lemma L1 allows. */
export const isBoundViolated = (values: Readonly<Record<string, number>>): boolean =>
  (values['probe/variance-slack'] ?? 0) < -ROUNDING * Math.abs(values['probe/variance-bound'] ?? 0);
