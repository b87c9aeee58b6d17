import type { TinyConfig } from '../testing/conformance.ts';

const training = { epochs: 3, batchSize: 8, validationSamples: 5, evalBatchSize: 8, loader: { threads: 0 } };
const model = { kind: 'small-cnn', channels: [4], strides: [2] };
const biasProbe = { everyEpochs: 2, samples: 12, draws: 2 };

/** Jobs of a second on which the method's contract is tested: mixed copies beside originals, and copies by a policy. */
export const tinyWeMix: readonly TinyConfig[] = [
  {
    name: 'mixed copies with statistics of their own',
    phases: ['train', 'test'],
    config: {
      model,
      augmented: { kind: 'mixup', ratioPer: 'sample' },
      copies: 2,
      batchNorm: 'separate',
      switchEpoch: 2,
      training,
      biasProbe,
    },
  },
  {
    name: 'copies by a policy, tested every other epoch',
    phases: ['train', 'test'],
    config: {
      model,
      mode: 'augdrop',
      augmented: { kind: 'policy', policy: [{ op: 'pad-crop', padding: 1 }] },
      switchEpoch: 1,
      secondStage: { learningRate: 0.01, resetMomentum: true },
      training: { ...training, testEveryEpochs: 2 },
      biasProbe,
    },
  },
];
