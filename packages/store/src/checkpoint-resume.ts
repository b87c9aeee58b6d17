import { type CheckpointManifest, CrucibleError, type EngineInfo } from '@crucible/contracts';
import type { Queryable } from './database.ts';

export interface StoredCheckpoint {
  id: string;
  manifest: CheckpointManifest;
  /** what computed it; null when its attempt had not said */
  engine: EngineInfo | null;
}

/**
 * The checkpoint with which the next attempt at a job starts: the last one committed, not the one with the largest
 * step, since work that went on from an earlier step replaced what lay beyond it. While the job has none of its own, the
 * one of another job with which it was submitted, in whatever state: to begin from nothing would be another job.
 */
export async function resumableCheckpoint(client: Queryable, jobId: string): Promise<StoredCheckpoint | null> {
  const { rows } = await client.query<StoredCheckpoint>(
    `select c.id, c.manifest, a.engine
     from job j join checkpoint c on c.job_id = j.id and c.state = 'committed' or c.id = j.from_checkpoint_id
       join attempt a on a.id = c.attempt_id
     where j.id = $1 order by c.job_id = j.id desc, c.committed_at desc, c.id desc limit 1`,
    [jobId],
  );
  return rows[0] ?? null;
}

/** See {@link Checkpoints.latest}. */
export async function latestCheckpoint(client: Queryable, jobId: string): Promise<StoredCheckpoint | null> {
  const found = await resumableCheckpoint(client, jobId);
  if (found === null) return null;
  const { rows } = await client.query<{ state: string }>('select state from checkpoint where id = $1', [found.id]);
  if (rows[0]?.state === 'committed') return found;
  throw new CrucibleError(
    'checkpoint-corrupt',
    `Checkpoint ${found.id}, with which the job begins, is ${rows[0]?.state ?? 'gone'}; fork the job from another one.`,
  );
}

/**
 * Makes sure that a job may begin with a checkpoint, which stays while the transaction lasts, and from then on because
 * the job names it.
 *
 * @throws `not-found`, also for one of another team; `invalid-request` when it does not fit
 */
export async function holdStart(client: Queryable, id: string, job: { teamId: string; method: string }): Promise<void> {
  const { rows } = await client.query<{ state: string; team: string; method: string }>(
    `select c.state, j.team_id as team, j.method from checkpoint c join job j on j.id = c.job_id
     where c.id = $1 for share of c`,
    [id],
  );
  const [found] = rows;
  if (found?.team !== job.teamId) throw new CrucibleError('not-found', `There is no checkpoint ${id}.`);
  const fault =
    found.state !== 'committed'
      ? `is ${found.state}, it must be committed`
      : found.method !== job.method
        ? `is of method ${found.method}, the job of ${job.method}`
        : null;
  if (fault === null) return;
  const faults = [{ pointer: '/fromCheckpoint', message: fault }];
  throw new CrucibleError('invalid-request', 'The job cannot begin with this checkpoint.', { faults });
}
