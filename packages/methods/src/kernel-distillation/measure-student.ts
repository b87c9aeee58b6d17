import type { Dataset, Split } from '../data/dataset.ts';
import { BOUND_NAMES } from '../gram/bounds.ts';
import type { MethodContext } from '../method.ts';
import type { Network } from '../nn/network.ts';
import { evaluate } from '../train/evaluate.ts';
import { type Predictions, predictionsOf, rowsOf } from '../train/predictions.ts';
import { compareGrams, type GramProbe, type GramRecord } from './gram-probe.ts';
import type { LandmarkLayer } from './landmark-refresh.ts';
import type { Run } from './run-state.ts';

type Between = () => Promise<void>;
type Values = Record<string, number>;

/** A bound that is missed by less than this share of the teacher's norm is missed by rounding. */
const ROUNDING = 1e-6;

/** What is measured of a student. */
export interface StudentMeter {
  readonly ctx: MethodContext;
  readonly run: Run;
  readonly student: Network;
  readonly teacher: Network | null;
  readonly dataset: Dataset;
  readonly heldOut: Split | null;
  readonly evalBatchSize: number;
  readonly probe: GramProbe | null;
  /** first layer of the transfer, where it has landmarks */
  readonly layer: LandmarkLayer | null;
  /** of the teacher on the test split, once it was asked */
  teacherClasses: Int32Array | null;
}

const predict = async (meter: StudentMeter, network: Network, between: Between): Promise<Predictions> => {
  const { dataset, evalBatchSize } = meter;
  const { test, classes } = dataset;
  const { logits } = await rowsOf(
    (images) => ({ logits: network.forward(images, false) }),
    dataset,
    test,
    evalBatchSize,
    between,
  );
  return predictionsOf(logits.rows, test.labels, classes);
};

/** What the teacher says of the test split; null without one. */
export async function askTeacher(meter: StudentMeter, between: Between): Promise<Int32Array | null> {
  if (meter.teacher !== null) meter.teacherClasses ??= (await predict(meter, meter.teacher, between)).classes;
  return meter.teacherClasses;
}

const share = (classes: Int32Array, others: Int32Array): number =>
  classes.filter((k, i) => k === others[i]).length / classes.length;

/** @param isProbed whether the Gram matrices are compared, too */
export async function measureStudent(
  meter: StudentMeter,
  epoch: number,
  isProbed: boolean,
  between: Between,
): Promise<Values> {
  const { dataset, heldOut, probe, run } = meter;
  const { test } = dataset;
  const { classes, losses } = await predict(meter, meter.student, between);
  const teacherClasses = await askTeacher(meter, between);
  const values: Values = {
    'test/loss': losses.reduce((sum, loss) => sum + loss, 0) / test.count,
    'test/accuracy': share(classes, test.labels),
  };
  if (teacherClasses !== null) values['test/agreement'] = share(classes, teacherClasses);
  if (heldOut !== null) {
    const { loss, accuracy } = await evaluate(meter.student, dataset, heldOut, meter.evalBatchSize, between);
    Object.assign(values, { 'validation/loss': loss, 'validation/accuracy': accuracy });
  }
  Object.assign(values, await driftOf(meter.layer));
  if (probe === null || !isProbed) return values;
  const records = await compareGrams(probe, between);
  run.state.grams = [...run.state.grams.filter((one) => one.epoch !== epoch), { epoch, records }];
  warnOfViolations(meter, epoch, records);
  return { ...values, ...gramValues(records) };
}

/** How far the student's landmarks have moved over the last epoch; nothing before there are two of them. */
const driftOf = async (layer: LandmarkLayer | null): Promise<Values> => {
  if (layer === null) return {};
  const { last, previous } = layer.landmarks;
  const [now, before] = [await last.data<'float32'>(), await previous.data<'float32'>()];
  const [norm, normBefore] = [normOf(now), normOf(before)];
  if (norm === 0 || normBefore === 0) return {};
  return { 'landmarks/drift': normOf(now.map((value, i) => value - (before[i] as number))) / norm };
};

const normOf = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Metrics of embedding and logits, and the smallest slack of each bound over all layers. */
const gramValues = (records: readonly GramRecord[]): Values => {
  const values: Values = {};
  for (const { student, teacher, bounds } of records) {
    if (student !== teacher || (student !== 'embedding' && student !== 'logits')) continue;
    const at = (name: string, value: number): void => {
      values[`gram/${student}-${name}`] = value;
    };
    at('gap', bounds.gap / bounds.teacherNorm);
    at('student-error', bounds.studentError / bounds.teacherNorm);
    at('teacher-error', bounds.teacherError / bounds.teacherNorm);
    at('landmark-gap', bounds.landmarkGap);
    at('smallest-eigenvalue', bounds.smallestEigenvalue);
    at('n1', bounds.n1 / bounds.teacherNorm);
    at('n2', bounds.n2 / bounds.teacherNorm);
  }
  for (const name of BOUND_NAMES) {
    const slacks = records.flatMap(({ slacks: all }) => all[name] ?? []);
    if (slacks.length > 0) values[`theory/${name}-slack`] = Math.min(...slacks);
  }
  return values;
};

const warnOfViolations = ({ run, ctx }: StudentMeter, epoch: number, records: readonly GramRecord[]): void => {
  for (const bound of BOUND_NAMES)
    for (const { student, teacher, slacks } of records) {
      const slack = slacks[bound];
      const name = `${bound}-violated` as const;
      if (slack === null || slack >= -ROUNDING || run.state.warnings.some((warning) => warning.name === name)) continue;
      const message = `layers ${student} and ${teacher} after epoch ${epoch}: slack ${slack}`;
      run.state.warnings.push({ name, message });
      ctx.log('warn', `${name}: ${message}`);
    }
};
