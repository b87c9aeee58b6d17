import { type Static, Type } from 'typebox';
import { MAX_STRUCTURE_LENGTH } from '../architecture.ts';
import { DATASETS, DatasetConfig, type DatasetName, datasetFaults, LoaderConfig } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import type { MethodDescriptor } from '../method.ts';
import { Reference } from '../reference.ts';
import { firstOf, inChannels } from '../structure/block.ts';
import { structureStringFaults } from '../structure/check.ts';
import { parseStructure } from '../structure/parse.ts';

const Limit = (description: string) =>
  Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], { default: null, description });

/** Figures of a network without training it, section 4.2 and table 3 of arXiv:2102.01063. */
export const PROXY_NAMES = [
  'zen',
  'phi',
  'naswot',
  'grad-norm',
  'synflow',
  'te-nas',
  'ntk-condition',
  'linear-regions',
  'flops',
  'params',
  'random',
] as const;
export type ProxyName = (typeof PROXY_NAMES)[number];

/** Zen-NAS: evolutionary search by Zen-score, then training of the winner. Sections refer to arXiv:2102.01063. */
export const ZenNasConfig = Type.Object(
  {
    dataset: DatasetConfig,
    structure: Type.Union([Type.String({ minLength: 1, maxLength: MAX_STRUCTURE_LENGTH }), Reference, Type.Null()], {
      default: null,
      description:
        'structure string, or the file of another job that holds one: scored and trained instead of a search, whatever the budgets; null: search',
    }),
    score: Type.Object(
      {
        proxy: Type.Enum([...PROXY_NAMES], {
          default: 'zen',
          description:
            'what drives the search, larger is better: the Zen-score or one of the proxies that the paper compares with it; mode and alpha are of the Zen-score (alpha of phi, too)',
        }),
        mode: Type.Enum(['paper', 'paper_fro', 'repo'], {
          default: 'paper',
          description:
            'paper: L1 difference and batch variance (Table 5); paper_fro: Frobenius difference (Algorithm 1); repo: the scale of the released code',
        }),
        alpha: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.01, description: 'size of the input change' }),
        batchSize: Type.Integer({ minimum: 2, maximum: 256, default: 16, description: 'Gaussian images per draw' }),
        repeats: Type.Integer({
          minimum: 1,
          maximum: 1024,
          default: 1,
          description: 'draws per candidate in the search',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    search: Type.Object(
      {
        space: Type.Enum(['xxbl', 'idw_fixfc'], {
          default: 'xxbl',
          description:
            'xxbl: residual and bottleneck blocks; idw_fixfc: inverted depth-wise blocks, last convolution fixed',
        }),
        initStructure: Type.Union([Type.String({ minLength: 1, maxLength: MAX_STRUCTURE_LENGTH }), Type.Null()], {
          default: null,
          description:
            'structure string to start from; null: the start structure of the space with the input channels of the dataset',
        }),
        population: Type.Integer({ minimum: 4, maximum: 4096, default: 256 }),
        iterations: Type.Integer({
          minimum: 1,
          maximum: 10_000_000,
          default: 96_000,
          description: 'children made, rejected ones included',
        }),
        maxScored: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
          default: null,
          description: 'stop once this many candidates have been scored; null: iterations alone decides',
        }),
        generation: Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 100,
          description: 'iterations between two reports and checkpoints',
        }),
        warmPool: Type.Integer({
          minimum: 0,
          default: 10,
          description: 'up to this population the start structure is the parent',
        }),
        mutationDraws: Type.Integer({
          minimum: 1,
          maximum: 4,
          default: 2,
          description: 'blocks drawn for mutation per child',
        }),
        splitThreshold: Type.Integer({
          minimum: 4,
          multipleOf: 2,
          default: 6,
          description: 'a block of this many layers is split in two',
        }),
        typeSampling: Type.Enum(['uniform', 'repo'], {
          default: 'uniform',
          description: 'repo: the skewed draw of the released code',
        }),
        maxChannels: Type.Integer({ minimum: 8, maximum: 8192, default: 2048 }),
        dedupe: Type.Boolean({ default: true, description: 'no structure twice in the population' }),
        finalRescoreTopK: Type.Integer({
          minimum: 1,
          maximum: 256,
          default: 8,
          description: 'candidates scored again at the end',
        }),
        finalRescoreRepeats: Type.Integer({ minimum: 1, maximum: 1024, default: 16 }),
      },
      { additionalProperties: false, default: {} },
    ),
    budget: Type.Object(
      {
        params: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
          default: 1e6,
          description: 'trainable parameters',
        }),
        flops: Limit('multiply-accumulates of one image'),
        depth: Type.Integer({
          minimum: 3,
          maximum: 200,
          default: 18,
          description: 'sum of the layers of all super blocks',
        }),
        counter: Type.Enum(['repo', 'exact'], {
          default: 'repo',
          description: 'repo: the counters of the released code; exact: real parameters and multiply-accumulates',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    training: Type.Object(
      {
        epochs: Type.Integer({ minimum: 0, maximum: 10_000, default: 30, description: '0: search only' }),
        batchSize: Type.Integer({ minimum: 1, maximum: 4096, default: 128 }),
        learningRate: Type.Number({
          exclusiveMinimum: 0,
          maximum: 10,
          default: 0.1,
          description: 'peak, at the end of the warm-up',
        }),
        warmupSteps: Type.Integer({ minimum: 0, default: 200 }),
        momentum: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.9, description: 'Nesterov' }),
        weightDecay: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 5e-4,
          description: 'of convolution and linear weights only',
        }),
        labelSmoothing: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.1 }),
        batchNormMomentum: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1,
          default: 0.1,
          description: 'weight of the new batch in the running statistics',
        }),
        augmentation: Type.Enum(['none', 'flip', 'crop-flip'], {
          default: 'crop-flip',
          description: 'crop-flip: pad by an eighth, random crop, horizontal flip',
        }),
        squeezeExcite: Type.Boolean({
          default: false,
          description: 'adds squeeze-and-excitation to the residual blocks',
        }),
        evalBatchSize: Type.Integer({ minimum: 1, maximum: 8192, default: 500 }),
        loader: LoaderConfig,
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type ZenNasConfig = Static<typeof ZenNasConfig>;

/** What a finished Zen-NAS job says of itself. */
export const ZenNasSummary = Type.Object({
  structure: Type.String({ description: 'best structure found' }),
  score: Type.Number({ description: 'mean Zen-score of the final rescoring' }),
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
  const found = datasetFaults(config.dataset, '/dataset');
  if (config.search.warmPool > config.search.population)
    found.push({ pointer: '/search/warmPool', message: 'must be at most population' });
  if (config.search.finalRescoreTopK > config.search.population)
    found.push({ pointer: '/search/finalRescoreTopK', message: 'must be at most population' });
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
  summary: ZenNasSummary,
  metrics: [
    { name: 'search/best', unit: 'nats', better: 'higher', description: 'largest Zen-score in the population' },
    { name: 'search/mean', unit: 'nats', better: 'neither', description: 'mean Zen-score of the population' },
    { name: 'search/worst', unit: 'nats', better: 'neither', description: 'smallest Zen-score in the population' },
    {
      name: 'search/candidates-per-second',
      unit: '1/s',
      better: 'higher',
      description: 'candidates scored per second',
    },
    { name: 'search/scored', unit: 'count', better: 'neither', description: 'candidates scored so far' },
    { name: 'search/rejected-depth', unit: 'count', better: 'neither', description: 'children over the depth budget' },
    {
      name: 'search/rejected-params',
      unit: 'count',
      better: 'neither',
      description: 'children over the parameter budget',
    },
    { name: 'search/rejected-flops', unit: 'count', better: 'neither', description: 'children over the FLOPs budget' },
    {
      name: 'search/rejected-duplicate',
      unit: 'count',
      better: 'neither',
      description: 'children already in the population',
    },
    {
      name: 'search/rejected-non-finite',
      unit: 'count',
      better: 'neither',
      description: 'children whose score is not a finite number',
    },
    {
      name: 'train/loss',
      unit: 'nats',
      better: 'lower',
      description: 'smoothed cross-entropy, mean of the steps since the last report',
    },
    {
      name: 'train/accuracy',
      unit: 'fraction',
      better: 'higher',
      description: 'share of right answers on the training batches since the last report',
    },
    { name: 'train/learning-rate', unit: '1', better: 'neither', description: 'learning rate of the step' },
    { name: 'train/samples-per-second', unit: '1/s', better: 'higher', description: 'training samples per second' },
    { name: 'test/loss', unit: 'nats', better: 'lower', description: 'cross-entropy on the test split' },
    {
      name: 'test/accuracy',
      unit: 'fraction',
      better: 'higher',
      description: 'share of right answers on the test split',
    },
  ],
  artifacts: [
    { name: 'best-structure.txt', mediaType: 'text/plain', description: 'structure string of the winner' },
    {
      name: 'population.json',
      mediaType: 'application/json',
      description: 'final population: structure, score, counters',
    },
    { name: 'learning-curve.csv', mediaType: 'text/csv', description: 'epoch, train and test loss and accuracy' },
    {
      name: 'weights.safetensors',
      mediaType: 'application/octet-stream',
      description: 'trained weights and running statistics',
    },
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
