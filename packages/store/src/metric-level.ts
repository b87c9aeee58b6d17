import type { StepRange } from './metric-read.ts';
import { MAX_RAW_POINTS, ROLLUP_LEVELS } from './metric-rollup.ts';

/**
 * The level to read a curve at: the coarsest with twice as many buckets as points are wanted. Where even the finest
 * has fewer, it will do down to half as many, since a bucket keeps four points; else the points themselves are read.
 */
export function levelFor(numPoints: number, { from, to }: StepRange, maxPoints: number): number {
  if (numPoints <= MAX_RAW_POINTS) return 0;
  const numBuckets = (level: number) => (to - from + 1) / 2 ** level;
  const coarsest = ROLLUP_LEVELS.findLast((level) => numBuckets(level) >= 2 * maxPoints);
  const [finest] = ROLLUP_LEVELS;
  return coarsest ?? (numBuckets(finest) >= maxPoints / 2 ? finest : 0);
}
