import type { TinyConfig } from '../testing/conformance.ts';

/** A whole job in about a second. */
export const tinyZenNas: readonly TinyConfig[] = [
  {
    name: 'search and training',
    phases: ['search', 'rescore', 'train', 'test'],
    config: {
      score: { batchSize: 2 },
      search: {
        initStructure: 'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)',
        population: 6,
        warmPool: 3,
        iterations: 24,
        generation: 5,
        finalRescoreTopK: 3,
        finalRescoreRepeats: 2,
      },
      budget: { params: 9_000, flops: 300_000, depth: 4 },
      training: {
        epochs: 2,
        batchSize: 8,
        learningRate: 0.05,
        warmupSteps: 2,
        augmentation: ['flip', 'pad-crop', 'rand-augment', 'random-erasing'].map((op) => ({ op })),
        mixing: { kind: 'mixup', alpha: 0.2 },
        emaDecay: 0.9,
        validationSamples: 5,
        squeezeExcite: true,
        evalBatchSize: 8,
        loader: { threads: 0 },
      },
    },
  },
  {
    name: 'scores',
    phases: ['score'],
    config: {
      task: 'score',
      score: { batchSize: 2 },
      scoring: {
        structures: ['SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)'],
        proxies: ['zen', 'params'],
        repeats: 3,
        resolution: 8,
      },
    },
  },
];
