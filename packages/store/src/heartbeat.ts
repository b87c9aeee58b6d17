import type { Progress } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import type { AttemptFence } from './fence.ts';
import { LEASE } from './lease.ts';
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
  attempts: readonly HeartbeatEntry[];
}

/** `fenced`: the attempt no longer owns its job; stop the child and write nothing more. */
export interface HeartbeatCommand {
  attemptId: string;
  command: 'none' | 'cancel' | 'fenced';
}

/**
 * One statement for all attempts of a worker. Jobs are locked before attempts, like everywhere; an attempt that is
 * not renewed, for whatever reason, is fenced.
 */
const BEAT = `
  with beat as (
    select * from unnest($3::uuid[], $4::int[], $5::bigint[], $6::jsonb[]) as b (attempt_id, fence, step, progress)
  ), beating as (
    update worker set seen_at = now(), event_loop_lag_ms = $2, state = case state when 'lost' then 'ready' else state end
    where id = $1 and state <> 'gone'
    returning id
  ), owned as materialized (
    select j.id as job_id, j.team_id, j.state as job_state, a.id as attempt_id, b.step, b.progress,
      b.progress is not null and b.progress is distinct from j.progress as has_progress,
      b.step > a.last_step as has_step
    from beat b join attempt a on a.id = b.attempt_id and a.fence = b.fence
      join job j on j.id = a.job_id and j.fence = a.fence
    where a.state = 'running' and a.worker_id = (select id from beating) and j.state in ('running', 'stopping')
    order by j.id
    for no key update of j
  ), renewed as (
    update attempt a set lease_until = now() + ${LEASE}, last_step = greatest(a.last_step, o.step)
    from owned o where a.id = o.attempt_id and a.state = 'running'
    returning a.id
  ), moved as (
    update job j set progress = o.progress, version = j.version + 1 from owned o where j.id = o.job_id and o.has_progress
  )
  select o.attempt_id as "attemptId", case o.job_state when 'stopping' then 'cancel' else 'none' end as command,
    case when o.has_progress or o.has_step then ${sendHint('o.job_id', 'o.team_id', 'o.step', 'o.progress')} end as hint
  from owned o join renewed r on r.id = o.attempt_id`;

/** See {@link Attempts.heartbeat}. */
export async function heartbeat(client: Queryable, beat: Heartbeat): Promise<HeartbeatCommand[]> {
  const { attempts } = beat;
  const { rows } = await client.query<HeartbeatCommand>(BEAT, [
    beat.workerId,
    beat.eventLoopLagMs,
    attempts.map((entry) => entry.attemptId),
    attempts.map((entry) => entry.fence),
    attempts.map((entry) => entry.step),
    attempts.map((entry) => storableJson(entry.progress)),
  ]);
  const commands = new Map(rows.map((row) => [row.attemptId, row.command]));
  return attempts.map(({ attemptId }) => ({ attemptId, command: commands.get(attemptId) ?? 'fenced' }));
}
