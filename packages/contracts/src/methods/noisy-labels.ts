import { type Static, Type } from 'typebox';
import { architectureFaults } from '../architecture.ts';
import { DATASETS, datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { type MethodDescriptor, metric } from '../method.ts';
import { Nullable } from '../nullable.ts';
import { TRAINING_METRICS, trainingFaults } from '../training.ts';
import { type LabelNoise, type LinearModel, NoisyLabelsConfig } from './noisy-labels-config.ts';

const FitFigures = Type.Object({
  fitClean: Nullable(Type.Number(), {
    description: 'share of unflipped training samples that are put in their observed class',
  }),
  fitNoisy: Nullable(Type.Number(), { description: 'share of flipped ones; null: none is flipped' }),
  recovered: Nullable(Type.Number(), { description: 'share of flipped ones that are put in their clean class' }),
  auc: Nullable(Type.Number(), {
    description: 'probability that a flipped sample has a larger loss than an unflipped one',
  }),
});
export type FitFigures = Static<typeof FitFigures>;

const NoisyCell = Type.Object({
  noiseRate: Type.Number({ description: 'as planned' }),
  flippedShare: Type.Number({ description: 'of the training labels' }),
  samples: Type.Integer({ description: 'trained on' }),
  firstEpochError: Type.Number({ description: 'clean test error at the end of the first epoch' }),
  bestError: Type.Number(),
  bestEpoch: Type.Integer(),
  lastError: Type.Number({ description: 'mean of the last five epochs' }),
  delta: Type.Number({ description: 'lastError - firstEpochError: above zero, longer training hurts' }),
  regret: Type.Number({ description: 'lastError - bestError' }),
  earlyStop: Nullable(
    Type.Object({
      epoch: Type.Integer(),
      error: Type.Number({ description: 'clean test error of that epoch' }),
      regretRecovered: Nullable(Type.Number(), {
        description: 'share of the regret that stopping there saves; null: no regret',
      }),
    }),
    { description: 'by the best accuracy on held-out samples with observed labels; null: none held out' },
  ),
  firstEpoch: FitFigures,
  lastEpoch: FitFigures,
  halfTime: Nullable(Type.Number(), { description: 'epoch at which half of the flipped samples are fit; null: never' }),
  largestIdentityZ: Nullable(Type.Number(), {
    description: 'largest deviation from the identity for unseen samples, in standard errors; null: none was checked',
  }),
});
export type NoisyCell = Static<typeof NoisyCell>;

const LinearRow = Type.Object({
  noiseRate: Type.Number(),
  onePass: Type.Number({ description: 'mean error after one pass' }),
  onePassTheory: Type.Number(),
  passes: Type.Array(Type.Object({ passes: Type.Integer(), error: Type.Number() })),
  converged: Type.Number({ description: 'mean error of least squares' }),
  convergedTheory: Type.Number(),
  difference: Type.Number({ description: 'converged - onePass, paired over the repetitions' }),
  differenceError: Type.Number({ description: 'standard error' }),
});
export type LinearRow = Static<typeof LinearRow>;

export const NOISE_WARNINGS = [
  'no-majority',
  'unseen-identity-violated',
  'validation-identity-violated',
  'matrix-violated',
  'linear-one-pass-violated',
  'linear-converged-violated',
] as const;

/** What a finished noisy-labels job says of itself. */
export const NoisyLabelsSummary = Type.Object({
  cells: Type.Array(NoisyCell, { description: 'one per noise rate' }),
  threshold: Nullable(Type.Number(), {
    description: 'noise rate at which delta changes its sign, between the cells; null: it does not',
  }),
  linear: Nullable(
    Type.Object({
      rows: Type.Array(LinearRow),
      theoryThreshold: Nullable(Type.Number(), { description: 'rate at which the closed forms cross' }),
      simulatedThreshold: Nullable(Type.Number(), { description: 'rate at which the simulated errors cross' }),
    }),
    { description: 'the linear model; null: left out' },
  ),
  testAccuracy: Type.Number({ description: 'of the last cell, after its last epoch' }),
  epochs: Type.Integer({ description: 'per cell' }),
  warnings: Type.Array(Type.Object({ name: Type.Enum([...NOISE_WARNINGS]), message: Type.String() })),
});
export type NoisyLabelsSummary = Static<typeof NoisyLabelsSummary>;

const noiseFaults = (noise: LabelNoise, classes: number | null): Fault[] => {
  const found: Fault[] = [];
  if (noise.kind === 'matrix') {
    const { matrix } = noise;
    matrix.forEach((row, y) => {
      const sum = row.reduce((total, p) => total + p, 0);
      if (row.length !== matrix.length)
        found.push({ pointer: `/noise/matrix/${y}`, message: `must have ${matrix.length} entries like the others` });
      else if (Math.abs(sum - 1) > 1e-6)
        found.push({ pointer: `/noise/matrix/${y}`, message: `must sum to 1, not ${sum}` });
    });
    if (classes !== null && matrix.length !== classes)
      found.push({ pointer: '/noise/matrix', message: `must have ${classes} rows, one per class` });
    return found;
  }
  if (noise.rates.some((rate, i) => i > 0 && rate <= (noise.rates[i - 1] as number)))
    found.push({ pointer: '/noise/rates', message: 'must rise' });
  if (noise.kind !== 'near' || noise.lookAlikes === null) return found;
  const { lookAlikes } = noise;
  if (classes !== null && lookAlikes.length !== classes)
    found.push({ pointer: '/noise/lookAlikes', message: `must name a class for each of the ${classes} classes` });
  lookAlikes.forEach((to, from) => {
    if (to === from || to >= lookAlikes.length)
      found.push({ pointer: `/noise/lookAlikes/${from}`, message: 'must be another class' });
  });
  return found;
};

const linearFaults = ({ dimension, samples, stepSize, rates }: LinearModel): Fault[] => {
  const found: Fault[] = [];
  if (samples < dimension + 2)
    found.push({ pointer: '/linear/samples', message: `must be at least ${dimension + 2}: dimension + 2` });
  if (stepSize >= 2 / (dimension + 2))
    found.push({ pointer: '/linear/stepSize', message: `must be below 2 / (dimension + 2) = ${2 / (dimension + 2)}` });
  if (rates.some((rate, i) => i > 0 && rate <= (rates[i - 1] as number)))
    found.push({ pointer: '/linear/rates', message: 'must rise' });
  return found;
};

const faults = (config: NoisyLabelsConfig): Fault[] => {
  const { dataset, noise, model, remedy, training, linear, shrink } = config;
  const { classes, resolution } = DATASETS[dataset.name];
  const found = [
    ...datasetFaults(dataset, '/dataset'),
    ...architectureFaults(model, '/model'),
    ...trainingFaults(training, '/training'),
    ...noiseFaults(noise, classes),
    ...(linear === null ? [] : linearFaults(linear)),
  ];
  if (training.earlyStopEpochs !== null)
    found.push({
      pointer: '/training/earlyStopEpochs',
      message: 'must be null: the whole curve is needed, and the summary says where early stopping would have ended',
    });
  if (resolution !== null && resolution % shrink !== 0)
    found.push({ pointer: '/shrink', message: `must divide ${resolution}, the side of the images` });
  if (noise.kind === 'near' && noise.lookAlikes === null && dataset.name !== 'fashion-mnist')
    found.push({ pointer: '/noise/lookAlikes', message: `is required for ${dataset.name}` });
  if (noise.kind === 'instance' && remedy.kind === 'forward')
    found.push({ pointer: '/remedy/kind', message: 'forward needs a transition matrix, instance noise has none' });
  return found;
};

const IN_STANDARD_ERRORS = 'in standard errors';

export const noisyLabels = {
  id: 'noisy-labels',
  version: '1',
  title: 'Noisy labels',
  paper: { title: 'A Theoretical Analysis of Learning with Noisily Labeled Data', arxiv: '2104.04114' },
  description:
    'Trains on labels of which a known share is wrong: what is learned first, and from which noise rate on longer training hurts.',
  config: NoisyLabelsConfig,
  faults,
  summary: NoisyLabelsSummary,
  metrics: [
    ...TRAINING_METRICS,
    metric('cell/noise-rate', 'fraction', 'neither', 'planned noise rate of the cell that is trained'),
    metric('cell/flipped-share', 'fraction', 'neither', 'share of the training labels that are flipped'),
    metric('cell/first-epoch-error', 'fraction', 'lower', 'clean test error at the end of the first epoch'),
    metric('cell/last-error', 'fraction', 'lower', 'clean test error, mean of the last five epochs'),
    metric('cell/delta', 'fraction', 'neither', 'last error less first-epoch error'),
    metric('cell/regret', 'fraction', 'lower', 'last error less best error'),
    metric('fit/clean', 'fraction', 'higher', 'unflipped training samples put in their observed class'),
    metric('fit/noisy', 'fraction', 'lower', 'flipped training samples put in their observed class'),
    metric('fit/recovered', 'fraction', 'higher', 'flipped training samples put in their clean class'),
    metric(
      'fit/auc',
      'fraction',
      'higher',
      'probability that a flipped sample has a larger loss than an unflipped one',
    ),
    metric('fit/clean-loss', 'nats', 'lower', 'cross-entropy of unflipped training samples'),
    metric('fit/noisy-loss', 'nats', 'higher', 'cross-entropy of flipped training samples on their observed labels'),
    metric('seen/fit-clean', 'fraction', 'higher', 'within the first epoch, of samples trained on already'),
    metric('seen/fit-noisy', 'fraction', 'lower', 'within the first epoch, of samples trained on already'),
    metric('seen/recovered', 'fraction', 'higher', 'within the first epoch, of samples trained on already'),
    metric('unseen/fit-clean', 'fraction', 'higher', 'within the first epoch, of samples not trained on yet'),
    metric('unseen/fit-noisy', 'fraction', 'lower', 'within the first epoch, of samples not trained on yet'),
    metric('unseen/recovered', 'fraction', 'higher', 'within the first epoch, of samples not trained on yet'),
    metric('unseen/accuracy', 'fraction', 'higher', 'right answers on samples not trained on yet, by clean labels'),
    metric(
      'unseen/predicted-fit-noisy',
      'fraction',
      'neither',
      'what the identity for unseen samples says of fit-noisy',
    ),
    metric('early/test-error', 'fraction', 'lower', 'clean test error within the last steps of the first epoch'),
    metric('theory/unseen-z', '1', 'neither', `unseen/fit-noisy less its prediction, ${IN_STANDARD_ERRORS}`),
    metric(
      'theory/unseen-slack',
      'fraction',
      'higher',
      'deviation that chance explains less the one met; below zero: violated',
    ),
    metric('theory/validation-z', '1', 'neither', `validation accuracy less its prediction, ${IN_STANDARD_ERRORS}`),
    metric(
      'theory/validation-slack',
      'fraction',
      'higher',
      'deviation that chance explains less the one met; below zero: violated',
    ),
    metric(
      'theory/matrix-slack',
      'fraction',
      'higher',
      'deviation of label counts that chance explains, less the one met; below zero: violated',
    ),
    metric(
      'theory/memorisation-guide',
      'fraction',
      'neither',
      'error of a rule that repeats the label of a near neighbour',
    ),
    metric('linear/noise-rate', 'fraction', 'neither', 'of the linear model that was simulated'),
    metric('linear/one-pass-error', 'fraction', 'lower', 'after one pass, mean over the repetitions'),
    metric('linear/one-pass-theory', 'fraction', 'neither', 'its closed form'),
    metric('linear/one-pass-slack', 'fraction', 'higher', 'tolerance less deviation; below zero: violated'),
    metric('linear/converged-error', 'fraction', 'lower', 'of least squares, mean over the repetitions'),
    metric('linear/converged-theory', 'fraction', 'neither', 'its closed form'),
    metric('linear/converged-slack', 'fraction', 'higher', 'tolerance less deviation; below zero: violated'),
  ],
  artifacts: [
    {
      name: 'noise-matrix.json',
      mediaType: 'application/json',
      description: 'planned and drawn transition matrix of each cell',
    },
    {
      name: 'clean-first.csv',
      mediaType: 'text/csv',
      description: 'fit of unflipped and flipped samples by rate, epoch and class',
    },
    {
      name: 'first-epoch.csv',
      mediaType: 'text/csv',
      description: 'seen and unseen samples at steps within the first epoch',
    },
    {
      name: 'learning-curve.csv',
      mediaType: 'text/csv',
      description: 'a line per rate and epoch, a column per metric',
    },
    {
      name: 'phase-transition.csv',
      mediaType: 'text/csv',
      description: 'errors after one epoch, at best and at the end, by noise rate',
    },
    { name: 'linear.csv', mediaType: 'text/csv', description: 'simulated and closed-form errors of the linear model' },
    {
      name: 'labels.safetensors',
      mediaType: 'application/octet-stream',
      description: 'clean and observed label of each training sample, and in which epochs the observed one was fit',
    },
    {
      name: 'weights.safetensors',
      mediaType: 'application/octet-stream',
      description: 'weights and running statistics of the last cell',
    },
  ],
  presets: {
    'fashion-mnist': {
      description:
        'A perceptron on 4,000 images of Fashion-MNIST at 14 x 14, five symmetric noise rates, 80 epochs each.',
      config: {
        dataset: { name: 'fashion-mnist', trainSamples: 5000 },
        shrink: 2,
        training: { validationSamples: 1000, loader: { threads: 0 } },
        linear: {},
      },
      expectedMinutes: 2,
      expectedResult: 'longer training helps without noise and hurts at a rate of 0.4',
    },
  },
} as const satisfies MethodDescriptor;
