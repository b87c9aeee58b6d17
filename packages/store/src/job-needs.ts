import { isTerminal, type JobState, type Need, type Waiting } from '@crucible/contracts';
import type { Queryable } from './database.ts';

/** A job that another one needs. */
export interface NeededJob {
  id: string;
  state: JobState;
  teamId: string;
  method: string;
}

const MAX_BLOCKING = 10;

/**
 * Reads jobs that are needed and keeps them in their states until the transaction ends. Whoever decides on a dependent
 * takes these locks before its own, as the end of a needed job does: no end can slip between look and decision.
 */
export async function holdNeeded(client: Queryable, ids: readonly string[]): Promise<Map<string, NeededJob>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<NeededJob>(
    `select id, state, team_id as "teamId", method from job where id = any($1::uuid[]) order by id for share`,
    [[...new Set(ids)]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** What has become of an edge, given the state of the needed job. `broken` holds until that job is retried. */
export function edgeOf(on: Need['on'], state: JobState): 'met' | 'unmet' | 'broken' {
  if (!isTerminal(state)) return 'unmet';
  return on === 'end' || state === 'succeeded' ? 'met' : 'broken';
}

/** Why a blocked job waits, from the ids of the jobs that it waits for. */
export function waitsFor(ids: readonly string[]): Waiting {
  const message = ids.length === 1 ? 'waits for another job to end' : `waits for ${ids.length} other jobs to end`;
  return { code: 'dependency', message, position: 0, estimatedStart: null, blocking: ids.slice(0, MAX_BLOCKING) };
}

/** Ids of the jobs whose end a job still waits for. */
export async function openNeeds(client: Queryable, jobId: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    'select needs_job_id as id from job_need where job_id = $1 and not is_met order by needs_job_id',
    [jobId],
  );
  return rows.map((row) => row.id);
}
