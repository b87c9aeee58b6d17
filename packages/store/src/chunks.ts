import { createHash } from 'node:crypto';
import { CHUNK_BYTES, CrucibleError } from '@crucible/contracts';
import type pg from 'pg';
import type { Queryable } from './database.ts';

/** Hex SHA-256 of `bytes`. */
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const toBytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Stores a chunk; one that is there already counts as freshly used. @throws `checkpoint-corrupt`, `payload-too-large` */
export async function putChunk(client: Queryable, sha256: string, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength > CHUNK_BYTES)
    throw new CrucibleError('payload-too-large', `A chunk holds ${CHUNK_BYTES} bytes, got ${bytes.byteLength}.`);
  const actual = sha256Of(bytes);
  if (actual !== sha256)
    throw new CrucibleError('checkpoint-corrupt', `The bytes sent as chunk ${sha256} have the hash ${actual}.`);
  await client.query(
    `insert into chunk (sha256, size, data) values ($1, $2, $3)
     on conflict (sha256) do update set touched_at = now()`,
    [toBytes(sha256), bytes.byteLength, bytes],
  );
}

/** @throws `checkpoint-corrupt` when the bytes are gone or do not have this hash */
export async function readChunk(pool: pg.Pool, sha256: string): Promise<Uint8Array> {
  const { rows } = await pool.query<{ data: Buffer }>('select data from chunk where sha256 = $1', [toBytes(sha256)]);
  const data = rows[0]?.data;
  if (data === undefined) throw new CrucibleError('checkpoint-corrupt', `Chunk ${sha256} is gone.`);
  if (sha256Of(data) !== sha256)
    throw new CrucibleError('checkpoint-corrupt', `Chunk ${sha256} does not have its hash any more.`);
  return data;
}

/**
 * Which of these chunks are still to be sent. Those that are there count as freshly used, so that none of them can be
 * swept before the upload that relies on them is committed.
 */
export async function touchChunks(client: Queryable, hashes: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ sha256: Buffer }>(
    `with present as materialized (
       select sha256 from chunk where sha256 = any($1::bytea[]) order by sha256 for no key update
     )
     update chunk c set touched_at = now() from present p where c.sha256 = p.sha256 returning c.sha256`,
    [hashes.map(toBytes)],
  );
  const present = new Set(rows.map((row) => row.sha256.toString('hex')));
  return hashes.filter((hash) => !present.has(hash));
}

/** Sizes of the chunks that exist, which cannot be swept until the transaction ends. */
export async function holdChunks(client: pg.PoolClient, hashes: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ sha256: Buffer; size: number }>(
    'select sha256, size from chunk where sha256 = any($1::bytea[]) order by sha256 for key share',
    [hashes.map(toBytes)],
  );
  return new Map(rows.map((row) => [row.sha256.toString('hex'), row.size]));
}

/** Names chunks as those of an owner, a checkpoint or an artifact. */
export async function nameChunks(
  client: pg.PoolClient,
  owner: { checkpointId: string } | { artifactId: string },
  hashes: readonly string[],
): Promise<void> {
  const sql =
    'checkpointId' in owner
      ? 'insert into checkpoint_chunk (checkpoint_id, sha256) select $1, unnest($2::bytea[])'
      : `insert into artifact_chunk (artifact_id, ordinal, sha256)
         select $1, ordinal - 1, sha256 from unnest($2::bytea[]) with ordinality as chunk (sha256, ordinal)`;
  await client.query(sql, ['checkpointId' in owner ? owner.checkpointId : owner.artifactId, hashes.map(toBytes)]);
}
