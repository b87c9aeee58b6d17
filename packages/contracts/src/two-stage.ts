/** @file What methods share that train in two stages, with another loss in the second one. */
import { type Static, Type } from 'typebox';
import { Architecture } from './architecture.ts';
import type { Fault } from './errors.ts';
import { type TrainingConfig, trainingConfig } from './training.ts';

const closed = { additionalProperties: false } as const;

/** The keys of such a config that both methods have, with the defaults of their papers' small-scale protocol. */
export const TWO_STAGE = {
  model: Type.Unsafe<Architecture>({ ...Architecture, default: { kind: 'mlp', hidden: [256, 256] } }),
  switchEpoch: Type.Union([Type.Integer({ minimum: 0, maximum: 10_000 }), Type.Null()], {
    default: null,
    description: 'first epoch of the second stage, from 0; null: two thirds of the epochs, rounded',
  }),
  secondStage: Type.Object(
    {
      learningRate: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 100 }), Type.Null()], {
        default: null,
        description: 'constant from the switch on; null: the schedule goes on',
      }),
      resetMomentum: Type.Boolean({ default: false, description: 'the optimizer forgets its state at the switch' }),
    },
    { ...closed, default: {} },
  ),
  training: trainingConfig({
    epochs: 30,
    batchSize: 100,
    learningRate: 0.05,
    optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false },
    schedule: { kind: 'step', milestones: [1 / 3, 2 / 3], factor: 0.1 },
    weightDecay: 5e-4,
  }),
};

interface TwoStages {
  switchEpoch: number | null;
  training: TrainingConfig;
}
export type SecondStage = Static<typeof TWO_STAGE.secondStage>;

/** First epoch of the second stage, from 0. */
export const switchEpochOf = ({ switchEpoch, training }: TwoStages): number =>
  switchEpoch ?? Math.round((2 * training.epochs) / 3);

/** What the schema cannot say. */
export const twoStageFaults = (config: TwoStages): Fault[] =>
  switchEpochOf(config) <= config.training.epochs
    ? []
    : [{ pointer: '/switchEpoch', message: `must be at most training.epochs, ${config.training.epochs}` }];
