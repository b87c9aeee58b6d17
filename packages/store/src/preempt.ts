import type pg from 'pg';
import { CHANNELS } from './channels.ts';
import { moveJob } from './job-move.ts';

export interface PreemptDecision {
  jobId: string;
  /** fence of the attempt in the snapshot; a job that has changed hands since is passed over */
  fence: number;
}

/**
 * Asks running jobs to give their slots back, inside a transaction that applies a plan.
 *
 * @param graceSeconds time until their processes are ended by force
 * @returns ids of the jobs that are stopping now
 */
export async function preemptJobs(
  client: pg.PoolClient,
  decisions: readonly PreemptDecision[],
  graceSeconds: number,
): Promise<string[]> {
  if (decisions.length === 0) return [];
  const { rows } = await client.query<{ job_id: string; attempt_id: string }>(
    `select j.id as job_id, a.id as attempt_id
     from unnest($1::uuid[], $2::int[]) as d (job_id, fence)
       join job j on j.id = d.job_id and j.fence = d.fence
       join attempt a on a.job_id = j.id and a.fence = j.fence and a.state = 'running'
     where j.state = 'running'
     order by j.id
     for no key update of j`,
    [decisions.map(({ jobId }) => jobId), decisions.map(({ fence }) => fence)],
  );
  for (const { job_id, attempt_id } of rows) {
    await moveJob(client, job_id, { to: 'stopping', from: ['running'], stop: { intent: 'preempt', graceSeconds } });
    await client.query('select pg_notify($1, $2)', [CHANNELS.cancels, attempt_id]);
  }
  return rows.map(({ job_id }) => job_id);
}
