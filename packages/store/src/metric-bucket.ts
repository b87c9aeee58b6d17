/** What lies in a stretch of steps of one curve. A single point is a bucket too. */
export interface Bucket {
  count: number;
  nonFinite: number;
  firstStep: number;
  firstValue: number;
  lastStep: number;
  lastValue: number;
  /** least finite value and the first step that has it; NaN and -1 when there is none */
  low: number;
  lowStep: number;
  /** greatest finite value and the first step that has it; NaN and -1 when there is none */
  high: number;
  highStep: number;
}

export const bucketOfPoint = (step: number, value: number): Bucket => {
  const isDrawn = Number.isFinite(value);
  const extreme = isDrawn ? value : Number.NaN;
  const extremeStep = isDrawn ? step : -1;
  return {
    count: 1,
    nonFinite: isDrawn ? 0 : 1,
    firstStep: step,
    firstValue: value,
    lastStep: step,
    lastValue: value,
    low: extreme,
    lowStep: extremeStep,
    high: extreme,
    highStep: extremeStep,
  };
};

/** Adds a bucket whose steps all lie after those of `into`. */
export function extendBucket(into: Bucket, next: Bucket): void {
  into.count += next.count;
  into.nonFinite += next.nonFinite;
  into.lastStep = next.lastStep;
  into.lastValue = next.lastValue;
  if (next.lowStep >= 0 && !(into.low <= next.low)) {
    into.low = next.low;
    into.lowStep = next.lowStep;
  }
  if (next.highStep >= 0 && !(into.high >= next.high)) {
    into.high = next.high;
    into.highStep = next.highStep;
  }
}

/** Everything in one bucket; null when there is nothing. The buckets are in order of steps and do not overlap. */
export function mergeBuckets(buckets: readonly Bucket[]): Bucket | null {
  const [first, ...rest] = buckets;
  if (first === undefined) return null;
  const whole = { ...first };
  for (const bucket of rest) extendBucket(whole, bucket);
  return whole;
}

/** One value of a curve. */
export interface Point {
  step: number;
  value: number;
}

/** The points of a bucket that a chart must not lose: its ends and extremes. */
export function pointsOf(bucket: Bucket): Point[] {
  if (bucket.count === 1) return [{ step: bucket.firstStep, value: bucket.firstValue }];
  const points = [{ step: bucket.firstStep, value: bucket.firstValue }];
  if (bucket.lowStep >= 0) points.push({ step: bucket.lowStep, value: bucket.low });
  if (bucket.highStep >= 0) points.push({ step: bucket.highStep, value: bucket.high });
  points.push({ step: bucket.lastStep, value: bucket.lastValue });
  return points.sort((a, b) => a.step - b.step).filter((point, i, all) => point.step !== all[i - 1]?.step);
}
