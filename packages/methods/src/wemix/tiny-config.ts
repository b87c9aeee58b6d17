import type { TinyConfig } from '../testing/conformance.ts';

/** A whole job in about a second. */
export const tinyWeMix: readonly TinyConfig[] = [
  {
    name: 'mixup, two copies, statistics of their own',
    phases: ['train', 'test'],
    config: {
      model: { kind: 'small-cnn', channels: [4], strides: [2] },
      augmented: { kind: 'mixup', ratioPer: 'sample' },
      copies: 2,
      batchNorm: 'separate',
      switchEpoch: 2,
      training: { epochs: 3, batchSize: 8, validationSamples: 5, evalBatchSize: 8, loader: { threads: 0 } },
      biasProbe: { everyEpochs: 2, samples: 12, draws: 2 },
    },
  },
];
