/** @file Supervised training of a classifier, step by step over a state that can be saved at any step boundary. */
import { type SgdGroup, sgdStep } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { NonFiniteError } from '../method.ts';
import type { Model } from '../nn/model.ts';
import type { Rng } from '../random/rng.ts';
import type { Augmentation } from './augmentation.ts';
import { batchSizeFor, type EpochBatches, epochBatches, stepsPerEpoch } from './epoch-batches.ts';
import { cosineLearningRate } from './learning-rate.ts';
import { rightAnswers } from './right-answers.ts';
import { smoothedTargets, softCrossEntropy } from './soft-cross-entropy.ts';

export interface TrainingOptions {
  epochs: number;
  batchSize: number;
  /** at the end of the warm-up */
  learningRate: number;
  warmupSteps: number;
  momentum: number;
  weightDecay: number;
  labelSmoothing: number;
  augmentation: Augmentation;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/** Sums over training steps. */
export interface TrainingSums {
  steps: number;
  samples: number;
  loss: number;
  right: number;
}

/** A training under way. It owns the velocities, not the model. */
export interface Training {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly options: TrainingOptions;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** one per parameter of the model, in its order */
  readonly velocities: readonly tf.Variable[];
  /** steps done */
  step: number;
  /** since the last report, and since the begin of the epoch */
  sinceReport: TrainingSums;
  sinceEpoch: TrainingSums;
  batches: EpochBatches | null;
}

export const noSums = (): TrainingSums => ({ steps: 0, samples: 0, loss: 0, right: 0 });

/** Training before its first step. */
export function startTraining(model: Model, dataset: Dataset, options: TrainingOptions): Training {
  const perEpoch = stepsPerEpoch(dataset.train.count, options.batchSize);
  const velocities = model.parameters.map(({ value }) => tf.tidy(() => tf.variable(tf.zeros(value.shape), false)));
  return {
    model,
    dataset,
    options,
    stepsPerEpoch: perEpoch,
    totalSteps: perEpoch * options.epochs,
    velocities,
    step: 0,
    sinceReport: noSums(),
    sinceEpoch: noSums(),
    batches: null,
  };
}

/** Learning rate of the next step. */
export const learningRateOf = ({ step, totalSteps, options }: Training): number =>
  cosineLearningRate(step, totalSteps, options.warmupSteps, options.learningRate);

/**
 * One step: next batch, forward, backward, update; the sums grow by it.
 *
 * @throws NonFiniteError if the loss is not a finite number; parameters are then as before the step
 */
export function trainStep(training: Training): void {
  const { model, dataset, options } = training;
  const epoch = Math.floor(training.step / training.stepsPerEpoch);
  if (training.batches?.epoch !== epoch) training.batches = epochBatches(dataset, epoch, options);
  const { images, labels } = training.batches.batch(training.step % training.stepsPerEpoch);
  const size = batchSizeFor(dataset.train.count, options.batchSize);
  const { height, width, channels, classes } = dataset;
  tf.tidy(() => {
    const x = tf.tensor4d(images, [size, height, width, channels]);
    const targets = tf.tensor2d(smoothedTargets(labels, classes, options.labelSmoothing), [size, classes]);
    let logits: tf.Tensor2D | null = null;
    const { value, grads } = tf.variableGrads(
      () => {
        logits = tf.keep(model.forward(x, true));
        return softCrossEntropy(logits, targets);
      },
      model.parameters.map((parameter) => parameter.value),
    );
    const loss = value.dataSync()[0] ?? Number.NaN;
    const right = rightAnswers(takeFloats(logits), labels, classes);
    if (!Number.isFinite(loss))
      throw new NonFiniteError(
        `the training loss is ${loss} at step ${training.step + 1}; try a smaller learning rate or a longer warm-up`,
      );
    sgdStep([updateGroup(training, grads, true), updateGroup(training, grads, false)]);
    for (const sums of [training.sinceReport, training.sinceEpoch]) {
      sums.steps += 1;
      sums.samples += size;
      sums.loss += loss;
      sums.right += right;
    }
  });
  training.step += 1;
}

/** The parameters with or without weight decay, as one group of the update. */
const updateGroup = (training: Training, gradients: tf.NamedTensorMap, decay: boolean): SgdGroup => {
  const { momentum, weightDecay } = training.options;
  const group = { parameters: [] as tf.Variable[], gradients: [] as tf.Tensor[], velocities: [] as tf.Variable[] };
  training.model.parameters.forEach((parameter, i) => {
    if (parameter.decay !== decay) return;
    const [gradient, velocity] = [gradients[parameter.value.name], training.velocities[i]];
    if (gradient === undefined || velocity === undefined) throw new Error(`${parameter.name} has no gradient`);
    group.parameters.push(parameter.value);
    group.gradients.push(gradient);
    group.velocities.push(velocity);
  });
  return {
    ...group,
    learningRate: learningRateOf(training),
    momentum,
    nesterov: momentum > 0,
    weightDecay: decay ? weightDecay : 0,
  };
};

/** Values of a kept tensor, which is freed. */
const takeFloats = (tensor: tf.Tensor | null): Float32Array => {
  if (tensor === null) throw new Error('the forward pass did not run');
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  return values;
};

/** Frees the velocities. */
export function endTraining(training: Training): void {
  for (const velocity of training.velocities) velocity.dispose();
}
