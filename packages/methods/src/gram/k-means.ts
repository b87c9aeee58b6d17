import type { Rng } from '../random/rng.ts';
import { rowSquares } from './kernel-function.ts';
import { groupMeans, groupSizes, type LandmarkGroups } from './landmark-groups.ts';
import { type Matrix, timesTransposed, zeros } from './matrix.ts';

/** Rounds of Lloyd's algorithm at most; it ends sooner once no sample changes its group. */
const MAX_ROUNDS = 50;

/** Group of the nearest center for each point, the first one on ties, and the sum of squared distances. */
export function nearest(points: Matrix, centers: Matrix): LandmarkGroups & { cost: number } {
  const products = timesTransposed(points, centers);
  const [ofPoints, ofCenters] = [rowSquares(points), rowSquares(centers)];
  let cost = 0;
  const groups = new Int32Array(points.rows);
  for (let i = 0; i < points.rows; i++) {
    let best = Number.POSITIVE_INFINITY;
    for (let j = 0; j < centers.rows; j++) {
      const distance =
        (ofPoints[i] as number) + (ofCenters[j] as number) - 2 * (products.data[i * centers.rows + j] as number);
      if (distance >= best) continue;
      best = distance;
      groups[i] = j;
    }
    cost += Math.max(0, best);
  }
  return { groups, count: centers.rows, cost };
}

/**
 * k-means by Lloyd's algorithm from a k-means++ start. A group that becomes empty gets the point that lies furthest from
 * its center.
 *
 * @returns centers `[count, d]`
 */
export function kMeans(points: Matrix, count: number, rng: Rng): Matrix {
  let centers = plusPlus(points, count, rng);
  let before: Int32Array | null = null;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const assigned = nearest(points, centers);
    fillEmpty(points, centers, assigned);
    if (before !== null && assigned.groups.every((group, i) => group === before?.[i])) break;
    before = assigned.groups;
    centers = groupMeans(points, assigned);
  }
  return centers;
}

/** Centers drawn one by one, each with probability proportional to its squared distance to the nearest one so far. */
const plusPlus = (points: Matrix, count: number, rng: Rng): Matrix => {
  const centers = zeros(count, points.columns);
  const distances = new Float64Array(points.rows).fill(Number.POSITIVE_INFINITY);
  for (let j = 0; j < count; j++) {
    const chosen = j === 0 ? rng.below(points.rows) : drawn(distances, rng);
    centers.data.set(points.data.subarray(chosen * points.columns, (chosen + 1) * points.columns), j * points.columns);
    for (let i = 0; i < points.rows; i++)
      distances[i] = Math.min(distances[i] as number, squaredDistance(points, i, centers, j));
  }
  return centers;
};

const squaredDistance = (a: Matrix, i: number, b: Matrix, j: number): number => {
  let sum = 0;
  for (let k = 0; k < a.columns; k++)
    sum += ((a.data[i * a.columns + k] as number) - (b.data[j * b.columns + k] as number)) ** 2;
  return sum;
};

/** A place, with probability proportional to its weight; uniform if all are zero. */
const drawn = (weights: Float64Array, rng: Rng): number => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return rng.below(weights.length);
  let left = rng.uniform() * total;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i] as number;
    if (left < 0) return i;
  }
  return weights.length - 1;
};

const fillEmpty = (points: Matrix, centers: Matrix, assigned: LandmarkGroups): void => {
  const sizes = groupSizes(assigned);
  sizes.forEach((size, group) => {
    if (size > 0) return;
    let furthest = 0;
    let most = -1;
    assigned.groups.forEach((own, i) => {
      if ((sizes[own] as number) < 2) return;
      const distance = squaredDistance(points, i, centers, own);
      if (distance > most) [furthest, most] = [i, distance];
    });
    if (most < 0) return; // fewer points than groups
    const from = assigned.groups[furthest] as number;
    sizes[from] = (sizes[from] as number) - 1;
    sizes[group] = 1;
    assigned.groups[furthest] = group;
  });
};
