import type { DatasetConfig } from '@crucible/contracts';

/** Pictures that even the plain engine trains on in seconds. */
export const TINY_BARS = { train: 64, test: 16, side: 16, classes: 8 };

/** A whole job of `zen-nas`, search and training, as small as it can be. */
export const tinySearch = (dataset: Partial<DatasetConfig>, pool: string) => ({
  method: 'zen-nas',
  seed: 7,
  resources: { pool },
  config: {
    dataset,
    score: { batchSize: 4 },
    search: {
      population: 4,
      warmPool: 2,
      iterations: 20,
      maxScored: 6,
      generation: 2,
      finalRescoreTopK: 1,
      finalRescoreRepeats: 1,
      initStructure: 'SuperConvK3BNRELU(1,8,1,1)SuperResK3K3(8,8,2,8,1)SuperConvK1BNRELU(8,16,1,1)',
    },
    budget: { params: 30_000, depth: 6 },
    training: { epochs: 1, batchSize: 16, learningRate: 0.05, warmupSteps: 2 },
  },
});
