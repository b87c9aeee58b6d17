import { type CheckpointCheck, type CheckpointManifest, type CheckpointView, CrucibleError } from '@crucible/contracts';
import type pg from 'pg';
import { markCheckpointCorrupt } from './checkpoint-corrupt.ts';
import { assertComplete, chunksOf } from './checkpoint-manifest.ts';
import { jobOfCheckpoint, readCheckpointView } from './checkpoint-views.ts';
import { readChunk } from './chunks.ts';
import { transaction } from './transaction.ts';

/** A committed checkpoint, open for reading. */
export interface OpenCheckpoint {
  view: CheckpointView;
  manifest: CheckpointManifest;
  /** bytes of each chunk, by hash */
  sizes: ReadonlyMap<string, number>;
  /**
   * The verified bytes of one of its chunks.
   *
   * @throws `checkpoint-corrupt`; then the checkpoint is out of use
   */
  read(sha256: string): Promise<Uint8Array>;
}

/** See {@link Checkpoints.manifest}. */
export async function readManifest(pool: pg.Pool, id: string): Promise<CheckpointManifest> {
  await jobOfCheckpoint(pool, id);
  const { rows } = await pool.query<{ manifest: CheckpointManifest }>('select manifest from checkpoint where id = $1', [
    id,
  ]);
  const [row] = rows;
  if (row === undefined) throw new CrucibleError('not-found', `There is no checkpoint ${id}.`);
  return row.manifest;
}

/** Sizes of the chunks of a checkpoint that are there. */
async function sizesOf(pool: pg.Pool, id: string): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ hash: string; size: number }>(
    `select encode(c.sha256, 'hex') as hash, c.size from checkpoint_chunk k join chunk c on c.sha256 = k.sha256
     where k.checkpoint_id = $1`,
    [id],
  );
  return new Map(rows.map(({ hash, size }) => [hash, size]));
}

/** See {@link Checkpoints.open}. */
export async function openCheckpoint(pool: pg.Pool, id: string): Promise<OpenCheckpoint> {
  const view = await readCheckpointView(pool, id);
  if (view.state === 'corrupt')
    throw new CrucibleError('checkpoint-corrupt', `Checkpoint ${id} does not have its hashes any more.`);
  if (view.state !== 'committed')
    throw new CrucibleError('not-found', `Checkpoint ${id} is ${view.state}: it has no bytes to read.`);
  /** Takes the checkpoint out of use when its bytes are not what they should be. */
  const noticing = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CrucibleError && error.code === 'checkpoint-corrupt')
        await transaction(pool, (client) => markCheckpointCorrupt(client, id));
      throw error;
    }
  };
  const [manifest, sizes] = await Promise.all([readManifest(pool, id), sizesOf(pool, id)]);
  await noticing(() => assertComplete(manifest, sizes));
  return { view, manifest, sizes, read: (sha256) => noticing(() => readChunk(pool, sha256)) };
}

/** See {@link Checkpoints.verify}. */
export async function verifyCheckpoint(pool: pg.Pool, id: string): Promise<CheckpointCheck> {
  const { view, manifest, read } = await openCheckpoint(pool, id);
  const hashes = chunksOf(manifest);
  for (const hash of hashes) await read(hash);
  return { id, rootSha256: view.rootSha256, chunks: hashes.length, bytes: view.bytes };
}
