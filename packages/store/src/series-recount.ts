import type pg from 'pg';
import { type AttemptMask, readMask } from './attempt-mask.ts';
import { isFiniteValue } from './finite-value.ts';
import { allowLongStatements } from './long-statement.ts';
import { mergeBuckets } from './metric-bucket.ts';
import { readBuckets, type SeriesRow } from './metric-read.ts';
import { MAX_RAW_POINTS } from './metric-rollup.ts';

/** Wide enough to leave few buckets of a long curve, narrow enough that one which the mask cuts is quickly counted. */
const SUMMARY_LEVEL = 12;

/**
 * Works the summaries of a job's series out again, from what its mask shows of them. Needed when an attempt resumes,
 * which happens rarely; batches keep the summaries up to date by themselves.
 *
 * @param afterStep only series that go beyond it: what lies up to it is known to be shown as before
 */
export async function recountSeries(client: pg.PoolClient, jobId: string, afterStep: number): Promise<void> {
  const mask = await readMask(client, jobId);
  await allowLongStatements(client);
  await recountShort(client, jobId, mask, afterStep);
  const { rows } = await client.query<SeriesRow>(
    `select id, count, first_step, last_step, dirty_from from series
     where job_id = $1 and last_step > $2 and count > ${MAX_RAW_POINTS} for no key update`,
    [jobId, afterStep],
  );
  for (const series of rows) await recountLong(client, series, mask);
}

async function recountLong(client: pg.PoolClient, series: SeriesRow, mask: AttemptMask): Promise<void> {
  const { rows } = await client.query<{ last: number | null }>(
    'select max(step) as last from metric_point where series_id = $1',
    [series.id],
  );
  const whole = { ...series, first_step: 0, last_step: rows[0]?.last ?? 0 };
  const shown = await readBuckets(client, whole, mask, { from: 0, to: whole.last_step }, SUMMARY_LEVEL);
  const sum = mergeBuckets(shown);
  const extreme = (step: number | undefined, value: number | undefined) => ((step ?? -1) < 0 ? null : value);
  await client.query(
    `update series set count = $2, first_step = $3, last_step = $4, last_value = $5, min = $6, max = $7, non_finite = $8
     where id = $1`,
    [
      series.id,
      sum?.count ?? 0,
      sum?.firstStep ?? 0,
      sum?.lastStep ?? 0,
      sum?.lastValue ?? 0,
      extreme(sum?.lowStep, sum?.low),
      extreme(sum?.highStep, sum?.high),
      sum?.nonFinite ?? 0,
    ],
  );
}

async function recountShort(
  client: pg.PoolClient,
  jobId: string,
  { attempts, maxSteps }: AttemptMask,
  afterStep: number,
): Promise<void> {
  await client.query(
    `with short as materialized (
       select id from series where job_id = $1 and last_step > $4 and count <= ${MAX_RAW_POINTS}
     ), shown as (
       select distinct on (p.series_id, p.step) p.series_id, p.step, p.value
       from metric_point p join short on short.id = p.series_id
         join unnest($2::int[], $3::bigint[]) as m (attempt, max_step)
           on m.attempt = p.attempt and (m.max_step is null or p.step <= m.max_step)
       order by p.series_id, p.step, p.attempt desc
     ), summary as (
       select series_id, count(*) as num, min(step) as first_step, max(step) as last_step,
         (array_agg(value order by step desc))[1] as last_value,
         min(value) filter (where ${isFiniteValue('value')}) as low,
         max(value) filter (where ${isFiniteValue('value')}) as high,
         count(*) filter (where not (${isFiniteValue('value')})) as num_non_finite
       from shown group by series_id
     )
     update series s set count = coalesce(m.num, 0), first_step = coalesce(m.first_step, 0),
       last_step = coalesce(m.last_step, 0), last_value = coalesce(m.last_value, 0), min = m.low, max = m.high,
       non_finite = coalesce(m.num_non_finite, 0)
     from short left join summary m on m.series_id = short.id
     where s.id = short.id`,
    [jobId, attempts, maxSteps, afterStep],
  );
}
