import { type Static, Type } from 'typebox';
import { architectureFaults } from '../architecture.ts';
import { datasetFaults } from '../dataset.ts';
import type { Fault } from '../errors.ts';
import { type MethodDescriptor, metric } from '../method.ts';
import { Nullable } from '../nullable.ts';
import { TRAINING_METRICS, trainingFaults } from '../training.ts';
import { KernelDistillationConfig, type TransferConfig } from './kernel-distillation-config.ts';

const LayerComparison = Type.Object({
  student: Type.String({ description: 'layer of the student' }),
  teacher: Type.String({ description: 'layer of the teacher' }),
  gap: Type.Number({ description: '|K_S - K_T|_F / |K_T|_F' }),
  studentError: Type.Number({ description: 'of the approximation over landmarks, in shares of |K_T|_F' }),
  teacherError: Type.Number(),
  n1: Type.Number({ description: 'bounds on the gap' }),
  n2: Type.Number(),
  n4: Nullable(Type.Number(), { description: 'null: not defined for this kernel or these landmarks' }),
});
export type LayerComparison = Static<typeof LayerComparison>;

const LandmarkErrors = Type.Object({
  count: Type.Integer({ description: 'landmarks: as many as classes' }),
  bestRank: Type.Number({ description: 'smallest error of any approximation of that rank' }),
  classMeans: Type.Number(),
  kMeans: Type.Number(),
  random: Type.Number({ description: 'mean over ten draws' }),
});

export const DISTILLATION_WARNINGS = [
  'n0-violated',
  'n1-violated',
  'n2-violated',
  'n3-violated',
  'n4-violated',
  'logit-weight-large',
] as const;

/** What a finished kernel-distillation job says of itself. */
export const KernelDistillationSummary = Type.Object({
  testAccuracy: Type.Number(),
  testLoss: Type.Number(),
  teacherAccuracy: Nullable(Type.Number(), { description: 'on the test split; null: no teacher' }),
  agreement: Nullable(Type.Number(), {
    description: 'share of test samples of which both say the same; null: no teacher',
  }),
  layers: Type.Array(LayerComparison, {
    description: 'after the last epoch; linear kernel unless the transfer has another',
  }),
  teacherLandmarks: Nullable(LandmarkErrors, {
    description:
      "linear kernel of the teacher's embedding: errors of the approximation by landmarks, in shares of |K_T|_F",
  }),
  studentParameters: Type.Integer(),
  teacherParameters: Nullable(Type.Integer(), { description: 'null: no teacher' }),
  epochs: Type.Integer(),
  warnings: Type.Array(Type.Object({ name: Type.Enum([...DISTILLATION_WARNINGS]), message: Type.String() })),
});
export type KernelDistillationSummary = Static<typeof KernelDistillationSummary>;

const transferFaults = (transfer: TransferConfig): Fault[] => {
  if (transfer.kind !== 'nystrom') return [];
  const { landmarks, layers } = transfer;
  const found: Fault[] = [];
  if (landmarks.count !== null && landmarks.kind !== 'k-means' && landmarks.kind !== 'random')
    found.push({ pointer: '/transfer/landmarks/count', message: `must be null for ${landmarks.kind}: one per class` });
  if (
    landmarks.kind === 'classifier' &&
    layers.some(({ student, teacher }) => student !== 'embedding' || teacher !== 'embedding')
  )
    found.push({ pointer: '/transfer/layers', message: 'must be embedding for the landmarks of the classifier' });
  return found;
};

const faults = (config: KernelDistillationConfig): Fault[] => {
  const { dataset, teacher, student, transfer, softLabels, training } = config;
  const found = [
    ...datasetFaults(dataset, '/dataset'),
    ...architectureFaults(student, '/student'),
    ...trainingFaults(training, '/training'),
    ...transferFaults(transfer),
  ];
  if (teacher.kind === 'trained')
    found.push(
      ...architectureFaults(teacher.model, '/teacher/model'),
      ...trainingFaults(teacher.training, '/teacher/training'),
    );
  if (teacher.kind === 'trained' && teacher.training.validationSamples > 0)
    found.push({
      pointer: '/teacher/training/validationSamples',
      message: 'must be 0: the training of the student holds out',
    });
  if (teacher.kind === 'weights' && teacher.model !== null)
    found.push(...architectureFaults(teacher.model, '/teacher/model'));
  if (teacher.kind === 'none' && transfer.kind !== 'none')
    found.push({ pointer: '/transfer/kind', message: 'must be none without a teacher' });
  if (teacher.kind === 'none' && softLabels !== null)
    found.push({ pointer: '/softLabels', message: 'must be null without a teacher' });
  return found;
};

/** Metrics of the layers that every job compares. */
const gramMetrics = (layer: 'embedding' | 'logits') => [
  metric(`gram/${layer}-gap`, 'fraction', 'lower', `|K_S - K_T|_F / |K_T|_F of the ${layer}`),
  metric(
    `gram/${layer}-student-error`,
    'fraction',
    'lower',
    `error of the student's approximation, ${layer}, by |K_T|_F`,
  ),
  metric(
    `gram/${layer}-teacher-error`,
    'fraction',
    'lower',
    `error of the teacher's approximation, ${layer}, by |K_T|_F`,
  ),
  metric(`gram/${layer}-landmark-gap`, 'fraction', 'lower', `|C_S - C_T|_F / |C_T|_F of the ${layer}`),
  metric(`gram/${layer}-smallest-eigenvalue`, '1', 'neither', `of the Gram matrices of the landmarks, ${layer}`),
  metric(`gram/${layer}-n1`, 'fraction', 'lower', `bound N1 on the gap of the ${layer}`),
  metric(`gram/${layer}-n2`, 'fraction', 'lower', `bound N2 on the gap of the ${layer}`),
];

const SLACK = 'bound less what it bounds, smallest over the layers; below zero: violated';

export const kernelDistillation = {
  id: 'kernel-distillation',
  version: '1',
  title: 'Kernel distillation',
  paper: { title: 'Improved Knowledge Distillation via Full Kernel Matrix Transfer', arxiv: '2009.14416' },
  description:
    "Trains a student whose features are alike where the teacher's are, over landmarks of the whole dataset; with Hinton, FitNet, attention, similarity and relational transfer beside it.",
  config: KernelDistillationConfig,
  faults,
  summary: KernelDistillationSummary,
  metrics: [
    ...TRAINING_METRICS,
    metric('train/cross-entropy', 'nats', 'lower', 'on the labels, mean since the last report'),
    metric(
      'train/soft-label-divergence',
      'nats',
      'lower',
      "divergence from the teacher's probabilities, times the squared temperature",
    ),
    metric('train/transfer', '1', 'lower', 'term of the features, with its weight'),
    metric('train/transfer-raw', '1', 'lower', 'term of the features without its weight, summed over the layers'),
    metric('test/agreement', 'fraction', 'higher', 'share of test samples of which student and teacher say the same'),
    ...gramMetrics('embedding'),
    ...gramMetrics('logits'),
    metric(
      'landmarks/drift',
      'fraction',
      'neither',
      '|D - D before|_F / |D|_F of the student over the last epoch, first layer',
    ),
    metric('theory/n0-slack', 'fraction', 'higher', `N0: ${SLACK}`),
    metric('theory/n1-slack', 'fraction', 'higher', `N1: ${SLACK}`),
    metric('theory/n2-slack', 'fraction', 'higher', `N2: ${SLACK}`),
    metric('theory/n3-slack', 'fraction', 'higher', `N3: ${SLACK}`),
    metric('theory/n4-slack', 'fraction', 'higher', `N4: ${SLACK}`),
  ],
  artifacts: [
    { name: 'learning-curve.csv', mediaType: 'text/csv', description: 'a line per epoch, a column per metric' },
    {
      name: 'gram-error.csv',
      mediaType: 'text/csv',
      description: 'gap, errors and bounds N0 to N4 by epoch and layer',
    },
    {
      name: 'class-gram.json',
      mediaType: 'application/json',
      description: 'mean kernel values between classes, of student and teacher, by layer',
    },
    {
      name: 'landmarks.safetensors',
      mediaType: 'application/octet-stream',
      description: 'landmarks in both spaces, by layer, as they were last used',
    },
    {
      name: 'weights.safetensors',
      mediaType: 'application/octet-stream',
      description: 'weights and running statistics of the student',
    },
    {
      name: 'teacher.safetensors',
      mediaType: 'application/octet-stream',
      description: 'weights and running statistics of the teacher',
    },
  ],
  presets: {
    'fashion-mnist': {
      description: 'A perceptron of 784-24-24-10 on 6,000 images of Fashion-MNIST, taught by one of 784-400-128-10.',
      config: {
        dataset: { name: 'fashion-mnist', trainSamples: 6000 },
        teacher: { kind: 'trained', model: { kind: 'mlp', hidden: [400, 128] } },
        training: { loader: { threads: 0 } },
      },
      expectedMinutes: 1,
      expectedResult: 'test accuracy near 0.84, gap of the embedding near 0.2 instead of 0.75',
    },
  },
} as const satisfies MethodDescriptor;
