import { type Static, Type } from 'typebox';
import { DatasetConfig, LoaderConfig } from '../dataset.ts';

const closed = { additionalProperties: false } as const;

const Features = {
  dimension: Type.Integer({ minimum: 1, maximum: 512, default: 20, description: 'd, of the features' }),
  conditionNumber: Type.Number({
    minimum: 1,
    maximum: 1e6,
    default: 100,
    description: 'of the feature covariance, whose eigenvalues are log-spaced and sum to 1',
  }),
  noise: Type.Number({ minimum: 0, maximum: 100, default: 0.5, description: 'standard deviation of the label noise' }),
};

const Glm = Type.Object(
  {
    kind: Type.Literal('glm'),
    ...Features,
    linkAmplitude: Type.Number({
      minimum: 0,
      maximum: 0.95,
      default: 0.8,
      description: 'a of the link z + a sin z; at 0.8 the risk is not convex, at 0.5 only single losses are not',
    }),
  },
  { ...closed, title: 'generalised linear model, y = z + a sin z with z = <w, x>' },
);

const Linear = Type.Object(
  {
    kind: Type.Literal('linear'),
    ...Features,
    design: Type.Enum(['gaussian', 'rademacher'], {
      default: 'gaussian',
      description: 'rademacher: features +-sqrt(eigenvalue), all of length 1, for which the bounds are checked',
    }),
  },
  { ...closed, title: 'linear model' },
);

const TwoLayer = Type.Object(
  {
    kind: Type.Literal('two-layer'),
    ...Features,
    hidden: Type.Integer({ minimum: 1, maximum: 512, default: 16, description: 'hidden units' }),
    activation: Type.Enum(['linear', 'tanh'], {
      default: 'linear',
      description: 'linear: a deep linear network; the labels follow <w, x> or tanh <w, x>',
    }),
  },
  { ...closed, title: 'two layers, PL only near their minima' },
);

const Net = Type.Object(
  {
    kind: Type.Literal('net'),
    dataset: DatasetConfig,
    shrink: Type.Integer({ minimum: 1, maximum: 8, default: 2, description: 'side of the squares that are averaged' }),
    hidden: Type.Array(Type.Integer({ minimum: 1, maximum: 8192 }), { maxItems: 8, default: [128] }),
    loss: Type.Enum(['cross-entropy', 'squared'], {
      default: 'cross-entropy',
      description: 'squared: on one-hot rows',
    }),
    batchSize: Type.Integer({ minimum: 1, maximum: 4096, default: 50 }),
    momentum: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.9 }),
    validationSamples: Type.Integer({
      minimum: 1,
      default: 2000,
      description: 'held out of the training samples, to tune on',
    }),
    evalBatchSize: Type.Integer({ minimum: 1, maximum: 8192, default: 500 }),
    loader: LoaderConfig,
  },
  { ...closed, title: 'multi-layer perceptron on images' },
);

/** What the risk is of. Only the net needs tensors. */
export const SgdProblem = Type.Union([Glm, Linear, TwoLayer, Net]);
export type SgdProblem = Static<typeof SgdProblem>;
export type SyntheticProblem = Exclude<SgdProblem, { kind: 'net' }>;
export type NetProblem = Static<typeof Net>;

const DEFAULT_PROBLEM: SgdProblem = {
  kind: 'glm',
  dimension: 20,
  conditionNumber: 100,
  noise: 0.5,
  linkAmplitude: 0.8,
};

export const SAMPLE_ORDERS = ['reshuffle', 'single-shuffle', 'replacement'] as const;
export type SampleOrder = (typeof SAMPLE_ORDERS)[number];

export const STEP_SCHEDULES = ['constant', 'cosine', 'linear', 'pl-decay'] as const;
export type StepSchedule = (typeof STEP_SCHEDULES)[number];

export const SGD_COMPARATORS = ['fresh', 'erm', 'gd', 'one-pass-averaged'] as const;
export type SgdComparator = (typeof SGD_COMPARATORS)[number];

const distinct = (
  schema: Parameters<typeof Type.Array>[0],
  maxItems: number,
  values: readonly number[],
  description: string,
) =>
  Type.Unsafe<number[]>(Type.Array(schema, { minItems: 1, maxItems, uniqueItems: true, default: values, description }));

/** One pass against many over the same samples. Sections refer to docs/methods/multipass-sgd.md. */
export const MultipassSgdConfig = Type.Object(
  {
    problem: Type.Unsafe<SgdProblem>({ ...SgdProblem, default: DEFAULT_PROBLEM }),
    sampleSizes: distinct(
      Type.Integer({ minimum: 2, maximum: 1_000_000 }),
      32,
      [100, 200, 400, 800, 1600, 3200],
      'samples n that are drawn',
    ),
    passes: distinct(
      Type.Integer({ minimum: 1, maximum: 100_000 }),
      32,
      [1, 2, 4, 8, 16],
      'passes k over the samples; 1 is always among them',
    ),
    order: Type.Enum([...SAMPLE_ORDERS], {
      default: 'reshuffle',
      description: 'reshuffle: a new permutation every pass; single-shuffle: the first one again; replacement: draws',
    }),
    schedule: Type.Enum([...STEP_SCHEDULES], {
      default: 'cosine',
      description:
        'of the step size, over all steps of its own k; pl-decay: (2t+1) / (2 mu (t+1)^2), capped by the step size',
    }),
    tailAverage: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 1 }), Type.Null()], {
      default: null,
      description: 'share of the last iterates whose mean is the result; null: the last iterate is',
    }),
    stepSizes: distinct(
      Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
      32,
      [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2],
      'the one grid on which every k is tuned, by the mean over the seeds',
    ),
    seeds: Type.Integer({
      minimum: 1,
      maximum: 2000,
      default: 10,
      description: 'independent draws of truth, samples and orders, all from the seed of the job',
    }),
    comparators: Type.Array(Type.Enum([...SGD_COMPARATORS]), {
      uniqueItems: true,
      default: ['fresh', 'erm'],
      description:
        'fresh: one pass over k n new samples; erm: the minimiser of the empirical risk; gd: k full-batch steps; one-pass-averaged: mean of the last half at a constant step size',
    }),
    plProbes: Type.Integer({
      minimum: 0,
      maximum: 100_000,
      default: 300,
      description: 'random points at distances 0.01 to 10 of the truth where the PL ratio is measured',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type MultipassSgdConfig = Static<typeof MultipassSgdConfig>;
