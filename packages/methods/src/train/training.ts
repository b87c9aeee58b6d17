/** @file Supervised training of a classifier, step by step over a state that can be saved at any step boundary. */
import type { AugmentationPolicy, BatchMixing, LoaderConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { cutmix, mixup, type TargetBatch } from '../augment/mix-batch.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Batch, createLoader, type Loader, stepsPerEpoch } from '../data/loader.ts';
import { NonFiniteError } from '../method.ts';
import type { Model } from '../nn/model.ts';
import { clipByGlobalNorm, globalNorm } from '../optim/clip-by-global-norm.ts';
import { createEma, type Ema, type EmaOptions } from '../optim/ema.ts';
import { createOptimizer, decayGroups, type Optimizer, type OptimizerOptions } from '../optim/optimizer.ts';
import type { Rng } from '../random/rng.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { rightAnswers } from './right-answers.ts';
import { smoothedTargets, softCrossEntropy } from './soft-cross-entropy.ts';

export interface TrainingOptions {
  epochs: number;
  batchSize: number;
  optimizer: OptimizerOptions;
  /** the learning rate, from the number of steps of the whole training */
  learningRate: (totalSteps: number) => Schedule;
  /** of the parameters that have it */
  weightDecay: number;
  /** largest norm of all gradients together; null: as it is */
  clipNorm: number | null;
  /** moving averages of the model; null: none */
  ema: EmaOptions | null;
  labelSmoothing: number;
  augmentation: AugmentationPolicy;
  mixing: BatchMixing;
  loader: LoaderConfig;
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

/** A training under way. It owns optimizer, averages and loader, not the model. */
export interface Training {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly options: TrainingOptions;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly schedule: Schedule;
  readonly optimizer: Optimizer;
  readonly ema: Ema | null;
  readonly loader: Loader;
  /** steps done */
  step: number;
  /** since the last report, and since the begin of the epoch */
  sinceReport: TrainingSums;
  sinceEpoch: TrainingSums;
}

export const noSums = (): TrainingSums => ({ steps: 0, samples: 0, loss: 0, right: 0 });

/** Training before its first step. */
export function startTraining(model: Model, dataset: Dataset, options: TrainingOptions): Training {
  const perEpoch = stepsPerEpoch(dataset.train.count, options.batchSize);
  const totalSteps = perEpoch * options.epochs;
  const { batchSize, rng, loader } = options;
  return {
    model,
    dataset,
    options,
    stepsPerEpoch: perEpoch,
    totalSteps,
    schedule: options.learningRate(totalSteps),
    optimizer: createOptimizer(options.optimizer, decayGroups(model, options.weightDecay)),
    ema: options.ema === null ? null : createEma(model, options.ema),
    loader: createLoader(dataset, { ...loader, batchSize, rng, totalSteps, views: [options.augmentation] }),
    step: 0,
    sinceReport: noSums(),
    sinceEpoch: noSums(),
  };
}

/** Learning rate of the next step. */
export const learningRateOf = ({ step, schedule }: Training): number => schedule(step);

/**
 * One step: next batch, forward, backward, update; the sums grow by it.
 *
 * @throws NonFiniteError if the loss or, with clipping, the norm of the gradients is not a finite number; parameters are
 *   then as before the step
 */
export async function trainStep(training: Training): Promise<void> {
  const { dataset, options } = training;
  const batch = await training.loader.batch(training.step);
  const pass = forwardBackward(training, mixed(training, batch));
  try {
    // not every engine can be read synchronously
    const [loss = Number.NaN] = await pass.loss.data();
    const logits = await pass.logits.data<'float32'>();
    refuseNonFinite('training loss', loss, training);
    if (options.clipNorm !== null) {
      const [norm = Number.NaN] = await pass.norm.data();
      refuseNonFinite('norm of the gradients', norm, training);
    }
    training.optimizer.update(pass.gradients, learningRateOf(training));
    training.ema?.update();
    const right = rightAnswers(logits, batch.labels, dataset.classes);
    for (const sums of [training.sinceReport, training.sinceEpoch]) {
      sums.steps += 1;
      sums.samples += batch.labels.length;
      sums.loss += loss;
      sums.right += right;
    }
    training.step += 1;
  } finally {
    tf.dispose([pass.loss, pass.logits, pass.norm, pass.gradients]);
  }
}

/** What one pass over a batch leaves; the caller frees it. */
interface Pass {
  loss: tf.Scalar;
  /** `[B, K]` */
  logits: tf.Tensor2D;
  /** of all gradients together, before clipping; zero if nothing is clipped */
  norm: tf.Scalar;
  gradients: tf.NamedTensorMap;
}

const forwardBackward = ({ model, dataset, options }: Training, batch: TargetBatch): Pass => {
  let logits: tf.Tensor2D | null = null;
  const tensors = tf.tidy(() => {
    const x = tf.tensor4d(batch.images, [batch.size, batch.height, batch.width, dataset.channels]);
    const rows = tf.tensor2d(batch.targets, [batch.size, dataset.classes]);
    const { value, grads } = tf.variableGrads(
      () => {
        logits = tf.keep(model.forward(x, true));
        return softCrossEntropy(logits, rows);
      },
      model.parameters.map((parameter) => parameter.value),
    );
    if (options.clipNorm === null) return { loss: value, norm: tf.scalar(0), gradients: grads };
    return { loss: value, norm: globalNorm(grads), gradients: clipByGlobalNorm(grads, options.clipNorm) };
  });
  if (logits === null) throw new Error('the forward pass did not run');
  return { ...tensors, logits };
};

/** The batch with its targets, after mixing. */
const mixed = ({ dataset, options, loader, step }: Training, { views, labels }: Batch): TargetBatch => {
  const [images, size] = [views[0], loader.viewSizes[0]];
  if (images === undefined || size === undefined) throw new Error('the loader has no view');
  const targets = smoothedTargets(labels, dataset.classes, options.labelSmoothing);
  const batch = { images, targets, size: labels.length, ...size };
  const { kind, alpha } = options.mixing;
  if (kind === 'none') return batch;
  return (kind === 'mixup' ? mixup : cutmix)(batch, alpha, options.rng(`train/mix/${step}`));
};

const refuseNonFinite = (what: string, value: number, { step }: Training): void => {
  if (Number.isFinite(value)) return;
  throw new NonFiniteError(
    `the ${what} is ${value} at step ${step + 1}; try a smaller learning rate or a longer warm-up`,
  );
};

/** Ends the loader's threads, and frees what the training owns. */
export async function endTraining({ optimizer, ema, loader }: Training): Promise<void> {
  optimizer.dispose();
  ema?.dispose();
  await loader.close();
}
