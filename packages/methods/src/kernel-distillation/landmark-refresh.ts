/** @file Landmarks that take a pass over training samples: fresh class means, means of clusters, single samples. */
import type { LandmarkKind } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { pick } from '../data/pick.ts';
import { kMeans, nearest } from '../gram/k-means.ts';
import { medianSquaredDistance } from '../gram/kernel-function.ts';
import { groupMeans, groupSizes, type LandmarkGroups } from '../gram/landmark-groups.ts';
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

/** Which groups of the training samples the landmarks of each layer are the means of. Found once, on the teacher. */
export async function groupsOf(
  kind: Extract<LandmarkKind, 'class-mean' | 'k-means' | 'random'>,
  count: number,
  layers: readonly LandmarkLayer[],
  pair: Pair,
  between: Between,
): Promise<LandmarkGroups[]> {
  const { dataset, rng } = pair;
  const { train } = dataset;
  if (kind === 'class-mean') return layers.map(() => ({ groups: train.labels, count: dataset.classes }));
  if (kind === 'random') {
    const groups = new Int32Array(train.count).fill(-1);
    rng('landmarks/random')
      .permutation(train.count)
      .subarray(0, count)
      .forEach((sample, group) => {
        groups[sample] = group;
      });
    return layers.map(() => ({ groups, count }));
  }
  const names = layers.map(({ teacher }) => teacher);
  const rows = await featureRows(pair.teacher, names, pair, train, between);
  return names.map((name) => {
    const points = rows.get(name) as Matrix;
    const sample = rng('landmarks/clustered').permutation(points.rows).subarray(0, CLUSTERED_SAMPLES).toSorted();
    return nearest(points, kMeans(rowsAt(points, sample), count, rng(`landmarks/k-means/${name}`)));
  });
}

const rowsAt = ({ columns, data }: Matrix, places: Int32Array): Matrix => {
  const rows = zeros(places.length, columns);
  places.forEach((place, i) => {
    rows.data.set(data.subarray(place * columns, (place + 1) * columns), i * columns);
  });
  return rows;
};

/** Puts the means of the groups, as both networks are now, into the landmarks. */
export async function refreshLandmarks(
  layers: readonly LandmarkLayer[],
  groups: readonly LandmarkGroups[],
  pair: Pair,
  between: Between,
): Promise<void> {
  const { train } = pair.dataset;
  // only samples that are in a group of some layer are asked for
  const places = Int32Array.from({ length: train.count }, (_, i) => i).filter((i) =>
    groups.some((one) => (one.groups[i] as number) >= 0),
  );
  const split = places.length === train.count ? train : pick(train, places);
  const ofStudent = await featureRows(
    pair.student,
    layers.map(({ student }) => student),
    pair,
    split,
    between,
  );
  const ofTeacher = await featureRows(
    pair.teacher,
    layers.map(({ teacher }) => teacher),
    pair,
    split,
    between,
  );
  layers.forEach(({ student, teacher, landmarks }, i) => {
    const { groups: all, count } = groups[i] as LandmarkGroups;
    const chosen = { groups: places.map((place) => all[place] as number), count };
    const mask = Float32Array.from(groupSizes(chosen), (size) => (size > 0 ? 1 : 0));
    tf.tidy(() => {
      landmarks.assign(
        tensorOf(groupMeans(ofStudent.get(student) as Matrix, chosen)),
        tensorOf(groupMeans(ofTeacher.get(teacher) as Matrix, chosen)),
        tf.tensor2d(mask, [1, count]),
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
  const ofStudent = await featureRows(
    pair.student,
    layers.map(({ student }) => student),
    pair,
    split,
    between,
  );
  const ofTeacher = await featureRows(
    pair.teacher,
    layers.map(({ teacher }) => teacher),
    pair,
    split,
    between,
  );
  for (const { student, teacher, landmarks } of layers)
    tf.tidy(() => {
      landmarks.widths.student.assign(tf.scalar(medianSquaredDistance(ofStudent.get(student) as Matrix)));
      landmarks.widths.teacher.assign(tf.scalar(medianSquaredDistance(ofTeacher.get(teacher) as Matrix)));
    });
}
