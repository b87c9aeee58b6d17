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
export const appendEvent = (client: Queryable, event: NewEvent): Promise<void> => appendEvents(client, [event]);

/** Writes several events with one statement, see {@link appendEvent}. */
export async function appendEvents(client: Queryable, events: readonly NewEvent[]): Promise<void> {
  const column = (name: keyof NewEvent) => events.map((event) => event[name] ?? null);
  await client.query(
    `with appended as (
       insert into event (kind, job_id, worker_id, state, version, data, team_id)
       select e.kind, e.job_id, e.worker_id, e.state, e.version, e.data, job.team_id
       from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::jsonb[])
         with ordinality as e (kind, job_id, worker_id, state, version, data, place)
         left join job on job.id = e.job_id
       order by e.place
     )
     select pg_notify($7, '')`,
    [
      column('kind'),
      column('jobId'),
      column('workerId'),
      column('state'),
      column('version'),
      events.map((event) => requiredJson(event.data ?? {})),
      CHANNELS.wake,
    ],
  );
}
