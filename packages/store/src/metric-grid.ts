import { type Bucket, pointsOf } from './metric-bucket.ts';

/** Values of one curve at the steps of a grid; NaN where it has none. */
export type GridCurve = number[];

/** At most `num` whole steps from `first` to `last`, evenly spaced, both among them; empty when they are crossed. */
export function stepGrid(first: number, last: number, num: number): number[] {
  if (last < first) return [];
  if (last === first) return [first];
  const count = Math.min(num, last - first + 1);
  return Array.from({ length: count }, (_, i) => Math.round(first + ((last - first) * i) / (count - 1)));
}

/** The curve's last value at each step of the grid, not older than the grid's cell before it. */
export function onGrid(buckets: readonly Bucket[], grid: readonly number[]): GridCurve {
  const points = buckets.flatMap(pointsOf);
  let next = 0;
  return grid.map((step, i) => {
    while ((points[next]?.step ?? Number.POSITIVE_INFINITY) <= step) next += 1;
    const last = points[next - 1];
    const cell = i > 0 ? step - (grid[i - 1] ?? step) : (grid[1] ?? step) - step;
    return last === undefined || last.step < step - cell ? Number.NaN : last.value;
  });
}
