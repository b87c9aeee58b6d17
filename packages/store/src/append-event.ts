import type { FeedEvent } from '@crucible/contracts';
import { CHANNELS } from './channels.ts';
import type { Queryable } from './database.ts';
import { requiredJson } from './stored-text.ts';

/** An event before it has its place in the feed. */
export interface NewEvent {
  kind: FeedEvent['kind'];
  jobId?: string;
  workerId?: string;
  state?: FeedEvent['state'];
  version?: number;
  data?: Record<string, unknown>;
}

/**
 * Writes an event into the transaction of the change that it tells of, and wakes the leader when that commits.
 * It belongs to the team of its job, which must be stored already; without a job it is for everyone.
 */
export async function appendEvent(client: Queryable, event: NewEvent): Promise<void> {
  await client.query(
    `with appended as (
       insert into event (kind, job_id, worker_id, state, version, data, team_id)
       values ($1, $2, $3, $4, $5, $6::jsonb, (select team_id from job where id = $2))
     )
     select pg_notify($7, '')`,
    [
      event.kind,
      event.jobId ?? null,
      event.workerId ?? null,
      event.state ?? null,
      event.version ?? null,
      requiredJson(event.data ?? {}),
      CHANNELS.wake,
    ],
  );
}
