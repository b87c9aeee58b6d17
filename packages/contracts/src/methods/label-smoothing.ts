import { type Static, Type } from 'typebox';
import { architectureFaults } from '../architecture.ts';
import { datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { type MethodDescriptor, metric } from '../method.ts';
import { NumberOrNull } from '../nullable.ts';
import { CALIBRATION_METRICS, TRAINING_ARTIFACTS, TRAINING_METRICS, trainingFaults } from '../training.ts';
import { twoStageFaults } from '../two-stage.ts';
import { LabelSmoothingConfig, SMOOTHING_MODES } from './label-smoothing-config.ts';

/** What a finished job says of itself. */
export const LabelSmoothingSummary = Type.Object({
  mode: Type.Enum([...SMOOTHING_MODES]),
  smoothing: Type.Number(),
  switchEpoch: Type.Integer({ description: 'first epoch of the second stage, from 0' }),
  epochs: Type.Integer({ description: 'trained' }),
  flippedLabels: Type.Integer({ description: 'training labels that the noise changed' }),
  testAccuracy: Type.Number(),
  testLoss: Type.Number({ description: 'cross-entropy on hard labels' }),
  testEce: Type.Number({ description: 'expected calibration error, 15 bins' }),
  trainHardLoss: Type.Number({ description: 'cross-entropy on hard labels, mean over the last epoch' }),
  probeLoss: NumberOrNull('cross-entropy on hard labels of the training samples of the last probe'),
  temperature: Type.Number({
    description: 'divides the logits for the smallest loss on held out samples, else on the test split',
  }),
  testLossAtTemperature: Type.Number(),
  testEceAtTemperature: Type.Number(),
  deltaAtStart: NumberOrNull('delta of the paper before the first step'),
  deltaAtEnd: NumberOrNull(
    'delta of the paper after the last epoch; null also where the gradient has no variance left',
  ),
  accuracyBeforeSwitch: NumberOrNull('test accuracy after the last epoch of the first stage; null without a switch'),
  accuracyAfterSwitch: NumberOrNull('test accuracy after the first epoch of the second stage'),
  warnings: Type.Array(Type.Enum(['variance-bound-violated']), {
    description: 'variance-bound-violated: the measured variance of the smoothed gradient exceeded its bound',
  }),
});
export type LabelSmoothingSummary = Static<typeof LabelSmoothingSummary>;

const faults = (config: LabelSmoothingConfig): Fault[] => [
  ...datasetFaults(config.dataset, '/dataset'),
  ...architectureFaults(config.model, '/model'),
  ...(config.teacher === null ? [] : architectureFaults(config.teacher.model, '/teacher/model')),
  ...trainingFaults(config.training, '/training'),
  ...twoStageFaults(config),
];

const probe = (name: string, unit: string, description: string) =>
  metric(`probe/${name}`, unit, 'neither', description);

/** What the presets that train as usual share. */
const REFERENCE = {
  dataset: { name: 'fashion-mnist' },
  mode: 'lsr',
  smoothing: 0.1,
  deltaProbe: null,
  training: {
    epochs: 12,
    batchSize: 128,
    optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true },
    learningRate: 0.1,
    schedule: { kind: 'cosine' },
    warmupSteps: 400,
    augmentation: 'crop-flip',
    testEveryEpochs: 4,
    // a batch costs a fortieth of a step, and the engine has every core
    loader: { threads: 0 },
  },
} as const;

export const labelSmoothing = {
  id: 'label-smoothing',
  version: '1',
  title: 'Two-stage label smoothing (TSLA)',
  paper: { title: 'Towards Understanding Label Smoothing', arxiv: '2006.11653' },
  description:
    'Trains with smoothed labels first and with hard ones from a switch epoch on, and measures why that helps.',
  config: LabelSmoothingConfig,
  faults,
  summary: LabelSmoothingSummary,
  metrics: [
    ...TRAINING_METRICS,
    {
      name: 'train/hard-loss',
      unit: 'nats',
      better: 'lower',
      description: 'cross-entropy on hard labels, in both stages',
    },
    { name: 'train/smoothing', unit: '1', better: 'neither', description: 'mass taken from the label' },
    ...CALIBRATION_METRICS,
    probe('loss', 'nats', 'cross-entropy on hard labels of the probed training samples'),
    probe('gradient-norm', '1', 'norm of the mean gradient on hard labels'),
    probe('gradient-variance', '1', 'variance of the gradient of one sample on hard labels'),
    probe('delta', '1', 'mean squared distance of the soft label gradient from the mean hard one, over the variance'),
    probe('variance-ratio', '1', 'variance of the gradient with the smoothing of the config, over that on hard labels'),
    probe('variance-bound', '1', '1 - smoothing + smoothing * delta: no smaller than the ratio'),
    probe('variance-slack', '1', 'bound less ratio'),
    probe('suggested-smoothing', '1', '1 / (1 + delta), at which the bound of the paper is stated'),
  ],
  artifacts: [
    { name: 'delta.csv', mediaType: 'text/csv', description: 'a line per probe' },
    {
      name: 'reliability.json',
      mediaType: 'application/json',
      description:
        'accuracy and confidence in 15 bins of confidence on the test split, as it is and at the fitted temperature',
    },
    ...TRAINING_ARTIFACTS,
  ],
  presets: {
    'small-cnn': {
      description:
        'A small convolutional network on all of Fashion-MNIST with constant smoothing: a reference for plain training.',
      config: {
        ...REFERENCE,
        model: { kind: 'small-cnn', channels: [32, 64, 128, 128], strides: [1, 2, 1, 2] },
        training: { ...REFERENCE.training, epochs: 15, testEveryEpochs: 5, batchSize: 64, augmentation: 'flip' },
      },
      expectedMinutes: 8,
      expectedResult: 'test accuracy 0.9315 (seed 1, precision bf16, 5 minutes on two threads)',
    },
    'resnet-18': {
      description:
        'ResNet-18 of width 16 on all of Fashion-MNIST with constant smoothing: a reference for plain training.',
      config: { ...REFERENCE, model: { kind: 'resnet', depth: 18, width: 16 } },
      expectedMinutes: 12,
      expectedResult: 'test accuracy 0.9353 (seed 1, precision bf16, 8 minutes on two threads)',
    },
    'noisy-labels': {
      description: 'TSLA on 3,000 images of Fashion-MNIST with 20 % of their labels flipped.',
      config: {
        dataset: { name: 'fashion-mnist', trainSamples: 3000 },
        labelNoise: 0.2,
        switchEpoch: 20,
        training: { loader: { threads: 0 } },
      },
      expectedMinutes: 0.2,
      expectedResult: 'test accuracy near 0.82; 0.81 with mode lsr, 0.79 with mode none',
    },
  },
} as const satisfies MethodDescriptor;
