import { type Static, Type } from 'typebox';
import { MAX_STRUCTURE_LENGTH } from '../architecture.ts';
import { DatasetConfig } from '../dataset.ts';
import { LatencyProtocol } from '../latency-table.ts';
import { Reference } from '../reference.ts';
import { trainingConfig } from '../training.ts';

const closed = { additionalProperties: false } as const;
const Structure = Type.String({ minLength: 1, maxLength: MAX_STRUCTURE_LENGTH });
const Ratios = (values: number[], description: string) =>
  Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 16 }), { maxItems: 8, default: values, description });

/** A network after the design rule for images of 28 x 28: XX, then BL, then DW. */
export const SMALL_GENET =
  'ConvKX(1,16,3,1)BN(16)RELU(16)SuperResKXKX(16,32,3,2,1,1)SuperResK1KXK1(32,96,3,2,0.25,2)SuperResK1DWK1(96,96,3,1,3,1)ConvKX(96,192,1,1)BN(192)RELU(192)';

/** GENet (arXiv:2006.14090): latencies on the worker's device, ranks of kernels, search by local linear regression. */
export const GenetConfig = Type.Object(
  {
    task: Type.Enum(['llr', 'profile', 'train', 'rank'], {
      default: 'llr',
      description:
        'llr: search near the structure under a latency budget; profile: latencies of the units of that space; train: the structure alone; rank: effective ranks of kernels that were trained before',
    }),
    dataset: DatasetConfig,
    structure: Type.Union([Structure, Reference], {
      default: SMALL_GENET,
      description: 'structure string, or the file of another job that holds one; the master network of a search',
    }),
    weights: Type.Union([Reference, Type.Null()], {
      default: null,
      description: 'for rank: the weights of the structure as safetensors, such as weights.safetensors of another job',
    }),
    space: Type.Object(
      {
        changeKind: Type.Boolean({ default: true, description: 'false: XX stays XX, BL stays BL, DW stays DW' }),
        kernels: Type.Array(Type.Enum([3, 5, 7]), { minItems: 1, maxItems: 3, default: [3] }),
        blRatios: Ratios([0.25], 'inner over outer width of bottleneck blocks'),
        dwRatios: Ratios([3], 'inner over outer width of depth-wise blocks'),
        deltaDepth: Type.Integer({
          minimum: 0,
          maximum: 4,
          default: 2,
          description: 'layers more or less than the master has, but at most half of its layers',
        }),
        widthFactors: Type.Array(Type.Number({ minimum: 0.5, maximum: 2 }), {
          maxItems: 16,
          default: [0.5, 0.75, 1.25, 1.5],
          description: 'of the widths of the master, which are taken, too; rounded to multiples of 8',
        }),
      },
      { ...closed, default: {} },
    ),
    latency: Type.Object(
      {
        table: Type.Union([Reference, Type.Null()], {
          default: null,
          description:
            'latency-table.json of another job: its device is the one that is searched for; null: measured here first',
        }),
        ...LatencyProtocol.properties,
        networks: Type.Integer({
          minimum: 0,
          maximum: 200,
          default: 20,
          description: 'networks drawn from the space and timed whole, to tell the error of the predictions',
        }),
        structures: Type.Array(Structure, {
          maxItems: 100,
          default: [],
          description: 'more structures to time whole; their units are measured, too',
        }),
      },
      { ...closed, default: {} },
    ),
    search: Type.Object(
      {
        milliseconds: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
          default: null,
          description: 'budget per image, in predicted milliseconds; null: masterShare of what the master takes',
        }),
        masterShare: Type.Number({ exclusiveMinimum: 0, maximum: 4, default: 0.8 }),
        masterEpochs: Type.Integer({ minimum: 1, maximum: 1000, default: 3 }),
        samplesPerBlock: Type.Integer({
          minimum: 4,
          maximum: 256,
          default: 12,
          description: 'variants of each block that are distilled, spread over the types',
        }),
        blockEpochs: Type.Integer({ minimum: 1, maximum: 1000, default: 1 }),
        ridge: Type.Number({ minimum: 0, maximum: 100, default: 1e-3 }),
        bins: Type.Integer({
          minimum: 64,
          maximum: 4096,
          default: 512,
          description: 'parts of the budget in which latencies are counted, rounded up',
        }),
        topM: Type.Integer({
          minimum: 1,
          maximum: 16,
          default: 3,
          description: 'networks trained from scratch at the end',
        }),
        randomNetworks: Type.Integer({
          minimum: 0,
          maximum: 32,
          default: 0,
          description:
            'networks drawn from those that keep the budget, trained as well: they show what predictions are worth',
        }),
      },
      { ...closed, default: {} },
    ),
    labelSmoothing: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.1 }),
    batchNormMomentum: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'weight of the new batch in the running statistics',
    }),
    training: trainingConfig({
      epochs: 5,
      batchSize: 64,
      learningRate: 0.05,
      weightDecay: 4e-5,
      validationSamples: 5000,
    }),
  },
  { additionalProperties: false, default: {} },
);
export type GenetConfig = Static<typeof GenetConfig>;
