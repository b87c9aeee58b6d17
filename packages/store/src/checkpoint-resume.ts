import type { CheckpointManifest, EngineInfo } from '@crucible/contracts';
import type { Queryable } from './database.ts';

export interface StoredCheckpoint {
  id: string;
  manifest: CheckpointManifest;
  /** what computed it; null when its attempt had not said */
  engine: EngineInfo | null;
}

/**
 * The checkpoint with which the next attempt at a job starts: the last one committed, not the one with the largest
 * step, since work that went on from an earlier step replaced what lay beyond it.
 */
export async function resumableCheckpoint(client: Queryable, jobId: string): Promise<StoredCheckpoint | null> {
  const { rows } = await client.query<StoredCheckpoint>(
    `select c.id, c.manifest, a.engine from checkpoint c join attempt a on a.id = c.attempt_id
     where c.job_id = $1 and c.state = 'committed' order by c.committed_at desc, c.id desc limit 1`,
    [jobId],
  );
  return rows[0] ?? null;
}
