import { type AttemptMask, maskOf } from './attempt-mask.ts';
import type { Queryable } from './database.ts';
import { assertJobId, jobNotFound } from './job-lookup.ts';
import type { SeriesRow } from './metric-read.ts';

/** One metric of a job; null when nothing was reported by that name. */
export interface JobSeries {
  series: SeriesRow | null;
  mask: AttemptMask;
}

const READ = `
  select s.id, s.count, s.first_step, s.last_step, s.dirty_from,
    (select coalesce(json_agg(json_build_object('number', a.number, 'resumedStep', a.resumed_step) order by a.number), '[]')
     from attempt a where a.job_id = j.id and a.claimed_at is not null) as attempts
  from job j left join series s on s.job_id = j.id and s.key = $2
  where j.id = $1`;

type Row = (SeriesRow | { [key in keyof SeriesRow]: null }) & {
  attempts: { number: number; resumedStep: number | null }[];
};

/** The series and the mask, in one look. @throws `not-found` for an unknown job */
export async function readSeries(client: Queryable, jobId: string, key: string): Promise<JobSeries> {
  assertJobId(jobId);
  const { rows } = await client.query<Row>(READ, [jobId, key]);
  const [row] = rows;
  if (row === undefined) throw jobNotFound(jobId);
  const { attempts, ...series } = row;
  return { series: series.id === null ? null : series, mask: maskOf(attempts) };
}
