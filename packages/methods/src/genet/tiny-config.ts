import type { TinyConfig } from '../testing/conformance.ts';

/** A whole job in about a second. */
export const tinyGenet: readonly TinyConfig[] = [
  {
    name: 'a search with its profile',
    phases: ['profile', 'train', 'test', 'distil', 'verify'],
    config: {
      structure: 'SuperConvK3BNRELU(1,8,2,1)SuperResKXKX(8,16,3,2,1,1)SuperResK1DWK1(16,8,3,1,2,1)',
      space: { changeKind: false, kernels: [3], blRatios: [], dwRatios: [2], deltaDepth: 0, widthFactors: [1.5] },
      latency: { batch: 1, warmup: 0, repeats: 5, rounds: 1, networks: 1 },
      search: { masterEpochs: 1, samplesPerBlock: 4, bins: 64, topM: 1, randomNetworks: 1, masterShare: 1.1 },
      training: { epochs: 1, batchSize: 8, evalBatchSize: 8, validationSamples: 9, loader: { threads: 0 } },
    },
  },
];
