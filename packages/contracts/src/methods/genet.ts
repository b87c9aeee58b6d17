import { type Static, Type } from 'typebox';
import { DATASETS, datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { LatencyError } from '../latency-table.ts';
import type { MethodDescriptor } from '../method.ts';
import { Nullable } from '../nullable.ts';
import { firstOf, inChannels, isGenet } from '../structure/block.ts';
import { structureStringFaults, superBlocks } from '../structure/check.ts';
import { parseStructure } from '../structure/parse.ts';
import { TRAINING_ARTIFACTS, TRAINING_METRICS, trainingFaults } from '../training.ts';
import { GenetConfig } from './genet-config.ts';

/** What a finished GENet job says of itself; null where its task does not tell. */
export const GenetSummary = Type.Object({
  task: GenetConfig.properties.task,
  structure: Type.String({ description: 'of the search: the selected network that did best on the held-out samples' }),
  params: Type.Integer({ description: 'exact trainable parameters' }),
  flops: Type.Integer({ description: 'exact multiply-accumulates of one image' }),
  depth: Type.Integer(),
  predictedMs: Nullable(Type.Number(), { description: 'milliseconds per image by the latency table' }),
  unitsMeasured: Nullable(Type.Integer(), { description: 'units in the latency table' }),
  latencyError: Nullable(LatencyError, { description: 'of the table, on whole networks' }),
  fastestKinds: Nullable(Type.Array(Type.String()), {
    description: 'per block of GENet: the kind that takes the least time per multiply-accumulate on this device',
  }),
  validationAccuracy: Nullable(Type.Number(), { description: 'fraction of the held-out samples' }),
  testAccuracy: Nullable(Type.Number(), { description: 'fraction of the test split' }),
  predictedGain: Nullable(Type.Number(), { description: 'of the structure over the master, in held-out accuracy' }),
  scaledAccuracy: Nullable(Type.Number(), {
    description: 'held-out accuracy of the master with all widths scaled alike to the same budget',
  }),
  gainKendall: Nullable(Type.Number(), {
    description: "Kendall's tau of predicted and true gain over the selected and the random networks",
  }),
  rankTrend: Nullable(Type.Number(), {
    description:
      'rank correlation of the place of a kernel in the network with its entropy rank, that of a random matrix of its shape subtracted',
  }),
});
export type GenetSummary = Static<typeof GenetSummary>;

function structureFaults(structure: string, { dataset, task }: GenetConfig, pointer: string): Fault[] {
  const faults = structureStringFaults(structure);
  if (faults.length > 0) return faults.map((message) => ({ pointer, message }));
  const blocks = superBlocks(parseStructure(structure));
  const { channels } = DATASETS[dataset.name];
  const taken = inChannels(firstOf(blocks));
  if (channels !== null && taken !== channels)
    faults.push(`takes ${taken} input channels, ${dataset.name} has ${channels}`);
  if ((task === 'llr' || task === 'profile') && !blocks.some(isGenet))
    faults.push('has no block of GENet: nothing in it could change');
  return faults.map((message) => ({ pointer, message }));
}

const faults = (config: GenetConfig): Fault[] => {
  const { task, weights, structure, latency, training } = config;
  const found = [...datasetFaults(config.dataset, '/dataset'), ...trainingFaults(training, '/training')];
  if (typeof structure === 'string') found.push(...structureFaults(structure, config, '/structure'));
  latency.structures.forEach((text, i) => {
    found.push(...structureFaults(text, { ...config, task: 'train' }, `/latency/structures/${i}`));
  });
  if ((task === 'rank') !== (weights !== null))
    found.push({ pointer: '/weights', message: task === 'rank' ? 'is required for rank' : 'belongs to rank alone' });
  if (task === 'profile' && latency.table !== null)
    found.push({ pointer: '/latency/table', message: 'must be null for profile, which measures one' });
  if (task === 'llr' && training.validationSamples === 0)
    found.push({
      pointer: '/training/validationSamples',
      message: 'must be at least 1 for llr: variants are judged by them',
    });
  return found;
};

export const genet = {
  id: 'genet',
  version: '1',
  title: 'GENet',
  paper: { title: 'Neural Architecture Design for GPU-Efficient Networks', arxiv: '2006.14090' },
  description:
    "Measures latencies on the worker's device and searches near a master network by local linear regression under a latency budget.",
  config: GenetConfig,
  faults,
  summary: GenetSummary,
  metrics: [
    {
      name: 'profile/milliseconds',
      unit: 'ms',
      better: 'neither',
      description: 'latency of what was just measured, per image',
    },
    {
      name: 'profile/deviation',
      unit: 'ms',
      better: 'neither',
      description: 'standard deviation of its middle rounds',
    },
    {
      name: 'profile/rejected-rounds',
      unit: 'count',
      better: 'lower',
      description: 'rounds of it that were measured again',
    },
    ...TRAINING_METRICS,
    {
      name: 'distil/loss',
      unit: '1',
      better: 'lower',
      description:
        "squared error of the variant's feature map, summed over channels, over the mean square of the master's",
    },
    { name: 'distil/learning-rate', unit: '1', better: 'neither', description: 'learning rate of the step' },
    { name: 'distil/samples-per-second', unit: '1/s', better: 'higher', description: 'training samples per second' },
    {
      name: 'distil/accuracy',
      unit: 'fraction',
      better: 'higher',
      description: 'right answers on the held-out samples of the master with the variant in place of its block',
    },
    { name: 'distil/change', unit: 'fraction', better: 'higher', description: 'that accuracy less that of the master' },
  ],
  artifacts: [
    {
      name: 'latency-table.json',
      mediaType: 'application/json',
      description: 'device, units, whole networks, error of the predictions, kinds of block by stage',
    },
    {
      name: 'variants.csv',
      mediaType: 'text/csv',
      description: 'a line per distilled variant: block, type, depth, width, accuracy',
    },
    {
      name: 'coefficients.json',
      mediaType: 'application/json',
      description: 'linear models per block and type, with their errors',
    },
    {
      name: 'selection.json',
      mediaType: 'application/json',
      description: 'the best networks by predicted gain, and what they did',
    },
    { name: 'structure.txt', mediaType: 'text/plain', description: 'structure string of the result' },
    {
      name: 'rank.csv',
      mediaType: 'text/csv',
      description: 'a line per full kernel: effective rank, and that of a random matrix',
    },
    ...TRAINING_ARTIFACTS,
  ],
  presets: {
    demo: {
      description:
        'The whole search on 9,000 samples of Fashion-MNIST, a third of them held out: three kinds of block, kernel 3.',
      config: {
        dataset: { name: 'fashion-mnist', trainSamples: 9_000 },
        latency: { repeats: 10, rounds: 5, networks: 10 },
        training: { validationSamples: 3_000, loader: { threads: 0 } },
      },
      expectedMinutes: 10,
      expectedResult:
        'a network of four fifths of the latency of the master; what its accuracy is worth, the report says',
    },
  },
} as const satisfies MethodDescriptor;
