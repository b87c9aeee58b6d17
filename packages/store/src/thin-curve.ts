import { type Bucket, type Point, pointsOf } from './metric-bucket.ts';

/** Columns of a curve; `lo` and `hi` when points were left out, null where there is nothing finite. */
export interface ThinCurve {
  steps: number[];
  values: number[];
  lo?: (number | null)[];
  hi?: (number | null)[];
}

/**
 * At most `maxPoints` of a curve's points: its first, its last, its extremes, and between them the ones that shape it
 * (largest triangle three buckets: Steinarsson 2013, section 4.2). `lo[i]` and `hi[i]` are the extremes of what lies
 * after the previous point up to this one, bounded outwards by the ends of buckets.
 *
 * @param buckets in order of steps, without overlap
 */
export function thinCurve(buckets: readonly Bucket[], maxPoints: number): ThinCurve {
  const candidates = buckets.flatMap(pointsOf);
  const isWhole = candidates.length <= maxPoints && buckets.every((bucket) => bucket.count === 1);
  const chosen =
    candidates.length <= maxPoints ? candidates : withExtremes(candidates, largestTriangles(candidates, maxPoints));
  const curve = { steps: chosen.map((point) => point.step), values: chosen.map((point) => point.value) };
  return isWhole ? curve : { ...curve, ...envelope(buckets, curve.steps) };
}

/** Indices of `num` candidates, at least 2 and fewer than there are. A stretch without a finite value gives its last. */
function largestTriangles(points: readonly Point[], num: number): number[] {
  const chosen = [0];
  const size = (points.length - 2) / (num - 2);
  const startOf = (bin: number) => Math.min(points.length - 1, Math.floor(bin * size) + 1);
  let from = points[0] as Point;
  for (let bin = 0; bin < num - 2; bin++) {
    const target = meanOf(points, startOf(bin + 1), Math.max(startOf(bin + 1) + 1, startOf(bin + 2))) ?? from;
    const anchor = Number.isFinite(from.value) ? from : { step: from.step, value: target.value };
    let best = startOf(bin + 1) - 1;
    let bestArea = -1;
    for (let i = startOf(bin); i < startOf(bin + 1); i++) {
      const { step, value } = points[i] as Point;
      if (!Number.isFinite(value)) continue;
      const area = Math.abs(
        (anchor.step - target.step) * (value - anchor.value) - (anchor.step - step) * (target.value - anchor.value),
      );
      if (area > bestArea) {
        bestArea = area;
        best = i;
      }
    }
    from = points[best] as Point;
    chosen.push(best);
  }
  chosen.push(points.length - 1);
  return chosen;
}

/** Mean of the finite points from `start` up to `end`; null when there is none. */
function meanOf(points: readonly Point[], start: number, end: number): Point | null {
  let num = 0;
  let step = 0;
  let value = 0;
  for (let i = start; i < Math.min(end, points.length); i++) {
    const point = points[i] as Point;
    if (!Number.isFinite(point.value)) continue;
    num += 1;
    step += point.step;
    value += point.value;
  }
  return num === 0 ? null : { step: step / num, value: value / num };
}

/** The chosen points with the curve's extremes among them, each in the place of its nearest neighbour between the ends. */
function withExtremes(points: readonly Point[], chosen: readonly number[]): Point[] {
  const finite = points.flatMap(({ value }, i) => (Number.isFinite(value) ? [i] : []));
  const [first = -1] = finite;
  const valueAt = (i: number) => points[i]?.value ?? Number.NaN;
  const low = finite.reduce((best, i) => (valueAt(i) < valueAt(best) ? i : best), first);
  const high = finite.reduce((best, i) => (valueAt(i) > valueAt(best) ? i : best), first);
  const kept = new Set(chosen);
  for (const extreme of [low, high]) {
    if (extreme < 0 || kept.has(extreme)) continue;
    const inner = [...kept].filter((i) => i !== 0 && i !== points.length - 1 && i !== low && i !== high);
    if (inner.length === 0) continue;
    kept.delete(inner.reduce((best, i) => (Math.abs(i - extreme) < Math.abs(best - extreme) ? i : best)));
    kept.add(extreme);
  }
  return [...kept].sort((a, b) => a - b).map((i) => points[i] as Point);
}

function envelope(
  buckets: readonly Bucket[],
  steps: readonly number[],
): { lo: (number | null)[]; hi: (number | null)[] } {
  const lo: (number | null)[] = [];
  const hi: (number | null)[] = [];
  let start = 0;
  for (const [i, step] of steps.entries()) {
    const previous = steps[i - 1] ?? -1;
    while ((buckets[start]?.lastStep ?? Number.POSITIVE_INFINITY) <= previous) start += 1;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let at = start; (buckets[at]?.firstStep ?? Number.POSITIVE_INFINITY) <= step; at++) {
      const bucket = buckets[at] as Bucket;
      if (bucket.lowStep < 0) continue;
      low = Math.min(low, bucket.low);
      high = Math.max(high, bucket.high);
    }
    lo.push(low <= high ? low : null);
    hi.push(low <= high ? high : null);
  }
  return { lo, hi };
}
