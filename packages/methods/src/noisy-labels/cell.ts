/** @file A cell under way: everything that training and measuring at one noise rate share. */
import type { NoisyLabelsConfig } from '@crucible/contracts';
import type * as tf from '@tensorflow/tfjs-core';
import type { Dataset, Split } from '../data/dataset.ts';
import { sampleOrder, stepsPerEpoch } from '../data/loader.ts';
import { pick } from '../data/pick.ts';
import { DataError, type MethodContext } from '../method.ts';
import type { Network } from '../nn/network.ts';
import { type Predictions, predictionsOf, rowsOf } from '../train/predictions.ts';
import type { CleanData, NoisyCellData } from './noisy-data.ts';
import type { Run, Warning } from './run-state.ts';

export interface Cell {
  readonly config: NoisyLabelsConfig;
  readonly ctx: MethodContext;
  readonly run: Run;
  /** place among the cells */
  readonly number: number;
  readonly network: Network;
  /** with clean labels; its test split measures */
  readonly dataset: Dataset;
  readonly data: NoisyCellData;
  /** what is trained on: observed labels only */
  readonly given: Dataset;
  readonly stepsPerEpoch: number;
  /** all training samples, and those held out, with their observed labels */
  readonly observed: { train: Split; heldOut: Split | null };
  /** After a step of the first epoch: 1 for every training sample that was trained on. */
  seenAfter(step: number): Uint8Array;
}

export function createCell(
  config: NoisyLabelsConfig,
  ctx: MethodContext,
  { dataset, heldOut }: CleanData,
  data: NoisyCellData,
  run: Run,
  network: Network,
): Cell {
  const train = withLabels(dataset.train, data.train.observed);
  const trainedOn = samplesToTrainOn(config, data);
  const given = { ...dataset, train: pick(train, trainedOn) };
  const { batchSize } = config.training;
  const order = sampleOrder(given.train.count, 0, (name) => ctx.rng(name));
  return {
    config,
    ctx,
    run,
    number: run.state.cells.length,
    network,
    dataset,
    data,
    given,
    stepsPerEpoch: stepsPerEpoch(given.train.count, batchSize),
    observed: { train, heldOut: heldOut && data.heldOut && withLabels(heldOut, data.heldOut.observed) },
    seenAfter: (step) => {
      const seen = new Uint8Array(dataset.train.count);
      const shown = order.subarray(0, step * Math.min(batchSize, given.train.count));
      for (const sample of shown) seen[trainedOn[sample] as number] = 1;
      return seen;
    },
  };
}

const withLabels = (split: Split, labels: Int32Array): Split => ({ ...split, labels });

/** Places of the samples that are trained on, rising. */
const samplesToTrainOn = ({ remedy }: NoisyLabelsConfig, { train: { clean, observed } }: NoisyCellData): Int32Array => {
  const all = Int32Array.from(clean, (_, i) => i);
  if (remedy.kind !== 'oracle') return all;
  const unflipped = all.filter((i) => clean[i] === observed[i]);
  if (unflipped.length === 0) throw new DataError('Every label is flipped: the oracle has no sample to train on.');
  return unflipped;
};

/** Share of the training labels that are flipped. */
export const flippedShare = ({ data: { train } }: Cell): number =>
  train.clean.filter((y, i) => y !== train.observed[i]).length / train.clean.length;

/** What the network says of each sample of a split; losses on the labels that the split has. */
export async function predict(
  { network, dataset, config }: Cell,
  split: Split,
  between: () => Promise<void>,
): Promise<Predictions> {
  const forward = (images: tf.Tensor4D) => ({ logits: network.forward(images, false) });
  const { logits } = await rowsOf(forward, dataset, split, config.training.evalBatchSize, between);
  return predictionsOf(logits.rows, split.labels, dataset.classes);
}

/** Puts a warning on record, the first one of each name. */
export function warn({ run, data, ctx }: Cell, name: Warning['name'], message: string): void {
  const { warnings } = run.state.cell;
  if (warnings.some((warning) => warning.name === name)) return;
  const warning = { name, message: `noise rate ${data.noiseRate}: ${message}` };
  warnings.push(warning);
  ctx.log('warn', `${name}: ${warning.message}`);
}
