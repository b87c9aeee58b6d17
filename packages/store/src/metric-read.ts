import type { AttemptMask } from './attempt-mask.ts';
import type { Queryable } from './database.ts';
import { type Bucket, bucketOfPoint, extendBucket } from './metric-bucket.ts';
import { MAX_RAW_POINTS } from './metric-rollup.ts';
import { packRows, unpackRows } from './packed-rows.ts';

/** What is stored of a series beside its points. */
export interface SeriesRow {
  id: number;
  count: number;
  first_step: number;
  last_step: number;
  dirty_from: number | null;
}

/** Steps from `from` to `to`, both included. */
export interface StepRange {
  from: number;
  to: number;
}

const POINTS = packRows(
  ['step', 'attempt', 'value'],
  'select step, attempt, value from metric_point where series_id = $1 and step between $2 and $3 order by step, attempt',
);

const ROLLUPS = packRows(
  [
    'bucket',
    'attempt',
    'count',
    'non_finite',
    'first_step',
    'first_value',
    'last_step',
    'last_value',
    `coalesce(low, 'NaN')`,
    'coalesce(low_step, -1)',
    `coalesce(high, 'NaN')`,
    'coalesce(high_step, -1)',
  ],
  `select * from metric_rollup where series_id = $1 and level = $4 and bucket between $2 and $3
   order by bucket, attempt`,
);
const ROLLUP_COLUMNS = 12;

/** Whether attempt `attempt` shows its points at `step`. */
const shows = (bounds: ReadonlyMap<number, number>, attempt: number, step: number): boolean =>
  step <= (bounds.get(attempt) ?? Number.NEGATIVE_INFINITY);

const boundsOf = ({ attempts, maxSteps }: AttemptMask): Map<number, number> =>
  new Map(attempts.map((attempt, i) => [attempt, maxSteps[i] ?? Number.POSITIVE_INFINITY]));

/** The first step that is not in the buckets yet. */
const rolledBefore = ({ count, dirty_from }: SeriesRow): number =>
  count <= MAX_RAW_POINTS ? 0 : (dirty_from ?? Number.POSITIVE_INFINITY);

/**
 * What the mask shows of a series, in order of steps and without overlap: each point for level 0, else buckets of
 * `2^level` steps. Buckets that the range or the mask cuts, to which two attempts reported, or that are yet to be
 * built, are put together from their points.
 */
export async function readBuckets(
  client: Queryable,
  series: SeriesRow,
  mask: AttemptMask,
  range: StepRange,
  level: number,
): Promise<Bucket[]> {
  const bounds = boundsOf(mask);
  // What lies around the series is empty: with it, the outermost buckets are whole.
  const from = range.from <= series.first_step ? 0 : range.from;
  const to = Math.min(range.to, series.last_step);
  if (from > to) return [];
  if (level === 0) return readPointBuckets(client, series.id, bounds, { from, to });

  const width = 2 ** level;
  const isOpenEnd = range.to >= series.last_step;
  const firstWhole = Math.ceil(from / width);
  const endWhole = Math.min(
    isOpenEnd ? Math.floor(to / width) + 1 : Math.floor((to + 1) / width),
    Math.floor(rolledBefore(series) / width),
  );
  if (firstWhole >= endWhole) return gathered(await readPointBuckets(client, series.id, bounds, { from, to }), width);

  const { whole, cut } = await readRollups(client, series.id, bounds, firstWhole, endWhole - 1, level);
  const ranges = [
    ...(from < firstWhole * width ? [{ from, to: firstWhole * width - 1 }] : []),
    ...joined(cut.map((bucket) => ({ from: bucket * width, to: Math.min(to, (bucket + 1) * width - 1) }))),
    ...(to >= endWhole * width ? [{ from: endWhole * width, to }] : []),
  ];
  for (const part of ranges) whole.push(...gathered(await readPointBuckets(client, series.id, bounds, part), width));
  return whole.sort((a, b) => a.firstStep - b.firstStep);
}

/** Ranges without two that touch. */
function joined(ranges: readonly StepRange[]): StepRange[] {
  const result: StepRange[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last !== undefined && last.to + 1 === range.from) last.to = range.to;
    else result.push({ ...range });
  }
  return result;
}

/** `whole`: buckets that one attempt alone filled, and fully shows; `cut`: numbers of the others. */
async function readRollups(
  client: Queryable,
  seriesId: number,
  bounds: ReadonlyMap<number, number>,
  first: number,
  last: number,
  level: number,
): Promise<{ whole: Bucket[]; cut: number[] }> {
  const { rows } = await client.query<{ packed: Buffer | null }>(ROLLUPS, [seriesId, first, last, level]);
  const numbers = unpackRows(rows[0]?.packed ?? null);
  const whole: Bucket[] = [];
  const cut: number[] = [];
  let previous = -1;
  for (let at = 0; at < numbers.length; at += ROLLUP_COLUMNS) {
    const value = (column: number): number => numbers[at + column] ?? 0;
    const number = value(0);
    const attempt = value(1);
    const bucket: Bucket = {
      count: value(2),
      nonFinite: value(3),
      firstStep: value(4),
      firstValue: value(5),
      lastStep: value(6),
      lastValue: value(7),
      low: value(8),
      lowStep: value(9),
      high: value(10),
      highStep: value(11),
    };
    if (!shows(bounds, attempt, bucket.firstStep)) continue;
    if (cut.at(-1) === number) continue;
    if (previous === number || !shows(bounds, attempt, bucket.lastStep)) {
      if (previous === number) whole.pop();
      cut.push(number);
    } else whole.push(bucket);
    previous = number;
  }
  return { whole, cut };
}

/** Every point that is shown; of two at one step that of the later attempt. */
async function readPointBuckets(
  client: Queryable,
  seriesId: number,
  bounds: ReadonlyMap<number, number>,
  { from, to }: StepRange,
): Promise<Bucket[]> {
  const { rows } = await client.query<{ packed: Buffer | null }>(POINTS, [seriesId, from, to]);
  const numbers = unpackRows(rows[0]?.packed ?? null);
  const points: Bucket[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const step = numbers[at] ?? 0;
    if (!shows(bounds, numbers[at + 1] ?? 0, step)) continue;
    if (points.at(-1)?.firstStep === step) points.pop();
    points.push(bucketOfPoint(step, numbers[at + 2] ?? 0));
  }
  return points;
}

/** Points put together in buckets of `width` steps. */
function gathered(points: readonly Bucket[], width: number): Bucket[] {
  const buckets: Bucket[] = [];
  let current = -1;
  for (const point of points) {
    const number = Math.floor(point.firstStep / width);
    const last = buckets.at(-1);
    if (last !== undefined && number === current) extendBucket(last, point);
    else buckets.push({ ...point });
    current = number;
  }
  return buckets;
}
