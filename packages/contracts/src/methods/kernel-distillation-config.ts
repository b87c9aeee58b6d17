import { type Static, type TSchema, Type } from 'typebox';
import { Architecture } from '../architecture.ts';
import { DatasetConfig } from '../dataset.ts';
import { SOFT_LABELS, TEACHER_WEIGHTS } from '../teacher.ts';
import { trainingConfig } from '../training.ts';

const closed = { additionalProperties: false } as const;

const LayerName = (role: string) =>
  Type.String({
    minLength: 1,
    maxLength: 64,
    default: 'embedding',
    description: `of the ${role}: embedding, logits, or the name of a stage such as stage-3 or hidden-1`,
  });

/** A layer of the student with the one of the teacher that it follows. */
export const LayerPair = Type.Object({ student: LayerName('student'), teacher: LayerName('teacher') }, closed);
export type LayerPair = Static<typeof LayerPair>;

const EMBEDDING: LayerPair = { student: 'embedding', teacher: 'embedding' };

const Layers = (description: string, defaults: readonly LayerPair[] = [EMBEDDING]) =>
  Type.Unsafe<LayerPair[]>(
    Type.Array(LayerPair, { minItems: defaults.length, maxItems: 16, default: defaults, description }),
  );

const Weight = (value: number) =>
  Type.Number({ minimum: 0, default: value, description: 'of the term in the loss; summed over the layers' });

const HuberDelta = Type.Number({
  exclusiveMinimum: 0,
  default: 1,
  description: 'difference of kernel values from which the loss is linear',
});
const Normaliser = Type.Enum(['teacher-norm', 'mean'], {
  default: 'teacher-norm',
  description: "teacher-norm: sum over the entries by the norm of the teacher's; mean: mean over the entries",
});

const transfer = <Kind extends string, P extends Record<string, TSchema>>(kind: Kind, title: string, properties: P) =>
  Type.Object({ kind: Type.Literal(kind), ...properties }, { ...closed, title });

/** Which points of the feature space stand for the whole dataset. */
export const LANDMARK_KINDS = ['class-mean-lagged', 'class-mean', 'k-means', 'random', 'classifier'] as const;
export type LandmarkKind = (typeof LANDMARK_KINDS)[number];

const NystromLayer = Type.Object(
  {
    student: LayerName('student'),
    teacher: LayerName('teacher'),
    weight: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      default: null,
      description: 'alpha; null: 6.4 / sqrt(B m), for logits 1 / sqrt(B m), with batches of B samples and m landmarks',
    }),
  },
  closed,
);

/** The kernel function; the width of `rbf` is that of each space. */
export const KernelConfig = Type.Union([
  Type.Object({ kind: Type.Literal('linear') }, closed),
  Type.Object(
    {
      kind: Type.Literal('polynomial'),
      degree: Type.Integer({ minimum: 1, maximum: 8, default: 2 }),
      offset: Type.Number({ minimum: 0, maximum: 100, default: 1 }),
    },
    { ...closed, title: 'polynomial, (offset + <a, b> / d)^degree' },
  ),
  Type.Object(
    {
      kind: Type.Literal('rbf'),
      width: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
        default: null,
        description: 'null: the median squared distance of the features, anew every epoch',
      }),
    },
    { ...closed, title: 'Gaussian, exp(-|a - b|^2 / width)' },
  ),
]);
export type KernelConfig = Static<typeof KernelConfig>;

const Nystrom = transfer('nystrom', 'kernel transfer over landmarks', {
  layers: Type.Array(NystromLayer, {
    minItems: 1,
    maxItems: 16,
    default: [{ ...EMBEDDING, weight: null }],
    description: 'of feature maps the means over the pixels are taken',
  }),
  kernel: Type.Unsafe<KernelConfig>({ ...KernelConfig, default: { kind: 'linear' } }),
  landmarks: Type.Object(
    {
      kind: Type.Enum([...LANDMARK_KINDS], {
        default: 'class-mean-lagged',
        description:
          "class-mean-lagged: means of the features of the epoch before; class-mean: of the features as they are at the begin of an epoch; k-means: means of clusters of the teacher's features; random: samples; classifier: rows of the last linear layer, as a control",
      }),
      count: Type.Union([Type.Integer({ minimum: 1, maximum: 1024 }), Type.Null()], {
        default: null,
        description: 'of k-means and random; null: as many as classes',
      }),
      refreshEpochs: Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: 1,
        description: 'epochs between two passes that compute the landmarks',
      }),
    },
    { ...closed, default: {} },
  ),
  warmEpochs: Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.Null()], {
    default: null,
    description: 'epochs without the term; null: 5, or 2 where the training has at most 25',
  }),
  huberDelta: HuberDelta,
  normaliser: Normaliser,
});
export type NystromTransfer = Static<typeof Nystrom>;

/** What of the teacher's features the student follows. */
export const TransferConfig = Type.Union([
  transfer('none', 'nothing', {}),
  transfer('fitnet', 'FitNet: the features, through a linear map', {
    weight: Weight(2),
    layers: Layers('of feature maps every pixel is a sample'),
  }),
  transfer('attention', 'attention transfer: where feature maps are large', {
    weight: Weight(1000),
    layers: Layers('none: the stages of both, from the last one on', []),
  }),
  transfer('similarity', 'similarity-preserving: rows of the Gram matrix of the batch', {
    weight: Weight(3000),
    layers: Layers('feature maps are flattened'),
  }),
  transfer('relational', 'relational: distances and angles within the batch', {
    weight: Weight(1),
    layers: Layers('of feature maps the means over the pixels are taken'),
    distance: Type.Number({ minimum: 0, default: 25, description: 'weight of the distances' }),
    angle: Type.Number({ minimum: 0, default: 50, description: 'weight of the angles' }),
  }),
  transfer('probabilistic', 'probabilistic: neighbourhoods within the batch', {
    weight: Weight(30_000),
    layers: Layers('of feature maps the means over the pixels are taken'),
  }),
  transfer('gram', 'Gram matrix of the batch, without landmarks', {
    weight: Weight(0.05),
    layers: Layers('of feature maps the means over the pixels are taken'),
    huberDelta: HuberDelta,
    normaliser: Normaliser,
  }),
  Nystrom,
]);
export type TransferConfig = Static<typeof TransferConfig>;

/** Where the teacher comes from. */
export const TeacherConfig = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('weights'),
      ...TEACHER_WEIGHTS,
    },
    { ...closed, title: 'weights that another job has left' },
  ),
  Type.Object(
    {
      kind: Type.Literal('trained'),
      model: Type.Unsafe<Architecture>({ ...Architecture, default: { kind: 'mlp', hidden: [400, 128] } }),
      training: trainingConfig({ epochs: 10, weightDecay: 1e-4 }),
    },
    { ...closed, title: 'trained first, in the same job' },
  ),
  Type.Object({ kind: Type.Literal('none') }, { ...closed, title: 'none: the student alone' }),
]);
export type TeacherConfig = Static<typeof TeacherConfig>;

/** Distillation by kernel transfer, with its baselines. Symbols refer to docs/methods/kernel-distillation.md. */
export const KernelDistillationConfig = Type.Object(
  {
    dataset: DatasetConfig,
    teacher: Type.Unsafe<TeacherConfig>({
      ...TeacherConfig,
      default: { kind: 'trained', model: { kind: 'mlp', hidden: [400, 128] }, training: {} },
    }),
    student: Type.Unsafe<Architecture>({ ...Architecture, default: { kind: 'mlp', hidden: [24, 24] } }),
    transfer: Type.Unsafe<TransferConfig>({ ...TransferConfig, default: { kind: 'nystrom' } }),
    softLabels: Type.Union([Type.Object(SOFT_LABELS, closed), Type.Null()], {
      default: null,
      description: 'the probabilities of the teacher as targets (Hinton); null: the labels alone',
    }),
    training: trainingConfig({
      epochs: 25,
      batchSize: 64,
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false },
      learningRate: 0.05,
    }),
    cacheTeacher: Type.Boolean({
      default: true,
      description: 'keeps what the teacher says of each sample, where no augmentation changes it and memory allows',
    }),
    gramProbe: Type.Union(
      [
        Type.Object(
          {
            everyEpochs: Type.Integer({ minimum: 1, maximum: 10_000, default: 5 }),
            samples: Type.Integer({ minimum: 16, maximum: 4096, default: 1000 }),
            split: Type.Enum(['test', 'train'], { default: 'test' }),
          },
          closed,
        ),
        Type.Null(),
      ],
      {
        default: { everyEpochs: 5, samples: 1000, split: 'test' },
        description:
          'compares the Gram matrices of student and teacher, and their bounds; the last epoch always; null: never',
      },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type KernelDistillationConfig = Static<typeof KernelDistillationConfig>;
