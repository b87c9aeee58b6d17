/** @file Landmarks that take a pass over training samples: fresh class means, means of clusters, single samples. */
import type { LandmarkKind } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { pick } from '../data/pick.ts';
import { kMeans, nearest } from '../gram/k-means.ts';
import { medianSquaredDistance } from '../gram/kernel-function.ts';
import { groupMeans, groupSizes, type LandmarkGroups, singletons } from '../gram/landmark-groups.ts';
import { type Matrix, zeros } from '../gram/matrix.ts';
import { featureRows } from './feature-rows.ts';
import type { Landmarks } from './landmarks.ts';
import type { Pair } from './transfer.ts';

/** Samples from which clusters are found; all are then assigned to the nearest. */
const CLUSTERED_SAMPLES = 4096;
/** Samples whose distances give the width of a kernel. */
const WIDTH_SAMPLES = 256;

type Between = () => Promise<void>;

/** A layer with its landmarks. */
export interface LandmarkLayer {
  student: string;
  teacher: string;
  landmarks: Landmarks;
}

/** What the landmarks of a layer are the means of, and those of the teacher, which does not change. */
export interface LandmarkPlan {
  groups: LandmarkGroups;
  teacher: Matrix;
}

/** Finds the plan of each layer, on the teacher. */
export async function planLandmarks(
  kind: ComputedKind,
  count: number,
  layers: readonly LandmarkLayer[],
  pair: Pair,
  between: Between,
): Promise<LandmarkPlan[]> {
  const { train } = pair.dataset;
  const rows = await featureRows(pair.teacher, namesOf(layers, 'teacher'), pair, train, between);
  return layers.map(({ teacher }) => {
    const points = rows.get(teacher) as Matrix;
    const groups = groupsOf(kind, count, teacher, points, pair);
    return { groups, teacher: groupMeans(points, groups) };
  });
}

type ComputedKind = Extract<LandmarkKind, 'class-mean' | 'k-means' | 'random'>;

const namesOf = (layers: readonly LandmarkLayer[], role: 'student' | 'teacher'): string[] =>
  layers.map((layer) => layer[role]);

const groupsOf = (
  kind: ComputedKind,
  count: number,
  layer: string,
  points: Matrix,
  { dataset: { train, classes }, rng }: Pair,
): LandmarkGroups => {
  switch (kind) {
    case 'class-mean':
      return { groups: train.labels, count: classes };
    case 'random':
      return singletons(rng('landmarks/random').permutation(train.count).subarray(0, count), train.count);
    case 'k-means': {
      const sample = rng('landmarks/clustered').permutation(points.rows).subarray(0, CLUSTERED_SAMPLES).toSorted();
      return nearest(points, kMeans(rowsAt(points, sample), count, rng(`landmarks/k-means/${layer}`)));
    }
  }
};

const rowsAt = ({ columns, data }: Matrix, places: Int32Array): Matrix => {
  const rows = zeros(places.length, columns);
  places.forEach((place, i) => {
    rows.data.set(data.subarray(place * columns, (place + 1) * columns), i * columns);
  });
  return rows;
};

/** Puts the means of the groups, as the student is now, into the landmarks. */
export async function refreshLandmarks(
  layers: readonly LandmarkLayer[],
  plans: readonly LandmarkPlan[],
  pair: Pair,
  between: Between,
): Promise<void> {
  const { train } = pair.dataset;
  // only samples that are in a group of some layer are asked for
  const places = Int32Array.from({ length: train.count }, (_, i) => i).filter((i) =>
    plans.some(({ groups: { groups } }) => (groups[i] as number) >= 0),
  );
  const split = places.length === train.count ? train : pick(train, places);
  const rows = await featureRows(pair.student, namesOf(layers, 'student'), pair, split, between);
  layers.forEach(({ student, landmarks }, i) => {
    const { groups: all, teacher } = plans[i] as LandmarkPlan;
    const groups = { groups: places.map((place) => all.groups[place] as number), count: all.count };
    const mask = Float32Array.from(groupSizes(groups), (size) => (size > 0 ? 1 : 0));
    tf.tidy(() => {
      landmarks.assign(
        tensorOf(groupMeans(rows.get(student) as Matrix, groups)),
        tensorOf(teacher),
        tf.tensor2d(mask, [1, groups.count]),
      );
    });
  });
}

const tensorOf = ({ rows, columns, data }: Matrix): tf.Tensor2D =>
  tf.tensor2d(Float32Array.from(data), [rows, columns]);

/** Sets the widths of the kernel to the median squared distances in each space. */
export async function refreshWidths(layers: readonly LandmarkLayer[], pair: Pair, between: Between): Promise<void> {
  const { train } = pair.dataset;
  const places = pair.rng('landmarks/width').permutation(train.count).subarray(0, WIDTH_SAMPLES).toSorted();
  const split = pick(train, places);
  const ofStudent = await featureRows(pair.student, namesOf(layers, 'student'), pair, split, between);
  const ofTeacher = await featureRows(pair.teacher, namesOf(layers, 'teacher'), pair, split, between);
  for (const { student, teacher, landmarks } of layers)
    tf.tidy(() => {
      landmarks.widths.student.assign(tf.scalar(medianSquaredDistance(ofStudent.get(student) as Matrix)));
      landmarks.widths.teacher.assign(tf.scalar(medianSquaredDistance(ofTeacher.get(teacher) as Matrix)));
    });
}
