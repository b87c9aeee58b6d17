import type { WeMixConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { TargetBatch } from '../augment/mix-batch.ts';
import { batchWriter } from '../data/batch-source.ts';
import type { Dataset, Split } from '../data/dataset.ts';
import type { Model } from '../nn/model.ts';
import type { Rng } from '../random/rng.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';
import { mixedCopies } from './augmented-copies.ts';
import { type GradientMean, gradientMean } from './gradient-mean.ts';

export interface BiasProbeOptions {
  model: Model;
  dataset: Dataset;
  /** originals */
  samples: Split;
  augmented: WeMixConfig['augmented'];
  /** augmented copies of each original */
  draws: number;
  batchSize: number;
  rng: (name: string) => Rng;
}

/**
 * How far the gradient on augmented copies is from that on originals: `|grad L~ - grad L|` of section 4, with running
 * statistics, over batches of the training's size. Copies are the same ones at every probe.
 */
export async function biasProbe(
  options: BiasProbeOptions,
  between: () => Promise<void>,
): Promise<Record<string, number>> {
  const { model, draws } = options;
  const [originals, copies] = [gradientMean(model), gradientMean(model)];
  const batch = probeBatches(options);
  try {
    for (let at = 0; at * options.batchSize < options.samples.count; at++) {
      await addTo(originals, batch.original(at), options);
      await between();
      for (let draw = 0; draw < draws; draw++) {
        await addTo(copies, batch.copy(at, draw), options);
        await between();
      }
    }
    return await biasOf(originals, copies);
  } finally {
    originals.dispose();
    copies.dispose();
  }
}

/** The originals in order, and their copies by draw. */
export const probeBatches = ({
  dataset,
  samples,
  augmented,
  batchSize,
  rng,
}: Omit<BiasProbeOptions, 'model' | 'draws'>) => {
  const { height, width, channels, mean, std, classes } = dataset;
  const seed = Math.floor(rng('probe/augment').uniform() * Number.MAX_SAFE_INTEGER);
  const views = [augmented.kind === 'policy' ? augmented.policy : []];
  const source = { images: samples.images, height, width, channels, mean, std, seed };
  const writers = { original: batchWriter({ ...source, views: [[]] }), copy: batchWriter({ ...source, views }) };
  const write = (writer: keyof typeof writers, at: number, draw: number): TargetBatch => {
    const size = Math.min(batchSize, samples.count - at * batchSize);
    const places = Int32Array.from({ length: size }, (_, i) => at * batchSize + i);
    const images = new Float32Array(size * height * width * channels);
    writers[writer](images, draw, places);
    const labels = places.map((place) => samples.labels[place] as number);
    return { images, targets: smoothedTargets(labels, classes, 0), size, height, width };
  };
  const original = (at: number) => write('original', at, 0);
  return {
    original,
    copy: (at: number, draw: number) =>
      augmented.kind === 'policy'
        ? write('copy', at, draw)
        : mixedCopies(original(at), augmented, 1, () => rng(`probe/mix/${at}/${draw}`)),
  };
};

const addTo = (
  sums: GradientMean,
  { images, targets, size, height, width }: TargetBatch,
  { model, dataset: { channels, classes } }: BiasProbeOptions,
): Promise<void> =>
  sums.add(size, () => {
    const logits = model.forward(tf.tensor4d(images, [size, height, width, channels]), false);
    return softCrossEntropy(logits, tf.tensor2d(targets, [size, classes]));
  });

const biasOf = async (originals: GradientMean, copies: GradientMean): Promise<Record<string, number>> => {
  const [own, other] = [await originals.result(copies), await copies.result(originals)];
  const bias2 = Math.max(0, own.square + other.square - 2 * own.product);
  const [variance, otherVariance] = [own.variance, other.variance];
  return {
    'probe/original-loss': own.loss,
    'probe/augmented-loss': other.loss,
    'probe/original-gradient': Math.sqrt(own.square),
    'probe/augmented-gradient': Math.sqrt(other.square),
    'probe/bias': Math.sqrt(bias2),
    'probe/cosine': own.product / Math.sqrt(own.square * other.square),
    'probe/original-variance': variance,
    'probe/augmented-variance': otherVariance,
    'probe/optimal-weight': optimalWeight(bias2, variance, otherVariance),
  };
};

/**
 * The weight of the originals that minimises the bound of MixLoss (section 4) at the step size `1 / L`, the largest that
 * it allows: near one where bias prevails, one half where the variances are equal and there is no bias.
 *
 * @param bias2 squared
 */
export const optimalWeight = (bias2: number, originalVariance: number, augmentedVariance: number): number =>
  (bias2 + augmentedVariance) / (bias2 + originalVariance + augmentedVariance);
