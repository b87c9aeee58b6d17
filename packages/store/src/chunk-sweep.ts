import type pg from 'pg';
import { transaction } from './transaction.ts';

const BATCH = 500;

/** True for a chunk `c` that nothing names and nothing touched for an hour, as SQL. */
const IS_ORPHAN = `c.touched_at < now() - interval '1 hour'
  and not exists (select from checkpoint_chunk k where k.sha256 = c.sha256)
  and not exists (select from artifact_chunk k where k.sha256 = c.sha256)`;

/** See {@link Checkpoints.sweep}. */
export async function sweepChunks(pool: pg.Pool): Promise<number> {
  await abandonUploads(pool);
  let numDeleted = 0;
  for (;;) {
    const numInBatch = await deleteOrphans(pool);
    numDeleted += numInBatch;
    if (numInBatch < BATCH) return numDeleted;
  }
}

/** Uploads of attempts that are over will never be committed. */
async function abandonUploads(pool: pg.Pool): Promise<void> {
  await pool.query(
    `with abandoned as (
       update checkpoint c set state = 'abandoned' from attempt a
       where a.id = c.attempt_id and a.state = 'ended' and c.state = 'uploading'
       returning c.id
     )
     delete from checkpoint_chunk where checkpoint_id in (select id from abandoned)`,
  );
}

/**
 * Locking passes over a chunk that an upload is touching just now, and looks again at one that was touched a moment
 * ago; names are only given to chunks that were touched in the same transaction or are yet to come.
 */
function deleteOrphans(pool: pg.Pool): Promise<number> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `with orphans as materialized (
         select c.sha256 from chunk c where ${IS_ORPHAN} order by c.touched_at limit ${BATCH} for update skip locked
       )
       delete from chunk c using orphans o where c.sha256 = o.sha256 and ${IS_ORPHAN}`,
    );
    return rowCount ?? 0;
  });
}
