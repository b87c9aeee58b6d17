import { type Static, Type } from 'typebox';
import { architectureFaults } from '../architecture.ts';
import { datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { type MethodDescriptor, metric } from '../method.ts';
import { NumberOrNull } from '../nullable.ts';
import { CALIBRATION_METRICS, TRAINING_ARTIFACTS, TRAINING_METRICS, trainingFaults } from '../training.ts';
import { twoStageFaults } from '../two-stage.ts';
import { WEMIX_MODES, WeMixConfig } from './wemix-config.ts';

/** What a finished job says of itself. */
export const WeMixSummary = Type.Object({
  mode: Type.Enum([...WEMIX_MODES]),
  switchEpoch: Type.Integer({ description: 'first epoch of the second stage, from 0' }),
  epochs: Type.Integer({ description: 'trained' }),
  testAccuracy: Type.Number(),
  testLoss: Type.Number(),
  testEce: Type.Number({ description: 'expected calibration error, 15 bins' }),
  originalGradient: NumberOrNull('norm of the mean gradient on originals at the last probe'),
  augmentedGradient: NumberOrNull('the same on augmented copies'),
  bias: NumberOrNull('norm of their difference'),
  cosine: NumberOrNull('of the angle between the two'),
  accuracyBeforeSwitch: NumberOrNull('test accuracy after the last epoch of the first stage; null without a switch'),
  accuracyAfterSwitch: NumberOrNull('test accuracy after the first epoch of the second stage'),
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

const figure = (name: string, unit: string, description: string) => metric(name, unit, 'neither', description);

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
    figure('train/original-loss', 'nats', 'cross-entropy on originals, where they are trained on'),
    figure('train/augmented-loss', 'nats', 'cross-entropy on augmented copies, where they are trained on'),
    figure('train/original-weight', '1', 'weight of the loss on originals'),
    figure('train/mix-ratio', '1', 'mean share of the first image in mixed copies'),
    figure('train/label-shift', '1', 'mean distance of the labels of copies from their largest class'),
    ...CALIBRATION_METRICS,
    figure('probe/original-loss', 'nats', 'cross-entropy of the probed training samples'),
    figure('probe/augmented-loss', 'nats', 'cross-entropy of their augmented copies'),
    figure('probe/original-gradient', '1', 'norm of the mean gradient on originals'),
    figure('probe/augmented-gradient', '1', 'norm of the mean gradient on augmented copies'),
    figure('probe/bias', '1', 'norm of the difference of the two'),
    figure('probe/cosine', '1', 'cosine of the angle between the two'),
    figure('probe/original-variance', '1', 'variance of the gradient of one batch of originals'),
    figure('probe/augmented-variance', '1', 'variance of the gradient of one batch of augmented copies'),
    figure('probe/optimal-weight', '1', 'weight of the originals with the lowest bound, at the largest step allowed'),
  ],
  artifacts: [
    { name: 'bias.csv', mediaType: 'text/csv', description: 'a line per probe' },
    {
      name: 'examples.png',
      mediaType: 'image/png',
      description: 'some training samples, in the top row as originals, below as augmented copies',
    },
    ...TRAINING_ARTIFACTS,
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
