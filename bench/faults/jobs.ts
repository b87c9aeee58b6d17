import type { SubmitRequest } from '@crucible/client';
import type { DatasetConfig } from '@crucible/contracts';

const search = {
  population: 8,
  warmPool: 4,
  iterations: 2000,
  generation: 2,
  finalRescoreTopK: 2,
  finalRescoreRepeats: 2,
  initStructure: 'SuperConvK3BNRELU(1,8,1,1)SuperResK3K3(8,16,2,8,1)SuperConvK1BNRELU(16,32,1,1)',
};
const training = { batchSize: 16, learningRate: 0.05, warmupSteps: 10, augmentation: 'flip' };

/** Jobs of real methods that take some seconds each: one that mostly searches, one that mostly trains. */
export const jobsOn = (dataset: Partial<DatasetConfig>): Readonly<Record<string, SubmitRequest>> => ({
  search: {
    method: 'zen-nas',
    seed: 4711,
    config: {
      dataset,
      score: { batchSize: 8 },
      search: { ...search, maxScored: 200 },
      budget: { params: 30_000, depth: 6 },
      training: { ...training, epochs: 1 },
    },
  },
  training: {
    method: 'zen-nas',
    seed: 4712,
    config: {
      dataset,
      score: { batchSize: 4 },
      search: { ...search, maxScored: 12 },
      budget: { params: 30_000, depth: 6 },
      training: { ...training, epochs: 40 },
    },
  },
});
