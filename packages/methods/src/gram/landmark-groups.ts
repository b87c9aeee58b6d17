import { type Matrix, zeros } from './matrix.ts';

/**
 * Groups of samples whose means are landmarks: the same groups in both spaces, which is the shared matrix P of the theory
 * with `D = P^T X`. A sample may be in no group (-1), and a group may be empty: then its landmark is zero.
 */
export interface LandmarkGroups {
  /** `[n]`, each in `[-1, count)` */
  groups: Int32Array;
  count: number;
}

/** Samples per group. */
export function groupSizes({ groups, count }: LandmarkGroups): Int32Array {
  const sizes = new Int32Array(count);
  for (const group of groups) if (group >= 0) sizes[group] = (sizes[group] as number) + 1;
  return sizes;
}

/** Mean of the points of each group, `[count, d]`. */
export function groupMeans(points: Matrix, landmarks: LandmarkGroups): Matrix {
  const means = zeros(landmarks.count, points.columns);
  const sizes = groupSizes(landmarks);
  landmarks.groups.forEach((group, i) => {
    if (group < 0) return;
    const size = sizes[group] as number;
    for (let k = 0; k < points.columns; k++)
      means.data[group * points.columns + k] =
        (means.data[group * points.columns + k] as number) + (points.data[i * points.columns + k] as number) / size;
  });
  return means;
}

/** Largest singular value of P: its columns do not overlap, so it is that of the smallest group. */
export const groupNorm = (landmarks: LandmarkGroups): number =>
  Math.max(0, ...[...groupSizes(landmarks)].filter((size) => size > 0).map((size) => 1 / Math.sqrt(size)));

/** A group for each of the samples at `places`; no other sample is in one. */
export function singletons(places: Int32Array, samples: number): LandmarkGroups {
  const groups = new Int32Array(samples).fill(-1);
  places.forEach((place, group) => {
    groups[place] = group;
  });
  return { groups, count: places.length };
}

/** The groups without the empty ones. */
export function withoutEmpty(landmarks: LandmarkGroups): LandmarkGroups {
  const sizes = groupSizes(landmarks);
  let count = 0;
  const names = Array.from(sizes, (size) => (size > 0 ? count++ : -1));
  return { groups: landmarks.groups.map((group) => (group < 0 ? -1 : (names[group] as number))), count };
}
