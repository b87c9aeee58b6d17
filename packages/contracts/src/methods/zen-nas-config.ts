import { type Static, Type } from 'typebox';
import { MAX_STRUCTURE_LENGTH } from '../architecture.ts';
import { DatasetConfig } from '../dataset.ts';
import { Reference } from '../reference.ts';
import { ZenNasBudget } from './zen-nas-budget.ts';
import { Islands } from './zen-nas-islands.ts';
import { ZenNasScore, ZenNasScoring } from './zen-nas-score.ts';
import { ZenNasTraining } from './zen-nas-training.ts';

/** Which blocks a search is made of. */
const SPACE_NAMES = ['xxbl', 'idw_fixfc', 'genet', 'resnet'] as const;
export type SpaceName = (typeof SPACE_NAMES)[number];

/** Zen-NAS: evolutionary search by Zen-score, then training of the winner. Sections refer to arXiv:2102.01063. */
export const ZenNasConfig = Type.Object(
  {
    task: Type.Enum(['search', 'score'], {
      default: 'search',
      description: 'search: finds a structure and trains it; score: gives figures of the structures in scoring',
    }),
    dataset: DatasetConfig,
    structure: Type.Union([Type.String({ minLength: 1, maxLength: MAX_STRUCTURE_LENGTH }), Reference, Type.Null()], {
      default: null,
      description:
        'structure string, or the file of another job that holds one: scored and trained instead of a search, whatever the budgets; null: search',
    }),
    score: ZenNasScore,
    scoring: ZenNasScoring,
    search: Type.Object(
      {
        space: Type.Enum([...SPACE_NAMES], {
          default: 'xxbl',
          description:
            'xxbl: residual and bottleneck blocks; idw_fixfc: inverted depth-wise blocks, last convolution fixed; genet: blocks of GENet; resnet: basic and bottleneck blocks of ResNet',
        }),
        mutation: Type.Enum(['repo', 'paper'], {
          default: 'repo',
          description:
            'repo: widths and depths from the lists of the released code; paper: one block, widths and depth times a factor in [0.5, 2]',
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
          description: 'blocks drawn for mutation per child; mutation paper draws one',
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
    budget: ZenNasBudget,
    training: ZenNasTraining,
  },
  { additionalProperties: false, default: {} },
);
export type ZenNasConfig = Static<typeof ZenNasConfig>;
