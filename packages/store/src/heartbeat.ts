import type { Progress, StopIntent } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import type { AttemptFence } from './fence.ts';
import { leaseOf } from './lease.ts';
import { sendHint } from './progress-hint.ts';
import { storableJson } from './stored-text.ts';

export interface HeartbeatEntry extends AttemptFence {
  /** last step that the method reported */
  step: number;
  progress: Progress | null;
}

export interface Heartbeat {
  workerId: string;
  eventLoopLagMs: number;
  /** bytes on the disk of the worker that wait to be stored */
  spoolBytes: number;
  attempts: readonly HeartbeatEntry[];
}

/**
 * What is wanted of an attempt: by who stops its job, by an operator who drains the worker (`drain`), or by nobody.
 * `fenced`: it no longer owns its job; end the child and write nothing more.
 */
export interface HeartbeatCommand {
  attemptId: string;
  command: 'none' | StopIntent | 'drain' | 'fenced';
  /** milliseconds until the child is ended by force; null: nobody set a deadline */
  graceMs: number | null;
}

/**
 * One statement for all attempts of a worker. Jobs are locked before attempts, like everywhere; an attempt that is
 * not renewed, for whatever reason, is fenced.
 */
const beatStatement = (leaseSeconds: number): string => `
  with beat as (
    select * from unnest($3::uuid[], $4::int[], $5::bigint[], $6::jsonb[]) as b (attempt_id, fence, step, progress)
  ), beating as (
    update worker set seen_at = now(), event_loop_lag_ms = $2, spool_bytes = $7,
      state = case state when 'lost' then coalesce(hold, 'ready') else state end
    where id = $1 and state <> 'gone'
    returning id, hold
  ), owned as materialized (
    select j.id as job_id, j.team_id, j.stop_intent, j.stop_deadline, a.id as attempt_id, b.step, b.progress,
      b.progress is not null and b.progress is distinct from j.progress as has_progress,
      b.step > a.last_step as has_step
    from beat b join attempt a on a.id = b.attempt_id and a.fence = b.fence
      join job j on j.id = a.job_id and j.fence = a.fence
    where a.state = 'running' and a.worker_id = (select id from beating) and j.state in ('running', 'stopping')
    order by j.id
    for no key update of j
  ), renewed as (
    update attempt a set lease_until = now() + ${leaseOf(leaseSeconds)}, last_step = greatest(a.last_step, o.step)
    from owned o where a.id = o.attempt_id and a.state = 'running'
    returning a.id
  ), moved as (
    update job j set progress = o.progress, version = j.version + 1 from owned o where j.id = o.job_id and o.has_progress
  )
  select o.attempt_id as "attemptId",
    coalesce(o.stop_intent, case (select hold from beating) when 'draining' then 'drain' end, 'none') as command,
    case when o.stop_deadline is not null then
      greatest(0, extract(epoch from o.stop_deadline - now()) * 1000)::float8 end as "graceMs",
    case when o.has_progress or o.has_step then ${sendHint('o.job_id', 'o.team_id', 'o.step', 'o.progress')} end as hint
  from owned o join renewed r on r.id = o.attempt_id`;

/** See {@link Attempts.heartbeat}. */
export async function heartbeat(client: Queryable, beat: Heartbeat, leaseSeconds: number): Promise<HeartbeatCommand[]> {
  const { attempts } = beat;
  const { rows } = await client.query<HeartbeatCommand>(beatStatement(leaseSeconds), [
    beat.workerId,
    beat.eventLoopLagMs,
    attempts.map((entry) => entry.attemptId),
    attempts.map((entry) => entry.fence),
    attempts.map((entry) => entry.step),
    attempts.map((entry) => storableJson(entry.progress)),
    beat.spoolBytes,
  ]);
  const commands = new Map(rows.map(({ attemptId, command, graceMs }) => [attemptId, { command, graceMs }]));
  const lost = { command: 'fenced', graceMs: null } as const;
  return attempts.map(({ attemptId }) => ({ attemptId, ...(commands.get(attemptId) ?? lost) }));
}
