import type { QueueEntry } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import type { TeamFilter } from './team-filter.ts';

/** What the queue shows of a job beside its reason. */
export type QueueRow = Omit<QueueEntry, 'waiting'> & { jobId: string };

/** Reads those of the named jobs that `team` may see, in no order. */
export async function readQueueRows(
  client: Queryable,
  jobIds: readonly string[],
  team: TeamFilter,
): Promise<QueueRow[]> {
  const { rows } = await client.query<Omit<QueueRow, 'queuedAt'> & { queuedAt: Date }>(
    `select id as "jobId", name, method, pool, slots, team_id as team, tier, priority, state, queued_at as "queuedAt"
     from job where id = any($1::uuid[]) and ($2::text is null or team_id = $2)`,
    [jobIds, team],
  );
  return rows.map((row) => ({ ...row, queuedAt: row.queuedAt.toISOString() }));
}
