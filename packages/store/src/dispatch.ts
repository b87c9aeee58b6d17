import type { Waiting } from '@crucible/contracts';
import type pg from 'pg';
import { CHANNELS } from './channels.ts';
import type { AttemptFence } from './fence.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface DispatchDecision {
  jobId: string;
  /** version of the job in the snapshot; a job that changed since is passed over */
  version: number;
}

export interface DispatchedAttempt extends AttemptFence {
  jobId: string;
  number: number;
}

const ON_ITS_WAY: Waiting = {
  code: 'dispatched',
  message: 'on its way to a worker',
  position: 1,
  estimatedStart: null,
  blocking: [],
};

/** Attempt, fence and outbox row come with one statement, so that none of them can be without the others. */
const DISPATCH = `
  with decision as (
    select * from unnest($1::uuid[], $2::int[], $3::uuid[]) as d (job_id, version, attempt_id)
  ), ready as materialized (
    select j.id, d.attempt_id from job j join decision d on d.job_id = j.id and d.version = j.version
    where j.state = 'queued' and (j.not_before is null or j.not_before <= now())
      and not exists (select from attempt a where a.job_id = j.id and a.state <> 'ended')
    order by j.id
    for no key update of j
  ), raised as (
    update job j set fence = j.fence + 1, attempt_count = j.attempt_count + 1, version = j.version + 1,
      waiting = $4::jsonb
    from ready r where j.id = r.id
    returning j.id as job_id, r.attempt_id, j.fence, j.attempt_count as number, j.pool
  ), attempted as (
    insert into attempt (id, job_id, number, fence) select attempt_id, job_id, number, fence from raised returning id
  ), announced as (
    insert into outbox (attempt_id, fence, pool)
    select r.attempt_id, r.fence, r.pool from raised r join attempted a on a.id = r.attempt_id
  )
  select r.job_id as "jobId", r.attempt_id as "attemptId", r.fence, r.number, pg_notify('${CHANNELS.wake}', '') as woken
  from raised r`;

/** See {@link Scheduling.dispatch}. */
export async function dispatchJobs(
  pool: pg.Pool,
  decisions: readonly DispatchDecision[],
): Promise<DispatchedAttempt[]> {
  if (decisions.length === 0) return [];
  const { rows } = await pool.query<DispatchedAttempt>(DISPATCH, [
    decisions.map((decision) => decision.jobId),
    decisions.map((decision) => decision.version),
    decisions.map(() => uuidV7()),
    JSON.stringify(ON_ITS_WAY),
  ]);
  const made = new Map(rows.map(({ jobId, attemptId, fence, number }) => [jobId, { jobId, attemptId, fence, number }]));
  return decisions.flatMap(({ jobId }) => made.get(jobId) ?? []);
}
