import type { Tier, Waiting } from '@crucible/contracts';
import type pg from 'pg';
import { CHANNELS } from './channels.ts';
import type { AttemptFence } from './fence.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface DispatchDecision {
  jobId: string;
  /** version of the job in the snapshot; a job that changed since is passed over */
  version: number;
  /** the worker that it goes to; passed over when that is not ready or has not so many free slots any more */
  workerId: string;
  /** the tier that it runs in */
  tier: Tier;
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
    select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[])
      with ordinality as d (job_id, version, attempt_id, worker_id, tier, place)
  ), ready as materialized (
    select j.id, j.slots, j.pool, d.attempt_id, d.worker_id, d.tier, d.place
    from job j join decision d on d.job_id = j.id and d.version = j.version
    where j.state = 'queued' and (j.not_before is null or j.not_before <= now())
      and not exists (select from attempt a where a.job_id = j.id and a.state <> 'ended')
    order by j.id
    for no key update of j
  ), taken as (
    select a.worker_id, sum(j.slots) as slots from attempt a join job j on j.id = a.job_id
    where a.state <> 'ended' and a.worker_id = any($4) group by a.worker_id
  ), placed as (
    select r.id, r.attempt_id, r.worker_id, r.tier, w.name as worker,
      jsonb_array_length(w.slots) - coalesce(t.slots, 0) as free,
      sum(r.slots) over (partition by r.worker_id order by r.place) as wanted
    from ready r join worker w on w.id = r.worker_id and w.state = 'ready' and w.pool = r.pool
      left join taken t on t.worker_id = r.worker_id
  ), raised as (
    update job j set fence = j.fence + 1, attempt_count = j.attempt_count + 1, version = j.version + 1,
      waiting = $6::jsonb
    from placed p where j.id = p.id and p.wanted <= p.free
    returning j.id as job_id, p.attempt_id, j.fence, j.attempt_count as number, p.worker_id, p.worker, p.tier
  ), attempted as (
    insert into attempt (id, job_id, number, fence, worker_id, tier)
    select attempt_id, job_id, number, fence, worker_id, tier from raised returning id
  ), announced as (
    insert into outbox (attempt_id, fence, worker)
    select r.attempt_id, r.fence, r.worker from raised r join attempted a on a.id = r.attempt_id
  )
  select r.job_id as "jobId", r.attempt_id as "attemptId", r.fence, r.number, pg_notify('${CHANNELS.wake}', '') as woken
  from raised r`;

/**
 * Dispatches jobs inside a transaction that applies a plan. The workers are locked in a statement of their own: the
 * next one then sees every attempt that another leader, in the moment that two overlap, has placed there.
 */
export async function dispatchJobs(
  client: pg.PoolClient,
  decisions: readonly DispatchDecision[],
): Promise<DispatchedAttempt[]> {
  if (decisions.length === 0) return [];
  const workerIds = decisions.map((decision) => decision.workerId);
  await client.query('select from worker where id = any($1::uuid[]) order by id for no key update', [workerIds]);
  const { rows } = await client.query<DispatchedAttempt>(DISPATCH, [
    decisions.map((decision) => decision.jobId),
    decisions.map((decision) => decision.version),
    decisions.map(() => uuidV7()),
    workerIds,
    decisions.map((decision) => decision.tier),
    JSON.stringify(ON_ITS_WAY),
  ]);
  const made = new Map(rows.map(({ jobId, attemptId, fence, number }) => [jobId, { jobId, attemptId, fence, number }]));
  return decisions.flatMap(({ jobId }) => made.get(jobId) ?? []);
}
