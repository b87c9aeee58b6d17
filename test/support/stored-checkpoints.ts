import { createHash } from 'node:crypto';
import type { CheckpointManifest } from '@crucible/contracts';
import type { AttemptFence, Store } from '@crucible/store';
import type pg from 'pg';

/** A checkpoint that is ready to be stored. */
export interface Prepared {
  manifest: CheckpointManifest;
  /** bytes by hash */
  chunks: Map<string, Uint8Array>;
}

/** SHA-256 in hex, the name of a chunk. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A checkpoint of one-chunk tensors. */
export function prepare(step: number, tensors: readonly Uint8Array[], state: unknown = { epoch: step }): Prepared {
  const chunks = new Map(tensors.map((bytes) => [hashOf(bytes), bytes]));
  const entries = tensors.map((bytes, i) => ({
    name: `w${i}`,
    dtype: 'uint8' as const,
    shape: [bytes.byteLength],
    bytes: bytes.byteLength,
    chunks: [hashOf(bytes)],
  }));
  return { manifest: { format: 1, method: 'zen-nas', step, state, tensors: entries }, chunks };
}

/** Sends the chunks that a begun upload asked for. */
export async function send(
  store: Store,
  chunks: ReadonlyMap<string, Uint8Array>,
  missing: readonly string[],
): Promise<void> {
  for (const hash of missing) {
    const bytes = chunks.get(hash);
    if (bytes === undefined) throw new Error(`the store asks for a chunk ${hash} that was not announced`);
    await store.checkpoints.putChunk(hash, bytes);
  }
}

/** Stores a checkpoint as a whole. @returns its id */
export async function upload(store: Store, attempt: AttemptFence, { manifest, chunks }: Prepared): Promise<string> {
  const { attemptId, fence } = attempt;
  const { checkpointId, missing } = await store.checkpoints.begin({ attemptId, fence, manifest });
  await send(store, chunks, missing);
  await store.checkpoints.commit({ attemptId, fence, checkpointId });
  return checkpointId;
}

/**
 * Makes every chunk old enough to be swept. Rows are locked in the order that the store locks them in: it runs beside
 * uploads.
 */
export const ageChunks = (sql: pg.Pool): Promise<unknown> =>
  sql.query(`with known as materialized (select sha256 from chunk order by sha256 for no key update)
             update chunk c set touched_at = now() - interval '61 minutes' from known k where c.sha256 = k.sha256`);

/** Whether the bytes of a chunk are there. */
export const isStored = async (sql: pg.Pool, hash: string): Promise<boolean> =>
  (await sql.query('select from chunk where sha256 = $1', [Buffer.from(hash, 'hex')])).rowCount === 1;

/** Flips one bit of a stored chunk. */
export async function damage(sql: pg.Pool, hash: string, at = 0): Promise<void> {
  const { rowCount } = await sql.query(
    'update chunk set data = set_byte(data, $2, get_byte(data, $2) # 1) where sha256 = $1',
    [Buffer.from(hash, 'hex'), at],
  );
  if (rowCount !== 1) throw new Error(`there is no chunk ${hash} to damage`);
}
