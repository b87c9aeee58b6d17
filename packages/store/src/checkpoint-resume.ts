import type { CheckpointManifest } from '@crucible/contracts';
import type { Queryable } from './database.ts';

export interface StoredCheckpoint {
  id: string;
  manifest: CheckpointManifest;
}

/**
 * The checkpoint with which the next attempt at a job starts: the last one committed, not the one with the largest
 * step, since work that went on from an earlier step replaced what lay beyond it.
 */
export async function resumableCheckpoint(client: Queryable, jobId: string): Promise<StoredCheckpoint | null> {
  const { rows } = await client.query<StoredCheckpoint>(
    `select id, manifest from checkpoint where job_id = $1 and state = 'committed'
     order by committed_at desc, id desc limit 1`,
    [jobId],
  );
  return rows[0] ?? null;
}
