import { type PointsQuery, type PointsView, toWire } from '@crucible/contracts';
import type pg from 'pg';
import { readMask } from './attempt-mask.ts';
import { isFiniteValue } from './series-recount.ts';

/**
 * The curve as its mask shows it, in at most `$5` buckets of equally many points. The first point has a bucket of its
 * own and the last one ends the last bucket, so that both stay; a curve that fits has one point per bucket.
 */
const CURVE = `
  with shown as materialized (
    select distinct on (p.step) p.step, p.value
    from metric_point p join unnest($2::int[], $3::bigint[]) as m (attempt, max_step)
      on m.attempt = p.attempt and (m.max_step is null or p.step <= m.max_step)
    where p.series_id = $1 and p.step > $4
    order by p.step, p.attempt desc
  ), placed as (
    select step, value, row_number() over (order by step) - 1 as place, (select count(*) from shown) as total from shown
  ), bucketed as (
    select *, case when total <= $5 then place when place = 0 then 0
      else 1 + (place - 1) * ($5 - 1) / (total - 1) end as bucket
    from placed
  )
  select max(step), (array_agg(value order by step desc))[1],
    min(value) filter (where ${isFiniteValue('value')}), max(value) filter (where ${isFiniteValue('value')}), max(total)
  from bucketed group by bucket order by bucket`;

type CurveRow = [step: number, value: number, low: number | null, high: number | null, total: number];

/** See {@link Metrics.points}. The job is known to exist. */
export async function readPoints(pool: pg.Pool, jobId: string, query: PointsQuery): Promise<PointsView> {
  const { key, afterStep = -1, maxPoints } = query;
  const series = await pool.query<{ id: number }>('select id from series where job_id = $1 and key = $2', [jobId, key]);
  const id = series.rows[0]?.id;
  if (id === undefined) return { key, total: 0, steps: [], values: [] };
  const mask = await readMask(pool, jobId);
  const { rows } = await pool.query<CurveRow>({
    text: CURVE,
    values: [id, mask.attempts, mask.maxSteps, afterStep, maxPoints],
    rowMode: 'array',
  });
  const total = rows[0]?.[4] ?? 0;
  const view = { key, total, steps: rows.map((row) => row[0]), values: rows.map((row) => toWire(row[1])) };
  return total <= maxPoints ? view : { ...view, ...extremes(rows) };
}

/** A bucket without a finite value shows a gap; its extremes, which nobody draws, repeat those before it. */
function extremes(rows: readonly CurveRow[]): { lo: number[]; hi: number[] } {
  const lo: number[] = [];
  const hi: number[] = [];
  for (const [, , low, high] of rows) {
    lo.push(low ?? lo.at(-1) ?? 0);
    hi.push(high ?? hi.at(-1) ?? 0);
  }
  return { lo, hi };
}
