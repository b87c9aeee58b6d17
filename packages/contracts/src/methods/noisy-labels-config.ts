import { type Static, Type } from 'typebox';
import { Architecture } from '../architecture.ts';
import { DatasetConfig } from '../dataset.ts';
import { trainingConfig } from '../training.ts';

const closed = { additionalProperties: false } as const;

/** Largest noise rate that a config may name. */
const MAX_RATE = 0.95;

const Rates = Type.Array(Type.Number({ minimum: 0, maximum: MAX_RATE }), {
  minItems: 1,
  maxItems: 32,
  uniqueItems: true,
  default: [0, 0.1, 0.2, 0.3, 0.4],
  description: 'shares of labels that are flipped, rising; the training is repeated for each',
});

const Count = Type.Enum(['bernoulli', 'exact'], {
  default: 'bernoulli',
  description: 'bernoulli: every label is flipped with the rate; exact: that share of every class, rounded',
});

/** Where the observed labels come from. */
export const LabelNoise = Type.Union([
  Type.Object(
    { kind: Type.Literal('symmetric'), rates: Rates, count: Count },
    { ...closed, title: 'symmetric: to any other class' },
  ),
  Type.Object(
    { kind: Type.Literal('pair'), rates: Rates, count: Count },
    { ...closed, title: 'asymmetric: to the next class' },
  ),
  Type.Object(
    {
      kind: Type.Literal('near'),
      rates: Rates,
      count: Count,
      lookAlikes: Type.Union([Type.Array(Type.Integer({ minimum: 0 }), { minItems: 2, maxItems: 1000 }), Type.Null()], {
        default: null,
        description: 'class that each class is taken for; null: the pairs of Fashion-MNIST that look alike',
      }),
    },
    { ...closed, title: 'asymmetric: to the class that looks alike' },
  ),
  Type.Object(
    {
      kind: Type.Literal('matrix'),
      matrix: Type.Array(Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 2, maxItems: 200 }), {
        minItems: 2,
        maxItems: 200,
        description: 'row y: probabilities of the observed labels of class y',
      }),
      count: Count,
    },
    { ...closed, title: 'any transition matrix' },
  ),
  Type.Object(
    {
      kind: Type.Literal('instance'),
      rates: Rates,
      epochs: Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 1,
        description: 'of the early model on clean labels, whose smallest margins decide what is flipped',
      }),
    },
    { ...closed, title: 'instance-dependent: the samples with the smallest margin, to the runner-up class' },
  ),
]);
export type LabelNoise = Static<typeof LabelNoise>;

/** What is done against the noise. Weight decay, a falling learning rate and one epoch are set in `training`. */
export const NoiseRemedy = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, { ...closed, title: 'cross-entropy on the observed labels' }),
  Type.Object(
    {
      kind: Type.Literal('label-smoothing'),
      smoothing: Type.Number({ minimum: 0, maximum: 1, default: 0.1 }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('forward') }, { ...closed, title: 'loss corrected by the transition matrix' }),
  Type.Object(
    {
      kind: Type.Literal('gce'),
      q: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.7 }),
    },
    { ...closed, title: 'generalised cross-entropy' },
  ),
  Type.Object({ kind: Type.Literal('mae') }, { ...closed, title: 'mean absolute error' }),
  Type.Object(
    {
      kind: Type.Literal('bootstrap'),
      beta: Type.Number({ minimum: 0, maximum: 1, default: 0.95, description: 'weight of the observed label' }),
    },
    { ...closed, title: 'soft bootstrapping' },
  ),
  Type.Object(
    {
      kind: Type.Literal('small-loss'),
      rampEpochs: Type.Integer({
        minimum: 0,
        maximum: 10_000,
        default: 10,
        description: 'over which the share of dropped samples rises to the noise rate',
      }),
    },
    { ...closed, title: 'samples of small loss only' },
  ),
  Type.Object({ kind: Type.Literal('oracle') }, { ...closed, title: 'unflipped samples only, as an upper reference' }),
]);
export type NoiseRemedy = Static<typeof NoiseRemedy>;

const LinearModel = Type.Object(
  {
    dimension: Type.Integer({ minimum: 2, maximum: 500, default: 50, description: 'd, of the Gaussian inputs' }),
    samples: Type.Integer({ minimum: 4, maximum: 10_000, default: 65, description: 'n, at least d + 2' }),
    stepSize: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.012, description: 'below 2 / (d + 2)' }),
    radius: Type.Number({ minimum: 0, maximum: 100, default: 1, description: 'R: the start is N(0, R^2/d I)' }),
    passes: Type.Array(Type.Integer({ minimum: 2, maximum: 10_000 }), {
      maxItems: 8,
      uniqueItems: true,
      default: [4, 32],
      description: 'between one pass and convergence; pass k uses the step size over 1 + (k - 1) / 8',
    }),
    repetitions: Type.Integer({ minimum: 2, maximum: 100_000, default: 400 }),
    rates: Type.Array(Type.Number({ minimum: 0, exclusiveMaximum: 0.5 }), {
      minItems: 2,
      maxItems: 32,
      uniqueItems: true,
      default: [0, 0.05, 0.1, 0.2, 0.3, 0.4],
    }),
  },
  closed,
);

/** Training on labels of which a known share is wrong. Symbols refer to docs/methods/noisy-labels.md. */
export const NoisyLabelsConfig = Type.Object(
  {
    dataset: DatasetConfig,
    shrink: Type.Integer({
      minimum: 1,
      maximum: 8,
      default: 1,
      description: 'side of the squares of pixels that are averaged to one',
    }),
    noise: Type.Unsafe<LabelNoise>({
      ...LabelNoise,
      default: { kind: 'symmetric', rates: [0, 0.1, 0.2, 0.3, 0.4], count: 'bernoulli' },
    }),
    model: Type.Unsafe<Architecture>({ ...Architecture, default: { kind: 'mlp', hidden: [256] } }),
    remedy: Type.Unsafe<NoiseRemedy>({ ...NoiseRemedy, default: { kind: 'none' } }),
    training: trainingConfig({
      epochs: 80,
      batchSize: 50,
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false },
      learningRate: 0.05,
      schedule: { kind: 'constant' },
      weightDecay: 0,
    }),
    firstEpochShare: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'of the last steps of the first epoch, whose mean test error stands for its end; 0: the end alone',
    }),
    linear: Type.Union([LinearModel, Type.Null()], {
      default: null,
      description: 'adds the same experiment on a linear model, whose errors are known in closed form',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type NoisyLabelsConfig = Static<typeof NoisyLabelsConfig>;
export type LinearModel = Static<typeof LinearModel>;
