import type { TinyConfig } from '../testing/conformance.ts';

/** A whole job in about a second. */
export const tinyNoisyLabels: readonly TinyConfig[] = [
  {
    name: 'two rates of symmetric noise, and the linear model',
    phases: ['linear', 'train', 'test'],
    config: {
      shrink: 2,
      noise: { kind: 'symmetric', rates: [0, 0.4] },
      model: { kind: 'mlp', hidden: [6] },
      training: { epochs: 2, batchSize: 5, validationSamples: 7, evalBatchSize: 8, loader: { threads: 0 } },
      firstEpochShare: 0.5,
      linear: { dimension: 3, samples: 8, stepSize: 0.1, passes: [2], repetitions: 50, rates: [0, 0.2] },
    },
  },
];
