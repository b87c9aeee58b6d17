/** @file Training, step by step over a state that can be saved at any step boundary. */
import type { LoaderConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { createLoader, type Loader, stepsPerEpoch } from '../data/loader.ts';
import { NonFiniteError } from '../method.ts';
import { clipByGlobalNorm, globalNorm } from '../optim/clip-by-global-norm.ts';
import { createEma, type Ema, type EmaOptions } from '../optim/ema.ts';
import { createOptimizer, decayGroups, type Optimizer, type OptimizerOptions } from '../optim/optimizer.ts';
import type { Rng } from '../random/rng.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Objective, ViewBatch } from './objective.ts';
import { rightAnswers } from './right-answers.ts';

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
  /** moving averages of what is trained; null: none */
  ema: EmaOptions | null;
  loader: LoaderConfig;
  /** epochs from one measuring to the next; the last epoch is always measured. @defaultValue 1 */
  testEveryEpochs?: number;
  /** step before which the optimizer forgets what it keeps; null: never. @defaultValue null */
  freshOptimizerAt?: number | null;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/** Sums over training steps. */
export interface TrainingSums {
  steps: number;
  samples: number;
  loss: number;
  /** samples that had logits, and right answers among them */
  judged: number;
  right: number;
  /** of the objective's own values, by name */
  values: Record<string, number>;
}

/** What an epoch came to: metric by name. */
export interface EpochRecord {
  epoch: number;
  values: Record<string, number>;
}

/** What was measured after a step within the training: metric by name. */
export interface ProbeRecord {
  step: number;
  values: Record<string, number>;
}

/** A training under way. It owns optimizer, averages and loader, not what the objective trains. */
export interface Training {
  readonly objective: Objective;
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
  /** one per epoch that was trained and measured */
  epochs: EpochRecord[];
  /** one per step that was probed */
  probes: ProbeRecord[];
}

export const noSums = (): TrainingSums => ({ steps: 0, samples: 0, loss: 0, judged: 0, right: 0, values: {} });

/** Training before its first step. */
export function startTraining(objective: Objective, dataset: Dataset, options: TrainingOptions): Training {
  const perEpoch = stepsPerEpoch(dataset.train.count, options.batchSize);
  const totalSteps = perEpoch * options.epochs;
  const { batchSize, rng, loader } = options;
  return {
    objective,
    dataset,
    options,
    stepsPerEpoch: perEpoch,
    totalSteps,
    schedule: options.learningRate(totalSteps),
    optimizer: createOptimizer(options.optimizer, decayGroups(objective, options.weightDecay)),
    ema: options.ema === null ? null : createEma(objective, options.ema),
    loader: createLoader(dataset, { ...loader, batchSize, rng, totalSteps, views: objective.views }),
    step: 0,
    sinceReport: noSums(),
    sinceEpoch: noSums(),
    epochs: [],
    probes: [],
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
  const { dataset, objective, optimizer, options } = training;
  if (training.step === options.freshOptimizerAt) forget(optimizer);
  const batch = { ...(await training.loader.batch(training.step)), viewSizes: training.loader.viewSizes };
  const pass = forwardBackward(training, batch);
  try {
    // not every engine can be read synchronously
    const [loss = Number.NaN, norm = Number.NaN, ...values] = await pass.scalars.data<'float32'>();
    const logits = await pass.logits?.data<'float32'>();
    refuseNonFinite('training loss', loss, training);
    refuseNonFinite('norm of the gradients', norm, training);
    optimizer.update(pass.gradients, learningRateOf(training));
    objective.updated?.(training.step);
    training.ema?.update();
    const right = logits === undefined ? 0 : rightAnswers(logits, batch.labels, dataset.classes);
    for (const sums of [training.sinceReport, training.sinceEpoch]) {
      sums.steps += 1;
      sums.samples += batch.labels.length;
      sums.loss += loss;
      sums.judged += logits === undefined ? 0 : batch.labels.length;
      sums.right += right;
      pass.names.forEach((name, i) => {
        sums.values[name] = (sums.values[name] ?? 0) + (values[i] as number);
      });
    }
    training.step += 1;
  } finally {
    tf.dispose([pass.scalars, pass.gradients, ...(pass.logits === null ? [] : [pass.logits])]);
  }
}

/** What one pass over a batch leaves; the caller frees it. */
interface Pass {
  /** loss, norm of all gradients before clipping (zero if nothing is clipped), then the objective's values */
  scalars: tf.Tensor1D;
  /** of those values, in order */
  names: readonly string[];
  /** `[B, K]`, where the objective has them */
  logits: tf.Tensor2D | null;
  gradients: tf.NamedTensorMap;
}

const forwardBackward = ({ objective, options, step }: Training, batch: ViewBatch): Pass => {
  let logits: tf.Tensor2D | null = null;
  const kept: Record<string, tf.Scalar> = {};
  const tensors = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(
      () => {
        const terms = objective.loss(batch, step);
        if (terms.logits !== undefined) logits = tf.keep(terms.logits);
        for (const [name, scalar] of Object.entries(terms.values ?? {})) kept[name] = tf.keep(tf.clone(scalar));
        return terms.loss;
      },
      objective.parameters.map((parameter) => parameter.value),
    );
    const isClipped = options.clipNorm !== null;
    const scalars = tf.stack([value, isClipped ? globalNorm(grads) : tf.scalar(0), ...Object.values(kept)]);
    const gradients = options.clipNorm === null ? grads : clipByGlobalNorm(grads, options.clipNorm);
    return { scalars: scalars as tf.Tensor1D, gradients };
  });
  tf.dispose(kept);
  return { ...tensors, names: Object.keys(kept), logits };
};

/** Brings an optimizer back to where it began. */
const forget = (optimizer: Optimizer): void => {
  for (const { value } of optimizer.slots) tf.tidy(() => value.assign(tf.zerosLike(value)));
  optimizer.steps = 0;
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
