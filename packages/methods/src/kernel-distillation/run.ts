/**
 * @file Distillation by kernel transfer over landmarks (arXiv:2009.14416), with the baselines that it is compared with.
 *
 * Differs from the released code: centers are saved with the training, counted anew every epoch, and empty classes are
 * left out; weights scale with batch and landmarks. See docs/methods/kernel-distillation.md.
 */
import type { KernelDistillationConfig, KernelDistillationSummary } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { stepsPerEpoch } from '../data/loader.ts';
import { encodeSafetensors } from '../data/safetensors.ts';
import type { Method, MethodContext, StoredTensor } from '../method.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { obeyStop } from '../obey-stop.ts';
import { earlyStopOf, policyOf, trainingOptionsOf, trainingSplit } from '../train/from-config.ts';
import { learningCurveCsv } from '../train/learning-curve.ts';
import { modelTensors } from '../train/save-training.ts';
import { type TrainOptions, train } from '../train/train.ts';
import type { EpochRecord } from '../train/training.ts';
import { gramErrorCsv } from './artifacts.ts';
import { featureTransfer } from './feature-transfer.ts';
import { classGrams, compareGrams, createGramProbe, landmarkErrors } from './gram-probe.ts';
import type { LandmarkLayer } from './landmark-refresh.ts';
import { askTeacher, measureStudent, type StudentMeter } from './measure-student.ts';
import { largeWeights, nystromTransfer } from './nystrom-transfer.ts';
import { distillation, LOGITS } from './objective.ts';
import { checkpointOf, initialRun, type Run } from './run-state.ts';
import { teacherOf } from './teacher-phase.ts';
import { askedTeacher, fitsIntoMemory, keptTeacher, type TeacherSource, type WantedLayer } from './teacher-source.ts';
import type { Pair, Transfer } from './transfer.ts';

export const kernelDistillation: Method<KernelDistillationConfig, KernelDistillationSummary> = {
  id: 'kernel-distillation',
  async run(config, ctx) {
    const { dataset, heldOut } = await openData(config, ctx);
    const run = initialRun(ctx, dataset.sha256);
    const teacher = await teacherOf(config, ctx, dataset, run);
    const student = buildModel(config.student, {
      input: dataset,
      classes: dataset.classes,
      rng: (name) => ctx.rng(name),
    });
    let transfer: Taught['transfer'] = null;
    try {
      const pair = teacher === null ? null : pairOf(config, ctx, dataset, student, teacher);
      transfer = pair === null ? null : transferOf(config, pair);
      return await teach({ config, ctx, dataset, heldOut, run, student, teacher, pair, transfer });
    } finally {
      transfer?.dispose();
      student.dispose();
      teacher?.dispose();
    }
  },
};

/** Everything that the training of the student takes. */
interface Taught {
  config: KernelDistillationConfig;
  ctx: MethodContext;
  dataset: Dataset;
  heldOut: Split | null;
  run: Run;
  student: Network;
  teacher: Network | null;
  pair: Pair | null;
  transfer: (Transfer & { readonly layers?: readonly LandmarkLayer[] }) | null;
}

const openData = async (
  { dataset: source, training }: KernelDistillationConfig,
  ctx: MethodContext,
): Promise<{ dataset: Dataset; heldOut: Split | null }> => {
  const dataset = await ctx.data(source);
  return trainingSplit(training, dataset, ctx.rng('data/hold-out'));
};

const pairOf = (
  { training }: KernelDistillationConfig,
  ctx: MethodContext,
  dataset: Dataset,
  student: Network,
  teacher: Network,
): Pair => ({
  student,
  teacher,
  dataset,
  batchSize: Math.min(training.batchSize, dataset.train.count),
  evalBatchSize: training.evalBatchSize,
  epochs: training.epochs,
  stepsPerEpoch: stepsPerEpoch(dataset.train.count, training.batchSize),
  rng: (name) => ctx.rng(name),
});

const transferOf = ({ transfer }: KernelDistillationConfig, pair: Pair): Taught['transfer'] => {
  if (transfer.kind === 'none') return null;
  return transfer.kind === 'nystrom' ? nystromTransfer(transfer, pair) : featureTransfer(transfer, pair);
};

/** Trains the student, and leaves what there is to look at. */
const teach = async (taught: Taught): Promise<KernelDistillationSummary> => {
  const { config, ctx, dataset, student, transfer, run } = taught;
  warnOfWeights(taught);
  const source = await sourceOf(taught);
  const objective = distillation(student, {
    classes: dataset.classes,
    channels: dataset.channels,
    augmentation: policyOf(config.training.augmentation),
    softLabels: config.softLabels,
    source,
    transfer,
  });
  const meter = meterOf(taught);
  return train(ctx, objective, dataset, trainOptions(taught, meter), async (epochs) => {
    await saveArtifacts(taught, meter, epochs);
    const teacherClasses = await askTeacher(meter, async () => undefined);
    const { labels } = dataset.test;
    const last = epochs.at(-1)?.values ?? {};
    return {
      testAccuracy: last['test/accuracy'] ?? 0,
      testLoss: last['test/loss'] ?? 0,
      teacherAccuracy:
        teacherClasses && teacherClasses.filter((k, i) => k === labels[i]).length / teacherClasses.length,
      agreement: last['test/agreement'] ?? null,
      ...(await comparisonOf(meter)),
      studentParameters: student.cost.params,
      teacherParameters: taught.teacher?.cost.params ?? null,
      epochs: epochs.length,
      warnings: run.state.warnings,
    };
  });
};

const warnOfWeights = ({ config, ctx, dataset, run }: Taught): void => {
  const { transfer, training } = config;
  if (transfer.kind !== 'nystrom' || largeWeights(transfer, training.batchSize, dataset.classes).length === 0) return;
  if (run.state.warnings.some(({ name }) => name === 'logit-weight-large')) return;
  const message =
    'weight times sqrt(batch size times landmarks) is above 2.5 for logits: trainings have collapsed at 7.6';
  run.state.warnings.push({ name: 'logit-weight-large', message });
  ctx.log('warn', `logit-weight-large: ${message}`);
};

const wantedOf = ({ config, transfer }: Taught): WantedLayer[] => [
  ...(config.softLabels === null ? [] : [LOGITS]),
  ...(transfer?.wanted ?? []),
];

/** What the teacher says during the training: kept, where no augmentation changes it and memory allows. */
const sourceOf = async (taught: Taught): Promise<TeacherSource | null> => {
  const { config, ctx, dataset, teacher, run } = taught;
  const wanted = wantedOf(taught);
  if (teacher === null || wanted.length === 0) return null;
  const isPlain = policyOf(config.training.augmentation).length === 0;
  if (!config.cacheTeacher || !isPlain || !fitsIntoMemory(teacher, dataset, wanted))
    return askedTeacher(teacher, wanted);
  // nothing has changed since the attempt or the student began: another attempt goes on from there
  const saved = () =>
    run.state.student !== null && ctx.resumeFrom !== null
      ? ctx.resumeFrom
      : checkpointOf(run, run.state.teacherSteps, []);
  return keptTeacher(teacher, dataset, wanted, config.training.evalBatchSize, () => obeyStop(ctx, saved));
};

const meterOf = (taught: Taught): StudentMeter => ({
  ...taught,
  evalBatchSize: taught.config.training.evalBatchSize,
  probe: taught.pair === null ? null : createGramProbe(taught.config, taught.pair),
  layer: taught.transfer?.layers?.[0] ?? null,
  teacherClasses: null,
});

const trainOptions = ({ config, ctx, run }: Taught, meter: StudentMeter): TrainOptions => {
  const { state } = run;
  const { training, gramProbe } = config;
  const isProbed = (epoch: number) =>
    gramProbe !== null && (epoch % gramProbe.everyEpochs === 0 || epoch === training.epochs);
  return {
    training: trainingOptionsOf(training, ctx),
    saved: state.student === null ? null : { state: state.student, tensors: ctx.resumeFrom?.tensors ?? [] },
    firstStep: state.teacherSteps,
    checkpoint: (saved, step) => {
      state.student = saved.state;
      return checkpointOf(run, step, saved.tensors);
    },
    measure: (epoch, between) => measureStudent(meter, epoch, isProbed(epoch), between),
    earlyStop: earlyStopOf(training),
  };
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const withoutStops = async (): Promise<void> => undefined;

const saveArtifacts = async (
  { config, ctx, dataset, student, teacher, transfer, run }: Taught,
  { probe }: StudentMeter,
  epochs: readonly EpochRecord[],
): Promise<void> => {
  const metadata = { format: 'crucible', dataset: dataset.name };
  await ctx.saveArtifact('learning-curve.csv', learningCurveCsv(epochs));
  const ofStudent = { ...metadata, model: JSON.stringify(config.student) };
  await ctx.saveArtifact('weights.safetensors', encodeSafetensors(await modelTensors(student), ofStudent));
  if (teacher !== null) {
    const { teacher: from } = config;
    const model = from.kind === 'none' || from.model === null ? {} : { model: JSON.stringify(from.model) };
    await ctx.saveArtifact(
      'teacher.safetensors',
      encodeSafetensors(await modelTensors(teacher), { ...metadata, ...model }),
    );
  }
  if (transfer?.layers !== undefined)
    await ctx.saveArtifact(
      'landmarks.safetensors',
      encodeSafetensors(await landmarkTensors(transfer.layers), metadata),
    );
  if (probe === null) return;
  await ctx.saveArtifact('gram-error.csv', gramErrorCsv(run.state.grams));
  await ctx.saveArtifact('class-gram.json', json(await classGrams(probe, withoutStops)));
};

const landmarkTensors = (layers: readonly LandmarkLayer[]): Promise<StoredTensor[]> =>
  modelTensors({
    parameters: [],
    statistics: layers.flatMap(({ student, teacher, landmarks }, i) => [
      { name: `${i}/student/${student}`, value: landmarks.student },
      { name: `${i}/teacher/${teacher}`, value: landmarks.teacher },
    ]),
  });

/** The networks as they are at the end. */
const comparisonOf = async ({
  probe,
}: StudentMeter): Promise<Pick<KernelDistillationSummary, 'layers' | 'teacherLandmarks'>> => {
  if (probe === null) return { layers: [], teacherLandmarks: null };
  const records = await compareGrams(probe, withoutStops);
  return {
    layers: records.map(({ student, teacher, bounds }) => ({
      student,
      teacher,
      gap: bounds.gap / bounds.teacherNorm,
      studentError: bounds.studentError / bounds.teacherNorm,
      teacherError: bounds.teacherError / bounds.teacherNorm,
      n1: bounds.n1 / bounds.teacherNorm,
      n2: bounds.n2 / bounds.teacherNorm,
      n4: bounds.n4 === null ? null : bounds.n4 / bounds.teacherNorm,
    })),
    teacherLandmarks: await landmarkErrors(probe, withoutStops),
  };
};
