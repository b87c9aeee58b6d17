import { type SecondStage, switchEpochOf, type TrainingConfig } from '@crucible/contracts';
import { stepsPerEpoch } from '../data/loader.ts';
import type { MethodContext } from '../method.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { trainingOptionsOf } from './from-config.ts';
import type { EpochRecord, TrainingOptions } from './training.ts';

interface TwoStageConfig {
  switchEpoch: number | null;
  secondStage: SecondStage;
  training: TrainingConfig;
}

/** Where a training of two stages is cut, in steps. */
export interface StagePlan {
  /** first step of the second stage, from 0; `totalSteps` where there is none */
  switchStep: number;
  totalSteps: number;
  stepsPerEpoch: number;
}

/** @param samples in the train split */
export function stagePlan(config: TwoStageConfig, samples: number): StagePlan {
  const perEpoch = stepsPerEpoch(samples, config.training.batchSize);
  return {
    switchStep: switchEpochOf(config) * perEpoch,
    totalSteps: config.training.epochs * perEpoch,
    stepsPerEpoch: perEpoch,
  };
}

/** The stage of a step: a function of the step alone, so that a job that goes on at the switch is in the second one. */
export const isFirstStage = ({ switchStep }: StagePlan, step: number): boolean => step < switchStep;

/** The options of the training, with what the config asks for at the switch. */
export function twoStageOptions(
  config: TwoStageConfig,
  plan: StagePlan,
  ctx: Pick<MethodContext, 'rng'>,
): TrainingOptions {
  const options = trainingOptionsOf(config.training, ctx);
  const { learningRate, resetMomentum } = config.secondStage;
  const rate = (first: Schedule): Schedule =>
    learningRate === null ? first : (step) => (isFirstStage(plan, step) ? first(step) : learningRate);
  return {
    ...options,
    learningRate: (steps) => rate(options.learningRate(steps)),
    freshOptimizerAt: resetMomentum ? plan.switchStep : null,
  };
}

/**
 * Says so where the second stage has no learning rate left to move with: it begins more than a sixth of the training
 * after the last fall of a step schedule. Null otherwise.
 */
export function lateSwitchWarning(config: TwoStageConfig): string | null {
  const { schedule, epochs } = config.training;
  const switchEpoch = switchEpochOf(config);
  if (schedule.kind !== 'step' || config.secondStage.learningRate !== null || switchEpoch === epochs) return null;
  const last = Math.max(0, ...schedule.milestones);
  if (switchEpoch / epochs <= last + 1 / 6 + 1e-9) return null; // shares are rounded
  return `the second stage begins at epoch ${switchEpoch} of ${epochs}, long after the last fall of the learning rate`;
}

/** Test accuracy around the switch; null where an epoch was not trained. */
export function accuracyAroundSwitch(
  epochs: readonly EpochRecord[],
  switchEpoch: number,
): { accuracyBeforeSwitch: number | null; accuracyAfterSwitch: number | null } {
  const after = (epoch: number): number | null =>
    epochs.find((record) => record.epoch === epoch)?.values['test/accuracy'] ?? null;
  return { accuracyBeforeSwitch: after(switchEpoch), accuracyAfterSwitch: after(switchEpoch + 1) };
}
