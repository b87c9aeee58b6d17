import type pg from 'pg';

/**
 * Takes a committed checkpoint out of use. Chunks of it whose bytes do not have their hash are deleted, or the next
 * upload would be told that they are there.
 */
export async function markCheckpointCorrupt(client: pg.PoolClient, checkpointId: string): Promise<void> {
  const { rowCount } = await client.query(
    `update checkpoint set state = 'corrupt' where id = $1 and state = 'committed'`,
    [checkpointId],
  );
  if (rowCount === 0) return;
  await client.query(
    `delete from chunk c using checkpoint_chunk k
     where k.checkpoint_id = $1 and c.sha256 = k.sha256 and sha256(c.data) <> c.sha256`,
    [checkpointId],
  );
  await client.query('delete from checkpoint_chunk where checkpoint_id = $1', [checkpointId]);
}
