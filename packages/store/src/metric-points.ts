import { type PointsQuery, type PointsView, toWire } from '@crucible/contracts';
import type pg from 'pg';
import { type AttemptMask, readMask } from './attempt-mask.ts';
import { isFiniteValue } from './series-recount.ts';

/** Points of series `$1` after step `$4` that the mask in `$2` and `$3` shows. */
const MASKED = `metric_point p join unnest($2::int[], $3::bigint[]) as m (attempt, max_step)
  on m.attempt = p.attempt and (m.max_step is null or p.step <= m.max_step)
  where p.series_id = $1 and p.step > $4`;

/** At the step from which an attempt resumed there can be two points; the later attempt's is the one to show. */
const ONE_PER_STEP = `select distinct on (p.step) p.step, p.value from ${MASKED} order by p.step, p.attempt desc`;

const HEAD = `${ONE_PER_STEP} limit $5`;

/**
 * Buckets of equal width in steps, `$5` at most, from step `$6` to step `$7`. The first point has a bucket of its own
 * and the last one ends the last bucket, so that both stay as they are.
 */
const buckets = (points: string): string => `
  with shown as (${points}), bucketed as (
    select least($5 - 1, case when step = $6 then 0
        else 1 + floor((step - $6 - 1)::float8 * ($5 - 1) / greatest($7::bigint - $6, 1)) end) as bucket,
      max(step) as last_step, count(*) as num,
      min(value) filter (where ${isFiniteValue('value')}) as low,
      max(value) filter (where ${isFiniteValue('value')}) as high
    from shown group by 1
  )
  select b.last_step,
    (select p.value from ${MASKED} and p.step = b.last_step order by p.attempt desc limit 1), b.low, b.high, b.num
  from bucketed b order by b.bucket`;

/** A single attempt has one point per step by the primary key, and need not be sorted to make sure. */
const BUCKETS_OF_ONE = buckets(`select p.step, p.value from ${MASKED}`);
const BUCKETS_OF_MANY = buckets(ONE_PER_STEP);

type PointRow = [step: number, value: number];
type BucketRow = [lastStep: number, lastValue: number, low: number | null, high: number | null, num: number];

/** See {@link Metrics.points}. The job is known to exist. */
export async function readPoints(pool: pg.Pool, jobId: string, query: PointsQuery): Promise<PointsView> {
  const { key, afterStep = -1, maxPoints } = query;
  const series = await pool.query<{ id: number; last_step: number }>(
    'select id, last_step from series where job_id = $1 and key = $2',
    [jobId, key],
  );
  const [found] = series.rows;
  if (found === undefined) return { key, total: 0, steps: [], values: [] };
  const mask = await readMask(pool, jobId);
  const shown = [found.id, mask.attempts, mask.maxSteps, afterStep];
  const { rows } = await pool.query<PointRow>({ text: HEAD, values: [...shown, maxPoints + 1], rowMode: 'array' });
  const [first] = rows;
  if (first === undefined || rows.length <= maxPoints)
    return {
      key,
      total: rows.length,
      steps: rows.map(([step]) => step),
      values: rows.map(([, value]) => toWire(value)),
    };
  return { key, ...(await readBuckets(pool, mask, [...shown, maxPoints, first[0], found.last_step])) };
}

async function readBuckets(pool: pg.Pool, mask: AttemptMask, values: unknown[]): Promise<Omit<PointsView, 'key'>> {
  const text = mask.attempts.length === 1 ? BUCKETS_OF_ONE : BUCKETS_OF_MANY;
  const { rows } = await pool.query<BucketRow>({ text, values, rowMode: 'array' });
  return {
    total: rows.reduce((sum, row) => sum + row[4], 0),
    steps: rows.map((row) => row[0]),
    values: rows.map((row) => toWire(row[1])),
    ...extremes(rows),
  };
}

/** A bucket without a finite value shows a gap; its extremes, which nobody draws, repeat those before it. */
function extremes(rows: readonly BucketRow[]): { lo: number[]; hi: number[] } {
  const lo: number[] = [];
  const hi: number[] = [];
  for (const [, , low, high] of rows) {
    lo.push(low ?? lo.at(-1) ?? 0);
    hi.push(high ?? hi.at(-1) ?? 0);
  }
  return { lo, hi };
}
