import { type Static, Type } from 'typebox';
import { DATASETS, datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { type MethodDescriptor, metric } from '../method.ts';
import { Nullable } from '../nullable.ts';
import { TRAINING_METRICS } from '../training.ts';
import { MultipassSgdConfig, type NetProblem, type SgdProblem } from './multipass-sgd-config.ts';

const PerSeed = Type.Array(Type.Union([Type.Number(), Type.Null()]), { description: 'null: it diverged' });

/** One tuned cell of the table: a way to train at a number of samples and passes. */
const SgdCell = Type.Object({
  variant: Type.Enum(['sgd', 'gd', 'one-pass-averaged']),
  sampleSize: Type.Integer(),
  passes: Type.Integer(),
  isFresh: Type.Boolean({ description: 'one pass over as many new samples as a multi-pass cell visits' }),
  stepSize: Nullable(Type.Number(), { description: 'the best of the grid; null: all diverged' }),
  stepSizeAtEdge: Type.Boolean({ description: 'the best step size is the smallest or largest of the grid' }),
  mean: Nullable(Type.Number(), { description: 'of the risk over the seeds' }),
  standardError: Nullable(Type.Number(), { description: 'of the mean' }),
  perSeed: PerSeed,
});
export type SgdCell = Static<typeof SgdCell>;

const SgdWarning = Type.Object({
  name: Type.Enum(['bound-violated', 'step-size-at-edge', 'all-diverged']),
  message: Type.String(),
});
export type SgdWarning = Static<typeof SgdWarning>;

/** What a finished multi-pass SGD job says of itself. */
export const MultipassSgdSummary = Type.Object({
  risk: Type.Enum(['excess-risk', 'test-error'], {
    description: 'what the table holds; tuned on itself or, for a net, on held-out samples',
  }),
  cells: Type.Array(SgdCell),
  gains: Type.Array(
    Type.Object({
      sampleSize: Type.Integer(),
      passes: Type.Integer(),
      ratio: Nullable(Type.Number(), {
        description: 'risk of one pass over that of k, geometric mean; null: its step size is at an edge',
      }),
      lo: Nullable(Type.Number(), { description: 'of the paired 95 % interval' }),
      hi: Nullable(Type.Number(), { description: 'of the paired 95 % interval' }),
    }),
  ),
  reuse: Type.Array(
    Type.Object({
      sampleSize: Type.Integer(),
      passes: Type.Integer(),
      factor: Nullable(Type.Number(), {
        description: 'n*/n, where one pass over n* samples is as good; null: outside of what was run',
      }),
    }),
  ),
  slopes: Type.Array(
    Type.Object({ passes: Type.Integer(), slope: Type.Number(), lo: Type.Number(), hi: Type.Number() }),
    { description: 'of log risk against log n; a steeper one is no sign of the better method' },
  ),
  erm: Type.Array(
    Type.Object({
      sampleSize: Type.Integer(),
      mean: Type.Number(),
      standardError: Nullable(Type.Number(), { description: 'null: one seed' }),
      perSeed: Type.Array(Type.Number()),
      limit: Nullable(Type.Number(), {
        description: 'noise^2 d / (2 (n - d - 1)), exact for the linear model; null: n is too small',
      }),
    }),
  ),
  startRisk: Nullable(Type.Number(), { description: 'excess risk of the start, mean over the seeds' }),
  pl: Nullable(
    Type.Object({
      guaranteed: Type.Number({ description: 'mu that is proved' }),
      smallest: Type.Number({ description: 'smallest ratio |grad F|^2 / (2 (F - F*)) that was met' }),
      median: Type.Number(),
    }),
    { description: 'of the probes; null: none' },
  ),
  bounds: Type.Array(
    Type.Object({
      bound: Type.Enum(['one-pass', 'many-pass']),
      sampleSize: Type.Integer(),
      stepSize: Type.Number(),
      checks: Type.Integer(),
      smallestRatio: Type.Number({ description: 'bound over measurement where it is tightest; below 1: violated' }),
      largestRatio: Type.Number(),
    }),
  ),
  warnings: Type.Array(SgdWarning),
  steps: Type.Integer({ description: 'steps of SGD of each of the runs side by side, summed over the cells' }),
});
export type MultipassSgdSummary = Static<typeof MultipassSgdSummary>;

/** Steps of one run: a guard against a misspelt number. */
const MAX_STEPS = 20_000_000;
/** Numbers that the samples of all seeds together may hold. */
const MAX_NUMBERS = 200_000_000;

/** Weights of all runs side by side. */
const MAX_WEIGHTS = 10_000_000;

/** Weights of one run; those of a net are trained one run after the other. */
const weightsOf = (problem: SgdProblem): number => {
  if (problem.kind === 'net') return 0;
  return problem.kind === 'two-layer' ? problem.hidden * (problem.dimension + 1) : problem.dimension;
};

const faults = (config: MultipassSgdConfig): Fault[] => {
  const { problem, sampleSizes, passes, comparators, seeds } = config;
  const found: Fault[] = problem.kind === 'net' ? netFaults(problem, config) : [];
  const steps = Math.max(...sampleSizes) * Math.max(...passes);
  if (steps > MAX_STEPS)
    found.push({ pointer: '/passes', message: `${steps} steps in one run; at most ${MAX_STEPS} are allowed` });
  if (problem.kind !== 'net') {
    const samples = comparators.includes('fresh') ? steps : Math.max(...sampleSizes);
    if (samples * problem.dimension * seeds > MAX_NUMBERS)
      found.push({
        pointer: '/seeds',
        message: `${seeds} seeds of ${samples} samples do not fit into memory; at most ${MAX_NUMBERS} numbers may`,
      });
  }
  const runs = seeds * config.stepSizes.length * weightsOf(problem);
  if (runs > MAX_WEIGHTS)
    found.push({
      pointer: '/seeds',
      message: `${runs} weights of runs side by side do not fit into memory; at most ${MAX_WEIGHTS} may`,
    });
  if (problem.kind === 'two-layer' && comparators.includes('erm'))
    found.push({ pointer: '/comparators', message: 'erm needs a problem with one minimum: glm or linear' });
  if (config.schedule === 'pl-decay' && problem.kind !== 'glm' && problem.kind !== 'linear')
    found.push({ pointer: '/schedule', message: 'pl-decay needs a problem whose mu is known: glm or linear' });
  return found;
};

const netFaults = (problem: NetProblem, config: MultipassSgdConfig): Fault[] => {
  const found = datasetFaults(problem.dataset, '/problem/dataset');
  const { resolution } = DATASETS[problem.dataset.name];
  if (resolution !== null && resolution % problem.shrink !== 0)
    found.push({ pointer: '/problem/shrink', message: `must divide ${resolution}, the side of the images` });
  for (const [key, want] of Object.entries({ order: 'reshuffle', tailAverage: null }))
    if (config[key as 'order' | 'tailAverage'] !== want)
      found.push({ pointer: `/${key}`, message: `must be ${want} for a net` });
  for (const comparator of config.comparators)
    if (comparator !== 'fresh')
      found.push({ pointer: '/comparators', message: `${comparator} is not there for a net; fresh is` });
  return found;
};

const ON_PATH = 'of the step size that is best at this step, mean over the seeds';

export const multipassSgd = {
  id: 'multipass-sgd',
  version: '1',
  title: 'Multi-pass SGD',
  paper: { title: 'Why Does Multi-Epoch Training Help?', arxiv: '2105.06015' },
  description:
    'One pass of SGD against many over the same samples under the Polyak-Lojasiewicz condition: excess risk, bounds, limits.',
  config: MultipassSgdConfig,
  faults,
  summary: MultipassSgdSummary,
  metrics: [
    metric('path/excess-risk', '1', 'lower', `excess risk ${ON_PATH}`),
    metric('path/empirical-risk', '1', 'lower', `risk on the samples ${ON_PATH}`),
    metric('path/gradient-norm', '1', 'lower', `norm of the gradient of the empirical risk ${ON_PATH}`),
    metric('path/pl-ratio', '1', 'neither', `|grad F|^2 / (2 (F - F*)) ${ON_PATH}`),
    metric('path/distance', '1', 'lower', `distance to the truth in the norm of the covariance ${ON_PATH}`),
    metric(
      'path/share-top',
      'fraction',
      'neither',
      'share of the squared distance in the third of the largest eigenvalues',
    ),
    metric('path/share-middle', 'fraction', 'neither', 'share of the squared distance in the middle third'),
    metric(
      'path/share-bottom',
      'fraction',
      'neither',
      'share of the squared distance in the third of the smallest eigenvalues',
    ),
    metric('path/decay', 'fraction', 'neither', 'step size over its first value'),
    metric('cell/sample-size', 'count', 'neither', 'samples of the cell that has ended'),
    metric('cell/passes', 'count', 'neither', 'passes of the cell that has ended'),
    metric('cell/risk', '1', 'lower', 'tuned risk, mean over the seeds'),
    metric('cell/standard-error', '1', 'lower', 'of the tuned risk'),
    metric('cell/step-size', '1', 'neither', 'the best step size'),
    metric('cell/gain', '1', 'higher', 'risk of one pass over that of this cell, at the same samples'),
    metric('erm/excess-risk', '1', 'lower', 'of the minimiser of the empirical risk, mean over the seeds'),
    metric('erm/limit', '1', 'neither', 'noise^2 d / (2 (n - d - 1))'),
    metric(
      'bound/one-pass',
      '1',
      'neither',
      'bound on the excess risk in the first pass, largest step size that it allows',
    ),
    metric('bound/one-pass-slack', '1', 'neither', 'bound less measured excess risk; below zero: violated'),
    metric(
      'bound/many-pass',
      '1',
      'neither',
      'bound on the gap of the empirical risk, largest step size that it allows',
    ),
    metric('bound/many-pass-slack', '1', 'neither', 'bound less measured gap; below zero: violated'),
    ...TRAINING_METRICS,
  ],
  artifacts: [
    {
      name: 'excess-risk.csv',
      mediaType: 'text/csv',
      description: 'tuned risk by samples and passes, with interval, gain, minimiser, limit and effective reuse',
    },
    {
      name: 'grid.csv',
      mediaType: 'text/csv',
      description: 'risk of every run: samples, passes, variant, step size, seed',
    },
    { name: 'curves.csv', mediaType: 'text/csv', description: 'excess risk and its parts along the tuned runs' },
    { name: 'bounds.csv', mediaType: 'text/csv', description: 'both sides of the bounds at every recorded step' },
    { name: 'pl-probes.csv', mediaType: 'text/csv', description: 'PL ratio at random points, by distance' },
    {
      name: 'weights.safetensors',
      mediaType: 'application/octet-stream',
      description:
        'final weights of the tuned runs, one row per seed, with the truths; of a net, the tuned run of most passes',
    },
  ],
  presets: {
    'fashion-mnist': {
      description: 'A perceptron on 4,000 images of Fashion-MNIST at 14 x 14, cross-entropy, tuned on held-out images.',
      config: {
        problem: { kind: 'net' },
        sampleSizes: [4000],
        stepSizes: [0.03, 0.1, 0.2],
        seeds: 3,
        comparators: [],
      },
      expectedMinutes: 2,
      expectedResult: 'test error near 0.22 after one pass and 0.16 after sixteen',
    },
    bounds: {
      description: 'Both bounds on a linear model with Rademacher features, over 400 seeds.',
      config: {
        problem: { kind: 'linear', dimension: 5, conditionNumber: 4, noise: 0.3, design: 'rademacher' },
        sampleSizes: [60],
        passes: [16],
        order: 'replacement',
        schedule: 'constant',
        stepSizes: [0.0625, 0.125, 0.25],
        seeds: 400,
        comparators: ['erm'],
      },
      expectedMinutes: 0.2,
      expectedResult: 'the bounds hold at every step',
    },
  },
} as const satisfies MethodDescriptor;
