/** @file Gram matrices of student and teacher on some samples: their gap, their approximations, and the bounds. */
import type { KernelConfig, KernelDistillationConfig, LandmarkKind } from '@crucible/contracts';
import type { Split } from '../data/dataset.ts';
import { pick } from '../data/pick.ts';
import { bestRankError, boundSlacks, type GramBounds, gramBounds } from '../gram/bounds.ts';
import { gramGap, gramNorm } from '../gram/gram-gap.ts';
import { kMeans, nearest } from '../gram/k-means.ts';
import { type KernelFunction, kernelMatrix, medianSquaredDistance } from '../gram/kernel-function.ts';
import { groupMeans, groupNorm, type LandmarkGroups, singletons, withoutEmpty } from '../gram/landmark-groups.ts';
import { type Matrix, transposedTimes } from '../gram/matrix.ts';
import { nystrom } from '../gram/nystrom.ts';
import { symmetricEigen } from '../gram/symmetric-eigen.ts';
import { DataError } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import { featureRows } from './feature-rows.ts';
import type { Pair } from './transfer.ts';

type Between = () => Promise<void>;

/** A pair of layers that is compared. */
export interface ComparedLayer {
  student: string;
  teacher: string;
}

/** What was found of a pair of layers. */
export interface GramRecord extends ComparedLayer {
  bounds: GramBounds;
  slacks: ReturnType<typeof boundSlacks>;
}

export interface GramProbe {
  readonly pair: Pair;
  readonly split: Split;
  readonly layers: readonly ComparedLayer[];
  readonly kernel: KernelConfig;
  readonly landmarks: { kind: LandmarkKind; count: number };
  /** what the teacher says of the samples, once it was asked */
  teacherRows: ReadonlyMap<string, Matrix> | null;
}

const ALWAYS: readonly ComparedLayer[] = ['embedding', 'logits'].map((name) => ({ student: name, teacher: name }));

/** The probe of a config: embedding, logits, and the layers of the transfer, on samples drawn by seed. */
export function createGramProbe(config: KernelDistillationConfig, pair: Pair): GramProbe | null {
  if (config.gramProbe === null) return null;
  const { transfer } = config;
  const { samples, split: name } = config.gramProbe;
  const split = pair.dataset[name];
  const places = pair.rng('gram/samples').permutation(split.count).subarray(0, samples).toSorted();
  const own = 'layers' in transfer ? transfer.layers : [];
  const layers = [...ALWAYS];
  for (const { student, teacher } of own)
    if (!layers.some((layer) => layer.student === student && layer.teacher === teacher))
      layers.push({ student, teacher });
  return {
    pair,
    split: pick(split, places),
    layers,
    kernel: transfer.kind === 'nystrom' ? transfer.kernel : { kind: 'linear' },
    landmarks:
      transfer.kind === 'nystrom'
        ? { kind: transfer.landmarks.kind, count: transfer.landmarks.count ?? pair.dataset.classes }
        : { kind: 'class-mean', count: pair.dataset.classes },
    teacherRows: null,
  };
}

/** Rows of the teacher, asked once. */
export async function teacherRows(probe: GramProbe, between: Between): Promise<ReadonlyMap<string, Matrix>> {
  const names = probe.layers.map(({ teacher }) => teacher);
  probe.teacherRows ??= await featureRows(probe.pair.teacher, names, probe.pair, probe.split, between);
  return probe.teacherRows;
}

/** Compares the networks as they are now. */
export async function compareGrams(probe: GramProbe, between: Between): Promise<GramRecord[]> {
  const ofTeacher = await teacherRows(probe, between);
  const names = probe.layers.map(({ student }) => student);
  const ofStudent = await featureRows(probe.pair.student, names, probe.pair, probe.split, between);
  const records: GramRecord[] = [];
  for (const { student, teacher } of probe.layers) {
    const [s, t] = [ofStudent.get(student) as Matrix, ofTeacher.get(teacher) as Matrix];
    const groups = probeGroups(probe, teacher, t);
    const side = (points: Matrix) => ({
      points,
      kernel: kernelOf(probe.kernel, points),
      landmarks: groupMeans(points, groups),
    });
    if (t.data.every((value) => value === 0))
      throw new DataError(`The teacher's layer ${teacher} is zero for every sample: there is nothing to follow.`);
    const bounds = gramBounds(side(s), side(t), groupNorm(groups));
    records.push({ student, teacher, bounds, slacks: boundSlacks(bounds) });
    await between();
  }
  return records;
}

/** Groups of the probe's samples: as the landmarks of the training are made, of these samples. */
const probeGroups = ({ landmarks, split, pair }: GramProbe, layer: string, teacher: Matrix): LandmarkGroups => {
  const count = Math.min(landmarks.count, split.count);
  if (landmarks.kind === 'k-means')
    return withoutEmpty(nearest(teacher, kMeans(teacher, count, pair.rng(`gram/k-means/${layer}`))));
  if (landmarks.kind === 'random')
    return singletons(pair.rng('gram/random').permutation(split.count).subarray(0, count), split.count);
  return classGroups(split, pair.dataset.classes);
};

const classGroups = ({ labels }: Split, classes: number): LandmarkGroups =>
  withoutEmpty({ groups: labels, count: classes });

const kernelOf = (kernel: KernelConfig, points: Matrix): KernelFunction =>
  kernel.kind === 'rbf' ? { kind: 'rbf', width: kernel.width ?? medianSquaredDistance(points) } : kernel;

const RANDOM_DRAWS = 10;

/** Errors of approximations of the teacher's embedding by landmarks, in shares of `|K_T|_F`: the claim for class means. */
export interface LandmarkErrors {
  count: number;
  bestRank: number;
  classMeans: number;
  kMeans: number;
  random: number;
}

export async function landmarkErrors(probe: GramProbe, between: Between): Promise<LandmarkErrors> {
  const points = (await teacherRows(probe, between)).get('embedding') as Matrix;
  const { split, pair } = probe;
  const classes = classGroups(split, pair.dataset.classes);
  const { count } = classes;
  const norm = gramNorm(points);
  const errorOf = (groups: LandmarkGroups): number =>
    gramGap(points, nystrom({ kind: 'linear' }, points, groupMeans(points, groups)).factor) / norm;
  const draw = (rng: Rng): number => errorOf(singletons(rng.permutation(split.count).subarray(0, count), split.count));
  const clusters = nearest(points, kMeans(points, count, pair.rng('gram/k-means/embedding')));
  const draws = Array.from({ length: RANDOM_DRAWS }, (_, i) => draw(pair.rng(`gram/random/${i}`)));
  return {
    count,
    bestRank: bestRankError(eigenvalues(points), count) / norm,
    classMeans: errorOf(classes),
    kMeans: errorOf(withoutEmpty(clusters)),
    random: draws.reduce((sum, error) => sum + error, 0) / RANDOM_DRAWS,
  };
}

/** Those of `X X^T` that are not zero for want of columns or rows: of the smaller of the two products. */
const eigenvalues = (points: Matrix): readonly number[] =>
  symmetricEigen(
    points.columns <= points.rows ? transposedTimes(points, points) : kernelMatrix({ kind: 'linear' }, points, points),
  ).values;

/** Mean kernel values between the samples of two classes, by layer, of student and teacher. */
export async function classGrams(
  probe: GramProbe,
  between: Between,
): Promise<(ComparedLayer & { classGram: { student: number[][]; teacher: number[][] } })[]> {
  const ofTeacher = await teacherRows(probe, between);
  const names = probe.layers.map(({ student }) => student);
  const ofStudent = await featureRows(probe.pair.student, names, probe.pair, probe.split, between);
  const means = (points: Matrix) => classMeansOf(kernelMatrix(kernelOf(probe.kernel, points), points, points), probe);
  return probe.layers.map(({ student, teacher }) => ({
    student,
    teacher,
    classGram: {
      student: means(ofStudent.get(student) as Matrix),
      teacher: means(ofTeacher.get(teacher) as Matrix),
    },
  }));
}

const classMeansOf = (gram: Matrix, { split: { labels }, pair }: GramProbe): number[][] => {
  const { classes } = pair.dataset;
  const sums = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const counts = new Array<number>(classes).fill(0);
  labels.forEach((a, i) => {
    counts[a] = (counts[a] as number) + 1;
    const row = sums[a] as number[];
    labels.forEach((b, j) => {
      row[b] = (row[b] as number) + (gram.data[i * gram.columns + j] as number);
    });
  });
  return sums.map((row, a) => row.map((sum, b) => sum / Math.max(1, (counts[a] as number) * (counts[b] as number))));
};
