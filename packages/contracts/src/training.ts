/** @file The part of a config that every method which trains a network shares. */
import { type Static, Type } from 'typebox';
import { AUGMENTATION_PRESETS, AugmentationPolicy, type AugmentationPreset } from './augmentation.ts';
import { LoaderConfig } from './dataset.ts';
import type { Fault } from './errors.ts';

const closed = { additionalProperties: false } as const;
const Momentum = Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.9 });
const Beta = (value: number) => Type.Number({ minimum: 0, exclusiveMaximum: 1, default: value });
const adam = <Kind extends 'adam' | 'adamw'>(kind: Kind) =>
  Type.Object(
    {
      kind: Type.Literal(kind),
      beta1: Beta(0.9),
      beta2: Beta(0.999),
      epsilon: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1e-8 }),
    },
    closed,
  );

/** An update rule. The learning rate and the weight decay stand beside it, as they are the same for all of them. */
export const OptimizerConfig = Type.Union([
  Type.Object(
    { kind: Type.Literal('sgd'), momentum: Momentum, nesterov: Type.Boolean({ default: true }) },
    { ...closed, title: 'SGD' },
  ),
  adam('adam'),
  adam('adamw'),
  Type.Object(
    {
      kind: Type.Literal('lars'),
      momentum: Momentum,
      trust: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.001 }),
      epsilon: Type.Number({ minimum: 0, maximum: 1, default: 0 }),
    },
    { ...closed, title: 'LARS' },
  ),
]);
export type OptimizerConfig = Static<typeof OptimizerConfig>;

/** How the learning rate goes over the training, after the warm-up. */
export const ScheduleConfig = Type.Union([
  Type.Object({ kind: Type.Literal('constant') }, closed),
  Type.Object(
    {
      kind: Type.Literal('cosine'),
      floor: Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'share of the peak at the end' }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('linear') }, { ...closed, title: 'linear, to zero' }),
  Type.Object(
    {
      kind: Type.Literal('step'),
      milestones: Type.Array(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), {
        maxItems: 32,
        default: [1 / 3, 2 / 3],
        description: 'shares of the training at which the learning rate falls',
      }),
      factor: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.1 }),
    },
    closed,
  ),
]);
export type ScheduleConfig = Static<typeof ScheduleConfig>;

/** What a method may set otherwise than the rest. */
export interface TrainingDefaults {
  epochs: number;
  batchSize: number;
  learningRate: number;
  optimizer: OptimizerConfig;
  schedule: ScheduleConfig;
  warmupSteps: number;
  weightDecay: number;
  augmentation: AugmentationPreset;
  validationSamples: number;
}

const DEFAULTS: TrainingDefaults = {
  epochs: 30,
  batchSize: 128,
  learningRate: 0.1,
  optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true },
  schedule: { kind: 'cosine', floor: 0 },
  warmupSteps: 0,
  weightDecay: 5e-4,
  augmentation: 'none',
  validationSamples: 0,
};

/** The schema of `training`, with the defaults of a method. */
export const trainingConfig = (changed: Partial<TrainingDefaults> = {}) => {
  const defaults = { ...DEFAULTS, ...changed };
  return Type.Object(
    {
      epochs: Type.Integer({ minimum: 1, maximum: 10_000, default: defaults.epochs }),
      batchSize: Type.Integer({ minimum: 1, maximum: 4096, default: defaults.batchSize }),
      optimizer: Type.Unsafe<OptimizerConfig>({ ...OptimizerConfig, default: defaults.optimizer }),
      learningRate: Type.Number({
        exclusiveMinimum: 0,
        maximum: 100,
        default: defaults.learningRate,
        description: 'peak, at the end of the warm-up',
      }),
      schedule: Type.Unsafe<ScheduleConfig>({ ...ScheduleConfig, default: defaults.schedule }),
      warmupSteps: Type.Integer({ minimum: 0, default: defaults.warmupSteps, description: 'of linear rise' }),
      weightDecay: Type.Number({
        minimum: 0,
        maximum: 1,
        default: defaults.weightDecay,
        description: 'of convolution and linear weights only',
      }),
      clipNorm: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
        default: null,
        description: 'largest norm of all gradients together; null: as it is',
      }),
      emaDecay: Type.Union([Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), Type.Null()], {
        default: null,
        description: 'of moving averages of the weights, which then are what is tested and left; null: none',
      }),
      augmentation: Type.Union(
        [Type.Enum(Object.keys(AUGMENTATION_PRESETS) as AugmentationPreset[]), AugmentationPolicy],
        { default: defaults.augmentation, description: 'a policy by name, or a list of operations' },
      ),
      validationSamples: Type.Integer({
        minimum: 0,
        default: defaults.validationSamples,
        description: 'held out of the training samples, drawn by seed, and measured after every epoch',
      }),
      earlyStopEpochs: Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.Null()], {
        default: null,
        description: 'end once the validation loss has not fallen for this many epochs; null: never',
      }),
      testEveryEpochs: Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: 1,
        description: 'epochs from one measuring to the next; the last epoch is always measured',
      }),
      evalBatchSize: Type.Integer({ minimum: 1, maximum: 8192, default: 500 }),
      loader: LoaderConfig,
    },
    { additionalProperties: false, default: {} },
  );
};
export type TrainingConfig = Static<ReturnType<typeof trainingConfig>>;

/** What the schema cannot say. `at` is the pointer of the training inside the whole config. */
export function trainingFaults(training: TrainingConfig, at: string): Fault[] {
  if (training.earlyStopEpochs === null) return [];
  const faults: Fault[] = [];
  if (training.validationSamples === 0)
    faults.push({ pointer: `${at}/validationSamples`, message: 'must be at least 1 where earlyStopEpochs is set' });
  if (training.testEveryEpochs > 1)
    faults.push({ pointer: `${at}/testEveryEpochs`, message: 'must be 1 where earlyStopEpochs is set' });
  return faults;
}

/** The metrics of a training through the shared loop that holds no samples out. */
export const TRAIN_TEST_METRICS = [
  {
    name: 'train/loss',
    unit: 'nats',
    better: 'lower',
    description: 'loss that is minimised, mean since the last report',
  },
  {
    name: 'train/accuracy',
    unit: 'fraction',
    better: 'higher',
    description: 'share of right answers on the training batches since the last report',
  },
  { name: 'train/learning-rate', unit: '1', better: 'neither', description: 'learning rate of the step' },
  { name: 'train/samples-per-second', unit: '1/s', better: 'higher', description: 'training samples per second' },
  { name: 'test/loss', unit: 'nats', better: 'lower', description: 'cross-entropy on the test split' },
  {
    name: 'test/accuracy',
    unit: 'fraction',
    better: 'higher',
    description: 'share of right answers on the test split',
  },
] as const;

/** The metrics of every training that goes through the shared loop. */
export const TRAINING_METRICS = [
  ...TRAIN_TEST_METRICS,
  { name: 'validation/loss', unit: 'nats', better: 'lower', description: 'cross-entropy on the samples held out' },
  {
    name: 'validation/accuracy',
    unit: 'fraction',
    better: 'higher',
    description: 'right answers on the samples held out',
  },
] as const;

/** What is measured on the test split beside accuracy and loss where a method asks how well the two fit. */
export const CALIBRATION_METRICS = [
  { name: 'test/ece', unit: '1', better: 'lower', description: 'expected calibration error, 15 bins' },
  { name: 'test/confidence', unit: '1', better: 'neither', description: 'mean of the largest probability' },
  { name: 'test/logit-gap', unit: '1', better: 'neither', description: 'mean of largest less second largest logit' },
] as const;

/** The files that a training through the shared loop leaves. */
export const TRAINING_ARTIFACTS = [
  { name: 'learning-curve.csv', mediaType: 'text/csv', description: 'a line per epoch, a column per metric' },
  {
    name: 'weights.safetensors',
    mediaType: 'application/octet-stream',
    description: 'trained weights and running statistics',
  },
] as const;
