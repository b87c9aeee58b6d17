/** @file From the `training` of a config to what the shared training takes. */
import { AUGMENTATION_PRESETS, type AugmentationPolicy, type TrainingConfig } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { holdOut } from '../data/hold-out.ts';
import type { MethodContext } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import {
  constantSchedule,
  cosineSchedule,
  linearSchedule,
  type Schedule,
  stepSchedule,
  withWarmup,
} from '../schedule/schedule.ts';
import type { TrainingOptions } from './training.ts';

/** The policy that a config names or spells out. */
export const policyOf = (augmentation: TrainingConfig['augmentation']): AugmentationPolicy =>
  typeof augmentation === 'string' ? AUGMENTATION_PRESETS[augmentation] : augmentation;

/** The learning rate of a config over a training of `totalSteps` steps. */
export function scheduleOf(
  { learningRate, schedule, warmupSteps }: Pick<TrainingConfig, 'learningRate' | 'schedule' | 'warmupSteps'>,
  totalSteps: number,
): Schedule {
  const steps = totalSteps - warmupSteps;
  const after = (): Schedule => {
    switch (schedule.kind) {
      case 'constant':
        return constantSchedule(learningRate);
      case 'cosine':
        return cosineSchedule(learningRate, steps, schedule.floor * learningRate);
      case 'linear':
        return linearSchedule(learningRate, steps);
      case 'step': {
        const milestones = schedule.milestones.map((share) => Math.round(share * totalSteps) - warmupSteps);
        return stepSchedule(learningRate, milestones, schedule.factor);
      }
    }
  };
  return warmupSteps > 0 ? withWarmup(after(), warmupSteps) : after();
}

/** What of a config's `training` the steps need. */
export const trainingOptionsOf = (training: TrainingConfig, ctx: Pick<MethodContext, 'rng'>): TrainingOptions => ({
  epochs: training.epochs,
  batchSize: training.batchSize,
  optimizer: training.optimizer,
  learningRate: (steps) => scheduleOf(training, steps),
  weightDecay: training.weightDecay,
  clipNorm: training.clipNorm,
  ema: training.emaDecay === null ? null : { decay: training.emaDecay, warmup: true },
  testEveryEpochs: training.testEveryEpochs,
  loader: training.loader,
  rng: (name) => ctx.rng(name),
});

/**
 * What a config's `training` trains on, and what it holds out; null: nothing.
 *
 * @throws DataError if no sample would be left to train on
 */
export const trainingSplit = (
  { validationSamples }: Pick<TrainingConfig, 'validationSamples'>,
  dataset: Dataset,
  rng: Rng,
): { dataset: Dataset; heldOut: Split | null } =>
  validationSamples === 0 ? { dataset, heldOut: null } : holdOut(dataset, validationSamples, rng);

/** When a config's `training` ends early: on what it holds out. */
export const earlyStopOf = ({
  earlyStopEpochs,
}: Pick<TrainingConfig, 'earlyStopEpochs'>): { metric: string; epochs: number } | null =>
  earlyStopEpochs === null ? null : { metric: 'validation/loss', epochs: earlyStopEpochs };
