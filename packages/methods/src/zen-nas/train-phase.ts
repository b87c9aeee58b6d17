import { parseStructure, superBlocks, type ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { MethodContext } from '../method.ts';
import type { Model } from '../nn/model.ts';
import { structureNetwork } from '../nn/structure-network.ts';
import { classification } from '../train/classification.ts';
import { earlyStopOf, policyOf, trainingOptionsOf, trainingSplit } from '../train/from-config.ts';
import { frozenModel } from '../train/frozen-model.ts';
import { measureClassifier } from '../train/measure-classifier.ts';
import { type TrainOptions, train } from '../train/train.ts';
import type { EpochRecord } from '../train/training.ts';
import { checkpointOf, type RunState } from './run-state.ts';

/**
 * Trains the winner with its links, and tests it after every epoch.
 *
 * @param use called with the trained model and a record per epoch before the model is freed
 * @throws NonFiniteError if the loss stops being a finite number
 */
export async function trainPhase<T>(
  config: ZenNasConfig,
  ctx: MethodContext,
  dataset: Dataset,
  run: Extract<RunState, { phase: 'train' }>,
  use: (model: Model, epochs: readonly EpochRecord[]) => Promise<T>,
): Promise<T> {
  const { training } = config;
  const rng = (name: string) => ctx.rng(name);
  const { dataset: trained, heldOut } = trainingSplit(training, dataset, rng('train/hold-out'));
  const teacher = await teacherOf(config, ctx, dataset);
  const model = structureNetwork(superBlocks(parseStructure(run.found.structure)), {
    input: dataset,
    residuals: true,
    squeezeExcite: training.squeezeExcite,
    classes: dataset.classes,
    batchNormMomentum: training.batchNormMomentum,
    rng,
  });
  const { labelSmoothing, mixing } = training;
  const augmentation = policyOf(training.augmentation);
  const objective = classification(model, trained, { augmentation, labelSmoothing, mixing, teacher, rng });
  const options: TrainOptions = {
    training: trainingOptionsOf(training, ctx),
    saved: run.training === null ? null : { state: run.training, tensors: ctx.resumeFrom?.tensors ?? [] },
    firstStep: run.found.iterations,
    checkpoint: ({ state, tensors }) => checkpointOf({ ...run, training: state }, tensors),
    measure: measureClassifier(model, trained, heldOut, training.evalBatchSize),
    earlyStop: earlyStopOf(training),
  };
  try {
    return await train(ctx, objective, trained, options, (epochs) => use(model, epochs));
  } finally {
    model.dispose();
    teacher?.model.dispose();
  }
}

/** The trained network that the winner is to learn from, too. */
async function teacherOf({ training }: ZenNasConfig, ctx: MethodContext, dataset: Dataset) {
  if (training.teacher === null) return null;
  const { weights, model, weight, temperature } = training.teacher;
  return { model: await frozenModel(weights, model, dataset, ctx), weight, temperature };
}
