import { type Static, Type } from 'typebox';
import { MAX_STRUCTURE_LENGTH } from '../architecture.ts';
import { DatasetConfig, LoaderConfig } from '../dataset.ts';
import { Reference } from '../reference.ts';
import { Islands } from './zen-nas-islands.ts';

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
        islands: Islands,
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
