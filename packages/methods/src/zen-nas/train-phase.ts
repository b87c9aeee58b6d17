import { AUGMENTATION_PRESETS, parseStructure, superBlocks, type ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { MethodContext } from '../method.ts';
import type { Model } from '../nn/model.ts';
import { structureNetwork } from '../nn/structure-network.ts';
import { cosineSchedule, withWarmup } from '../schedule/schedule.ts';
import { classification } from '../train/classification.ts';
import { measureClassifier } from '../train/measure-classifier.ts';
import { type TrainOptions, train } from '../train/train.ts';
import type { EpochRecord, TrainingOptions } from '../train/training.ts';
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
  const { squeezeExcite, batchNormMomentum, augmentation, labelSmoothing, evalBatchSize } = config.training;
  const rng = (name: string) => ctx.rng(name);
  const model = structureNetwork(superBlocks(parseStructure(run.found.structure)), {
    input: dataset,
    residuals: true,
    squeezeExcite,
    classes: dataset.classes,
    batchNormMomentum,
    rng,
  });
  const mixing = { kind: 'none', alpha: 1 } as const;
  const policy = AUGMENTATION_PRESETS[augmentation];
  const objective = classification(model, dataset, { augmentation: policy, labelSmoothing, mixing, rng });
  const options: TrainOptions = {
    training: trainingOptions(config, ctx),
    saved: run.training === null ? null : { state: run.training, tensors: ctx.resumeFrom?.tensors ?? [] },
    firstStep: run.found.iterations,
    checkpoint: ({ state, tensors }) => checkpointOf({ ...run, training: state }, tensors),
    measure: measureClassifier(model, dataset, null, evalBatchSize),
  };
  try {
    return await train(ctx, objective, dataset, options, (epochs) => use(model, epochs));
  } finally {
    model.dispose();
  }
}

const trainingOptions = ({ training }: ZenNasConfig, ctx: MethodContext): TrainingOptions => {
  const { learningRate, warmupSteps, momentum } = training;
  return {
    ...training,
    optimizer: { kind: 'sgd', momentum, nesterov: true },
    learningRate: (steps) => withWarmup(cosineSchedule(learningRate, steps - warmupSteps), warmupSteps),
    clipNorm: null,
    ema: null,
    rng: (name) => ctx.rng(name),
  };
};
