/** @file Kernel transfer over landmarks (arXiv:2009.14416): of the Gram matrices only the columns of the landmarks. */
import type { NystromTransfer } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { gramTransfer } from '../losses/gram-transfer.ts';
import { kernelValues, type TensorKernel } from '../losses/kernel-values.ts';
import { DataError } from '../method.ts';
import type { Network } from '../nn/network.ts';
import { type ClassSums, createClassSums } from './class-sums.ts';
import {
  type LandmarkLayer,
  type LandmarkPlan,
  planLandmarks,
  refreshLandmarks,
  refreshWidths,
} from './landmark-refresh.ts';
import { createLandmarks } from './landmarks.ts';
import { layerRows, layerSize } from './layers.ts';
import { keyOf } from './teacher-source.ts';
import type { Pair, Transfer, TransferBatch } from './transfer.ts';

/** Epochs without the term, of a short training and of a longer one. */
const SHORT_EPOCHS = 25;
const SHORT_WARM = 2;
const WARM = 5;

/** Scales of the weight: it grows as the term does with batch and landmarks. */
const EMBEDDING_SCALE = 6.4;
const LOGIT_SCALE = 1;

/** Above this, weight times `sqrt(B m)` has been seen to spoil the training for logits. */
const LARGE_LOGIT_SCALE = 2.5;

interface Layer extends LandmarkLayer {
  weight: number;
  sums: ClassSums | null;
}

export const landmarkCount = ({ landmarks }: NystromTransfer, classes: number): number => landmarks.count ?? classes;

export const warmEpochsOf = ({ warmEpochs }: NystromTransfer, epochs: number): number =>
  warmEpochs ?? (epochs <= SHORT_EPOCHS ? SHORT_WARM : WARM);

/** Weight of a layer's term. */
export const nystromWeight = (
  { student, weight }: NystromTransfer['layers'][number],
  batchSize: number,
  landmarks: number,
): number => weight ?? (student === 'logits' ? LOGIT_SCALE : EMBEDDING_SCALE) / Math.sqrt(batchSize * landmarks);

/** Names of the layers whose weight is known to be too large. */
export const largeWeights = (config: NystromTransfer, batchSize: number, classes: number): string[] => {
  const count = landmarkCount(config, classes);
  return config.layers
    .filter((layer) => layer.student === 'logits')
    .filter((layer) => nystromWeight(layer, batchSize, count) * Math.sqrt(batchSize * count) > LARGE_LOGIT_SCALE)
    .map(({ student }) => student);
};

/** @throws DataError if a layer is not there, or there are more landmarks than samples */
export function nystromTransfer(
  config: NystromTransfer,
  pair: Pair,
): Transfer & { readonly layers: readonly LandmarkLayer[] } {
  const { dataset } = pair;
  const kind = config.landmarks.kind;
  const count = landmarkCount(config, dataset.classes);
  if (count > dataset.train.count)
    throw new DataError(`transfer.landmarks.count is ${count}, but there are ${dataset.train.count} training samples.`);
  const layers = config.layers.map((layer, i): Layer => {
    const widths = {
      student: layerSize(pair.student, layer.student, dataset.classes, 'student').channels,
      teacher: layerSize(pair.teacher, layer.teacher, dataset.classes, 'teacher').channels,
    };
    const landmarks = createLandmarks(i, count, widths);
    if (config.kernel.kind === 'rbf' && config.kernel.width !== null) setWidths(landmarks.widths, config.kernel.width);
    if (kind === 'classifier') followClassifiers({ landmarks }, pair);
    return {
      student: layer.student,
      teacher: layer.teacher,
      landmarks,
      weight: nystromWeight(layer, pair.batchSize, count),
      sums: kind === 'class-mean-lagged' ? createClassSums(i, count, widths) : null,
    };
  });
  const wanted = layers.map(({ teacher: name }) => ({ name, form: 'rows' as const }));
  const warm = warmEpochsOf(config, pair.epochs);
  const isWarm = (step: number): boolean => step < warm * pair.stepsPerEpoch;
  let plans: LandmarkPlan[] | null = null;
  return {
    layers,
    wanted,
    parameters: [],
    statistics: layers.flatMap(({ landmarks, sums }) => [...landmarks.statistics, ...(sums?.statistics ?? [])]),
    loss: (batch) => {
      gather(layers, batch);
      const used = layers.filter(({ weight }) => weight > 0);
      if (isWarm(batch.step) || used.length === 0) return null;
      const raws = used.map((layer) => layerLoss(config, layer, batch));
      const weighted = raws.map((raw, i) => tf.mul<tf.Scalar>(raw, (used[i] as Layer).weight));
      return { raw: tf.addN(raws), weighted: tf.addN(weighted) };
    },
    updated: (step) => {
      if (kind === 'classifier') for (const layer of layers) followClassifiers(layer, pair);
      if ((step + 1) % pair.stepsPerEpoch !== 0) return;
      for (const { sums, landmarks } of layers) {
        sums?.commit(landmarks);
        landmarks.remember();
      }
    },
    async beforeEpoch(epoch, between) {
      if (epoch < warm) return;
      if (config.kernel.kind === 'rbf' && config.kernel.width === null) await refreshWidths(layers, pair, between);
      if (kind === 'class-mean-lagged' || kind === 'classifier') return;
      if ((epoch - warm) % config.landmarks.refreshEpochs !== 0) return;
      plans ??= await planLandmarks(kind, count, layers, pair, between);
      await refreshLandmarks(layers, plans, pair, between);
    },
    dispose: () => {
      for (const { landmarks, sums } of layers) {
        landmarks.dispose();
        sums?.dispose();
      }
    },
  };
}

const setWidths = ({ student, teacher }: LandmarkLayer['landmarks']['widths'], width: number): void =>
  tf.tidy(() => {
    for (const variable of [student, teacher]) variable.assign(tf.scalar(width));
  });

/** Adds the features of the batch, before its step, to the sums of their classes. */
const gather = (layers: readonly Layer[], { student, teacher, labels }: TransferBatch): void => {
  for (const { sums, student: name, teacher: ofTeacher } of layers)
    sums?.add(layerRows(student, name), teacher[keyOf({ name: ofTeacher, form: 'rows' })] as tf.Tensor2D, labels);
};

/** Landmarks are constants here: no gradient goes through them. */
const layerLoss = (
  { kernel, huberDelta, normaliser }: NystromTransfer,
  { student, teacher, landmarks }: Layer,
  batch: TransferBatch,
): tf.Scalar => {
  const ofTeacher = batch.teacher[keyOf({ name: teacher, form: 'rows' })] as tf.Tensor2D;
  const masked = (values: tf.Tensor2D) => tf.mul<tf.Tensor2D>(values, landmarks.mask);
  return gramTransfer(
    masked(
      kernelValues(
        tensorKernel(kernel, landmarks.widths.student),
        layerRows(batch.student, student),
        landmarks.student,
      ),
    ),
    masked(kernelValues(tensorKernel(kernel, landmarks.widths.teacher), ofTeacher, landmarks.teacher)),
    { delta: huberDelta, normaliser },
  );
};

const tensorKernel = (kernel: NystromTransfer['kernel'], width: tf.Scalar): TensorKernel =>
  kernel.kind === 'rbf' ? { kind: 'rbf', width } : kernel;

/** Makes the rows of the last linear layers, as they are now, the landmarks. */
const followClassifiers = ({ landmarks }: Pick<LandmarkLayer, 'landmarks'>, { student, teacher }: Pair): void =>
  tf.tidy(() => {
    const rows = (network: Network): tf.Tensor2D => {
      const kernel = network.parameters.find(({ name }) => name === 'head/kernel');
      if (kernel === undefined) throw new Error('the network has no parameter head/kernel');
      return tf.transpose(kernel.value as tf.Variable<tf.Rank.R2>);
    };
    landmarks.assign(rows(student), rows(teacher), tf.onesLike(landmarks.mask) as tf.Tensor2D);
  });
