import type { MaskedBranch, PointsQuery, PointsView } from '@crucible/contracts';
import { toWire } from '@crucible/contracts';
import type { AttemptMask } from './attempt-mask.ts';
import type { Queryable } from './database.ts';
import { type Bucket, mergeBuckets } from './metric-bucket.ts';
import { levelFor } from './metric-level.ts';
import { readBuckets, type SeriesRow, type StepRange } from './metric-read.ts';
import { readTimes, stepsBetween } from './metric-times.ts';
import { type JobSeries, readSeries } from './series-lookup.ts';
import { thinCurve } from './thin-curve.ts';

/** A query in which everything but key and size may be left out. */
export type PointsRequest = Pick<PointsQuery, 'key' | 'maxPoints'> & Partial<PointsQuery>;

/** Curves of attempts that were left are summed up at this level to find where they end. */
const BRANCH_LEVEL = 12;

/** See {@link Metrics.points}. */
export async function readPoints(client: Queryable, jobId: string, query: PointsRequest): Promise<PointsView> {
  const { key, branch = 'current' } = query;
  const { series, mask } = await readSeries(client, jobId, key);
  if (series === null) return { key, total: 0, level: 0, steps: [], values: [], maskedBranches: [] };
  const range = await rangeOf(client, series, query);
  const curve = await readCurve(client, series, mask, range, query);
  const maskedBranches = await readMaskedBranches(client, series, mask);
  if (branch === 'current') return { key, ...curve, maskedBranches };
  const branches = [];
  for (const { attempt, afterStep } of maskedBranches) {
    const alone = { attempts: [attempt], maxSteps: [null] };
    const part = { ...range, from: Math.max(range.from, afterStep + 1) };
    branches.push({
      attempt,
      ...(await readCurve(client, await wholeOf(client, series), alone, part, query)),
    });
  }
  return { key, ...curve, maskedBranches, branches };
}

/** The series with its branches: `last_step` is that of its current one. */
async function wholeOf(client: Queryable, series: SeriesRow): Promise<SeriesRow> {
  const { rows } = await client.query<{ last: number | null }>(
    'select max(step) as last from metric_point where series_id = $1',
    [series.id],
  );
  return { ...series, last_step: Math.max(series.last_step, rows[0]?.last ?? 0) };
}

/** The steps that the query names, by step or by time. */
async function rangeOf(client: Queryable, series: SeriesRow, query: PointsRequest): Promise<StepRange> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, afterStep = -1, x } = query;
  const isByTime = x === 'time' && (query.from !== undefined || query.to !== undefined);
  const range = isByTime ? await stepsBetween(client, series, from, to) : { from, to };
  return { from: Math.max(range.from, afterStep + 1), to: range.to };
}

async function readCurve(
  client: Queryable,
  series: SeriesRow,
  mask: AttemptMask,
  range: StepRange,
  { maxPoints, x }: PointsRequest,
): Promise<Omit<PointsView, 'key' | 'maskedBranches' | 'branches'>> {
  const covered = { from: Math.max(range.from, series.first_step), to: Math.min(range.to, series.last_step) };
  const numSteps = Math.max(0, covered.to - covered.from + 1);
  const level = levelFor(Math.min(series.count, numSteps), covered, maxPoints);
  const buckets = await readBuckets(client, series, mask, range, level);
  const { steps, values, ...extremes } = thinCurve(buckets, maxPoints);
  const times = x === 'time' ? { times: await readTimes(client, series, mask, steps) } : {};
  return { total: numPointsOf(buckets), level, steps, values: values.map(toWire), ...times, ...extremes };
}

const numPointsOf = (buckets: readonly Bucket[]): number => buckets.reduce((sum, { count }) => sum + count, 0);

/** What attempts reported beyond the step from which a later one went on. */
async function readMaskedBranches(client: Queryable, series: SeriesRow, mask: AttemptMask): Promise<MaskedBranch[]> {
  const branches: MaskedBranch[] = [];
  const cut = mask.attempts.flatMap((attempt, i) => {
    const bound = mask.maxSteps[i];
    return bound === null || bound === undefined ? [] : [{ attempt, bound }];
  });
  if (cut.length === 0) return [];
  const whole = await wholeOf(client, series);
  for (const { attempt, bound } of cut) {
    const alone = { attempts: [attempt], maxSteps: [null] };
    const range = { from: bound + 1, to: whole.last_step };
    const left = mergeBuckets(await readBuckets(client, whole, alone, range, BRANCH_LEVEL));
    if (left !== null) branches.push({ attempt, afterStep: bound, lastStep: left.lastStep, count: left.count });
  }
  return branches.sort((a, b) => a.attempt - b.attempt);
}

/** See {@link Metrics.pointsTag}. Changes with the points of the curve, and with what the mask shows of them. */
export function tagOf({ series, mask }: JobSeries): string {
  const bounds = mask.attempts.map((attempt, i) => `${attempt}:${mask.maxSteps[i] ?? ''}`);
  return `${series?.count ?? 0}.${series?.last_step ?? 0}.${bounds.join('.')}`;
}
