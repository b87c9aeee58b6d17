import type pg from 'pg';
import { readMask } from './attempt-mask.ts';

/** A value that has a place on a chart, as SQL. */
export const isFiniteValue = (column: string): string => `${column} not in ('NaN', 'Infinity', '-Infinity')`;

/**
 * Works the summaries of all series of a job out again, from the points that its mask shows. Needed when an attempt
 * resumes, which happens rarely; batches keep the summaries up to date by themselves.
 */
export async function recountSeries(client: pg.PoolClient, jobId: string): Promise<void> {
  const { attempts, maxSteps } = await readMask(client, jobId);
  await client.query(
    `with shown as (
       select distinct on (p.series_id, p.step) p.series_id, p.step, p.value
       from metric_point p join series s on s.id = p.series_id and s.job_id = $1
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
     from series all_series left join summary m on m.series_id = all_series.id
     where s.id = all_series.id and s.job_id = $1`,
    [jobId, attempts, maxSteps],
  );
}
