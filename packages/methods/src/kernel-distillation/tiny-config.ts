import type { TinyConfig } from '../testing/conformance.ts';

const loader = { threads: 0 };
const TEACHER = {
  kind: 'trained',
  model: { kind: 'mlp', hidden: [10, 8] },
  training: { epochs: 1, batchSize: 5, loader },
};

/** Whole jobs in about a second. */
export const tinyKernelDistillation: readonly TinyConfig[] = [
  {
    name: 'lagged class means in three layers, with soft labels beside them',
    phases: ['teacher', 'train', 'test'],
    config: {
      teacher: TEACHER,
      student: { kind: 'mlp', hidden: [6] },
      transfer: {
        kind: 'nystrom',
        layers: [{}, { student: 'logits', teacher: 'logits' }, { student: 'hidden-1', teacher: 'hidden-2' }],
        warmEpochs: 1,
      },
      softLabels: { weight: 0.5 },
      training: { epochs: 4, batchSize: 6, validationSamples: 5, evalBatchSize: 8, loader },
      gramProbe: { everyEpochs: 2, samples: 18 },
    },
  },
  {
    name: 'clusters, which take a pass before an epoch, under augmentation and averages',
    phases: ['teacher', 'train', 'test'],
    config: {
      teacher: TEACHER,
      student: { kind: 'mlp', hidden: [6] },
      transfer: { kind: 'nystrom', landmarks: { kind: 'k-means' }, kernel: { kind: 'rbf' }, warmEpochs: 1 },
      training: { epochs: 3, batchSize: 9, evalBatchSize: 8, emaDecay: 0.9, augmentation: 'flip', loader },
      gramProbe: { everyEpochs: 2, samples: 18 },
    },
  },
];
