import { type Static, Type } from 'typebox';
import { architectureFaults } from '../architecture.ts';
import { DATASETS, type DatasetName, datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { type MethodDescriptor, metric } from '../method.ts';
import { firstOf, inChannels } from '../structure/block.ts';
import { structureStringFaults } from '../structure/check.ts';
import { parseStructure } from '../structure/parse.ts';
import { TRAINING_ARTIFACTS, TRAINING_METRICS, trainingFaults } from '../training.ts';
import { ZenNasConfig } from './zen-nas-config.ts';
import { cutIntoIslands, islandFaults, SEARCH_FILE } from './zen-nas-islands.ts';
import { scoringFaults } from './zen-nas-score.ts';

/** What a finished Zen-NAS job says of itself. */
export const ZenNasSummary = Type.Object({
  structure: Type.String({ description: 'best structure found' }),
  score: Type.Number({ description: 'mean score of the final rescoring' }),
  params: Type.Integer({ description: 'exact trainable parameters' }),
  flops: Type.Integer({ description: 'exact multiply-accumulates of one image' }),
  depth: Type.Integer(),
  candidatesScored: Type.Integer(),
  candidatesRejected: Type.Integer(),
  candidatesPerSecond: Type.Number({
    description: 'scored per second of search, of the attempt that ended the search',
  }),
  testAccuracy: Type.Union([Type.Number(), Type.Null()], {
    description: 'fraction of the test split; null without training',
  }),
  testLoss: Type.Union([Type.Number(), Type.Null()]),
  epochs: Type.Integer(),
});
export type ZenNasSummary = Static<typeof ZenNasSummary>;

/** What a finished round of an island says of itself; what is counted is counted from its first round on. */
export const IslandSummary = Type.Object({
  island: Type.Integer(),
  round: Type.Integer(),
  best: Type.Union([Type.Number(), Type.Null()], {
    description: 'largest single score of the population; null while it is empty',
  }),
  population: Type.Integer({ description: 'members' }),
  iterations: Type.Integer(),
  candidatesScored: Type.Integer(),
  candidatesRejected: Type.Integer(),
  candidatesPerSecond: Type.Number({ description: 'of the attempt that ended the round' }),
});
export type IslandSummary = Static<typeof IslandSummary>;

/** Faults of a structure string for the images of a dataset. */
function structureFaultsFor(structure: string, dataset: DatasetName, pointer: string): Fault[] {
  const faults = structureStringFaults(structure);
  const { channels } = DATASETS[dataset];
  if (faults.length === 0 && channels !== null) {
    const taken = inChannels(firstOf(parseStructure(structure)));
    if (taken !== channels) faults.push(`takes ${taken} input channels, ${dataset} has ${channels}`);
  }
  return faults.map((message) => ({ pointer, message }));
}

const faults = (config: ZenNasConfig): Fault[] => {
  const found = [...datasetFaults(config.dataset, '/dataset'), ...islandFaults(config)];
  if (config.search.warmPool > config.search.population)
    found.push({ pointer: '/search/warmPool', message: 'must be at most population' });
  if (config.search.finalRescoreTopK > config.search.population)
    found.push({ pointer: '/search/finalRescoreTopK', message: 'must be at most population' });
  found.push(...scoringFaults(config.task, config.scoring), ...trainingFaults(config.training, '/training'));
  const teacher = config.training.teacher?.model ?? null;
  if (teacher !== null) found.push(...architectureFaults(teacher, '/training/teacher/model'));
  if (config.task === 'score' && config.structure !== null)
    found.push({ pointer: '/structure', message: 'belongs to task search; give it in scoring.structures' });
  if (config.task === 'score' && config.search.islands.count > 1)
    found.push({ pointer: '/search/islands/count', message: 'must be 1 for task score, which searches nothing' });
  if (typeof config.structure === 'string')
    found.push(...structureFaultsFor(config.structure, config.dataset.name, '/structure'));
  if (config.search.initStructure !== null)
    found.push(...structureFaultsFor(config.search.initStructure, config.dataset.name, '/search/initStructure'));
  return found;
};

export const zenNas = {
  id: 'zen-nas',
  version: '1',
  title: 'Zen-NAS',
  paper: { title: 'Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition', arxiv: '2102.01063' },
  description:
    'Training-free architecture search by Zen-score under parameter, FLOPs and depth budgets; trains the winner.',
  config: ZenNasConfig,
  faults,
  cut: cutIntoIslands,
  summary: Type.Union([ZenNasSummary, IslandSummary]),
  metrics: [
    metric('search/best', 'nats', 'higher', 'largest Zen-score in the population'),
    metric('search/mean', 'nats', 'neither', 'mean Zen-score of the population'),
    metric('search/worst', 'nats', 'neither', 'smallest Zen-score in the population'),
    metric('search/candidates-per-second', '1/s', 'higher', 'candidates scored per second'),
    metric('search/scored', 'count', 'neither', 'candidates scored so far'),
    metric('search/rejected-depth', 'count', 'neither', 'children over the depth budget'),
    metric('search/rejected-params', 'count', 'neither', 'children over the parameter budget'),
    metric('search/rejected-flops', 'count', 'neither', 'children over the FLOPs budget'),
    metric('search/rejected-latency', 'count', 'neither', 'children over the latency budget'),
    metric('search/rejected-activations', 'count', 'neither', 'children over the budget of activations'),
    metric('search/rejected-duplicate', 'count', 'neither', 'children already in the population'),
    metric('search/rejected-non-finite', 'count', 'neither', 'children whose score is not a finite number'),
    ...TRAINING_METRICS,
  ],
  artifacts: [
    { name: 'best-structure.txt', mediaType: 'text/plain', description: 'structure string of the winner' },
    {
      name: 'population.json',
      mediaType: 'application/json',
      description: 'final population: structure, score, counters',
    },
    {
      name: 'pareto-front.csv',
      mediaType: 'text/csv',
      description: 'candidates that no other one beats in score against parameters, FLOPs or latency',
    },
    { name: 'scores.json', mediaType: 'application/json', description: 'task score: scores, counters, stage shapes' },
    { name: 'scores.csv', mediaType: 'text/csv', description: 'task score: a line per structure and proxy' },
    {
      name: SEARCH_FILE,
      mediaType: 'application/json',
      description: 'the search as it ended: population in order of insertion, counters, scores that are remembered',
    },
    ...TRAINING_ARTIFACTS,
  ],
  presets: {
    demo: {
      description:
        'Search under 200 k parameters and 5 M multiply-accumulates, winner trained on all of Fashion-MNIST.',
      config: {
        dataset: { name: 'fashion-mnist' },
        search: {
          initStructure:
            'SuperConvK3BNRELU(1,16,2,1)SuperResK3K3(16,24,1,16,1)SuperResK3K3(24,32,2,24,1)SuperResK3K3(32,48,2,32,1)SuperConvK1BNRELU(48,96,1,1)',
          population: 64,
          iterations: 20_000,
          maxScored: 500,
          generation: 20,
        },
        budget: { params: 200_000, flops: 5_000_000, depth: 6, counter: 'exact' },
        training: {
          epochs: 7,
          batchSize: 64,
          learningRate: 0.1,
          labelSmoothing: 0.05,
          augmentation: 'flip',
          // a batch costs a fortieth of a step, and the engine has every core
          loader: { threads: 0 },
        },
      },
      expectedMinutes: 4,
      expectedResult: 'test accuracy of at least 0.91',
    },
    'demo-plain': {
      description: 'The same way in small, for a machine without the native engine: plain JavaScript tensors.',
      config: {
        dataset: { name: 'fashion-mnist', trainSamples: 1_000 },
        score: { batchSize: 2 },
        search: {
          population: 8,
          warmPool: 4,
          iterations: 500,
          maxScored: 40,
          generation: 4,
          finalRescoreTopK: 2,
          finalRescoreRepeats: 2,
          initStructure:
            'SuperConvK3BNRELU(1,8,2,1)SuperResK3K3(8,8,2,8,1)SuperResK3K3(8,16,2,8,1)SuperConvK1BNRELU(16,32,1,1)',
        },
        budget: { params: 8_000, flops: 400_000, depth: 5 },
        training: { epochs: 2, batchSize: 20, learningRate: 0.05, warmupSteps: 10, augmentation: 'none' },
      },
      expectedMinutes: 5,
      expectedResult: 'the whole way at toy size; a test accuracy near 0.55 means nothing',
    },
  },
} as const satisfies MethodDescriptor;
