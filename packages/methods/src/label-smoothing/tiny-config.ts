import type { TinyConfig } from '../testing/conformance.ts';

/** A whole job in about a second. */
export const tinyLabelSmoothing: readonly TinyConfig[] = [
  {
    name: 'two stages on noisy labels',
    phases: ['train', 'test'],
    config: {
      model: { kind: 'mlp', hidden: [12, 6] },
      labelNoise: 0.2,
      switchEpoch: 2,
      secondStage: { learningRate: 0.01, resetMomentum: true },
      training: {
        epochs: 4,
        batchSize: 8,
        validationSamples: 5,
        evalBatchSize: 8,
        emaDecay: 0.9,
        loader: { threads: 0 },
      },
      deltaProbe: { everyEpochs: 2, samples: 16 },
    },
  },
];
