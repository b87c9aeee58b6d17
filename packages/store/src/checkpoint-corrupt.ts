import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { allowLongStatements } from './long-statement.ts';

/** A committed checkpoint that was taken out of use. */
export interface CorruptCheckpoint {
  id: string;
  jobId: string;
  step: number;
}

/** Chunks of checkpoint `$1` that are gone or whose bytes do not have their hash. */
const DAMAGED = `
  select k.sha256 from checkpoint_chunk k left join chunk c on c.sha256 = k.sha256
  where k.checkpoint_id = $1 and (c.sha256 is null or sha256(c.data) <> c.sha256)`;

/** Of the hashes in `$1` those without sound bytes: somebody may have sent them again since they were found. */
const STILL_DAMAGED = `
  select d.sha256 from unnest($1::bytea[]) as d (sha256) left join chunk c on c.sha256 = d.sha256
  where c.sha256 is null or sha256(c.data) <> c.sha256`;

/** See {@link Checkpoints.markCorrupt}. */
export async function markCheckpointCorrupt(client: pg.PoolClient, checkpointId: string): Promise<CorruptCheckpoint[]> {
  await allowLongStatements(client);
  const { rows } = await client.query<{ sha256: Buffer }>(DAMAGED, [checkpointId]);
  return condemn(
    client,
    rows.map(({ sha256 }) => sha256),
    checkpointId,
  );
}

/**
 * Deletes damaged chunks, or the next upload would be told that they are there, and takes every committed checkpoint out
 * of use that names one of them.
 *
 * The chunks are locked first: a commit that holds one of them is waited for and then seen, a later one finds it missing
 * and sends it again.
 *
 * @param sure a checkpoint that is out of use in any case
 */
export async function condemn(
  client: pg.PoolClient,
  damaged: readonly Buffer[],
  sure: string | null = null,
): Promise<CorruptCheckpoint[]> {
  await client.query('select from chunk where sha256 = any($1::bytea[]) order by sha256 for update', [damaged]);
  const { rows: still } = await client.query<{ sha256: Buffer }>(STILL_DAMAGED, [damaged]);
  const hashes = still.map(({ sha256 }) => sha256);
  const { rows } = await client.query<CorruptCheckpoint>(
    `with named as materialized (
       select id from checkpoint
       where state = 'committed' and (id = $2 or id in (
         select checkpoint_id from checkpoint_chunk where sha256 = any($1::bytea[])))
       order by id for no key update
     )
     update checkpoint c set state = 'corrupt' from named n where c.id = n.id
     returning c.id, c.job_id as "jobId", c.step`,
    [hashes, sure],
  );
  await client.query('delete from chunk where sha256 = any($1::bytea[])', [hashes]);
  await client.query('delete from checkpoint_chunk where checkpoint_id = any($1::uuid[])', [rows.map(({ id }) => id)]);
  for (const { id, jobId, step } of rows)
    await appendEvent(client, {
      kind: 'checkpoint.changed',
      jobId,
      data: { checkpointId: id, step, state: 'corrupt' },
    });
  return rows;
}
