import { type Static, Type } from 'typebox';
import { architectureFaults } from '../architecture.ts';
import { datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import type { MethodDescriptor, MetricDescriptor } from '../method.ts';
import { CALIBRATION_METRICS, TRAINING_METRICS, trainingFaults } from '../training.ts';
import { twoStageFaults } from '../two-stage.ts';
import { WEMIX_MODES, WeMixConfig } from './wemix-config.ts';

const OrNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

/** What a finished job says of itself. */
export const WeMixSummary = Type.Object({
  mode: Type.Enum([...WEMIX_MODES]),
  switchEpoch: Type.Integer({ description: 'first epoch of the second stage, from 0' }),
  epochs: Type.Integer({ description: 'trained' }),
  testAccuracy: Type.Number(),
  testLoss: Type.Number(),
  testEce: Type.Number({ description: 'expected calibration error, 15 bins' }),
  originalGradient: OrNull('norm of the mean gradient on originals at the last probe'),
  augmentedGradient: OrNull('the same on augmented copies'),
  bias: OrNull('norm of their difference'),
  cosine: OrNull('of the angle between the two'),
  accuracyBeforeSwitch: OrNull('test accuracy after the last epoch of the first stage; null without a switch'),
  accuracyAfterSwitch: OrNull('test accuracy after the first epoch of the second stage'),
});
export type WeMixSummary = Static<typeof WeMixSummary>;

const faults = (config: WeMixConfig): Fault[] => {
  const found = [
    ...datasetFaults(config.dataset, '/dataset'),
    ...architectureFaults(config.model, '/model'),
    ...trainingFaults(config.training, '/training'),
    ...twoStageFaults(config),
  ];
  const { augmented, mode } = config;
  if (augmented.kind === 'policy') {
    if (augmented.policy.length === 0)
      found.push({ pointer: '/augmented/policy', message: 'must hold at least one operation' });
    augmented.policy.forEach((op, i) => {
      if (op.op === 'random-resized-crop' && op.size !== null)
        found.push({
          pointer: `/augmented/policy/${i}/size`,
          message: 'must be null: copies are as large as originals',
        });
    });
  }
  if (mode === 'label-smoothing' && augmented.kind !== 'mixup')
    found.push({ pointer: '/augmented/kind', message: 'must be mixup, whose labels set the smoothing of this mode' });
  return found;
};

const metric = (name: string, unit: string, description: string): MetricDescriptor => ({
  name,
  unit,
  better: 'neither',
  description,
});

export const wemix = {
  id: 'wemix',
  version: '1',
  title: 'WeMix',
  paper: { title: 'WeMix: How to Better Utilize Data Augmentation', arxiv: '2010.01267' },
  description:
    'Corrects the bias of data augmentation: drops it late (AugDrop), weighs it against originals (MixLoss), or both.',
  config: WeMixConfig,
  faults,
  summary: WeMixSummary,
  metrics: [
    ...TRAINING_METRICS,
    metric('train/original-loss', 'nats', 'cross-entropy on originals, where they are trained on'),
    metric('train/augmented-loss', 'nats', 'cross-entropy on augmented copies, where they are trained on'),
    metric('train/original-weight', '1', 'weight of the loss on originals'),
    metric('train/mix-ratio', '1', 'mean share of the first image in mixed copies'),
    metric('train/label-shift', '1', 'mean distance of the labels of copies from their largest class'),
    ...CALIBRATION_METRICS,
    metric('probe/original-loss', 'nats', 'cross-entropy of the probed training samples'),
    metric('probe/augmented-loss', 'nats', 'cross-entropy of their augmented copies'),
    metric('probe/original-gradient', '1', 'norm of the mean gradient on originals'),
    metric('probe/augmented-gradient', '1', 'norm of the mean gradient on augmented copies'),
    metric('probe/bias', '1', 'norm of the difference of the two'),
    metric('probe/cosine', '1', 'cosine of the angle between the two'),
    metric('probe/original-variance', '1', 'variance of the gradient of one batch of originals'),
    metric('probe/augmented-variance', '1', 'variance of the gradient of one batch of augmented copies'),
    metric('probe/optimal-weight', '1', 'weight of the originals with the lowest bound, at the largest step allowed'),
  ],
  artifacts: [
    { name: 'learning-curve.csv', mediaType: 'text/csv', description: 'a line per epoch, a column per metric' },
    { name: 'bias.csv', mediaType: 'text/csv', description: 'a line per probe' },
    {
      name: 'examples.png',
      mediaType: 'image/png',
      description: 'some training samples, in the top row as originals, below as augmented copies',
    },
    {
      name: 'weights.safetensors',
      mediaType: 'application/octet-stream',
      description: 'trained weights and running statistics',
    },
  ],
  presets: {
    shift: {
      description: 'WeMix with shifts of up to two pixels and flips on 2,000 images of Fashion-MNIST.',
      config: {
        dataset: { name: 'fashion-mnist', trainSamples: 2000 },
        augmented: {
          kind: 'policy',
          policy: [
            { op: 'pad-crop', padding: 2 },
            { op: 'flip', probability: 0.5 },
          ],
        },
        training: { loader: { threads: 0 } },
      },
      expectedMinutes: 0.2,
      expectedResult: 'test accuracy near 0.835; 0.83 with mode none, 0.80 with mode aug',
    },
  },
} as const satisfies MethodDescriptor;
