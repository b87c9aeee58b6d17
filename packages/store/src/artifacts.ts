import { createHash } from 'node:crypto';
import { type ArtifactView, CHUNK_BYTES, CrucibleError } from '@crucible/contracts';
import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { holdChunks, nameChunks, putChunk, readChunk, sha256Of } from './chunks.ts';
import type { Database } from './database.ts';
import { type AttemptFence, holdFence } from './fence.ts';
import type { Artifact } from './generated/client.ts';
import { assertJobExists } from './job-lookup.ts';
import { transaction } from './transaction.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface NewArtifact extends AttemptFence {
  name: string;
  mediaType: string;
  /** in pieces of any size */
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Files that jobs leave, kept in the same chunks as checkpoints. */
export interface Artifacts {
  /** Stores a file; an older one of the same name is replaced. @throws `stale-fence` */
  store(artifact: NewArtifact): Promise<ArtifactView>;
  /** By name. @throws `not-found` for an unknown job */
  list(jobId: string): Promise<ArtifactView[]>;
  /** One file, read chunk by chunk. @throws `not-found`; `checkpoint-corrupt` while reading damaged bytes */
  open(jobId: string, name: string): Promise<{ view: ArtifactView; chunks: AsyncIterable<Uint8Array> }>;
  /**
   * The bytes of any artifact with this hash, chunk by chunk. For workers: whoever submits a job that names a hash must
   * own an artifact that has it.
   *
   * @throws `not-found`; `checkpoint-corrupt` while reading damaged bytes
   */
  openContent(sha256: string): Promise<AsyncIterable<Uint8Array>>;
}

type ViewedRow = Pick<Artifact, 'name' | 'mediaType' | 'sha256' | 'attempt' | 'createdAt'> & { bytes: bigint | number };

const toView = (row: ViewedRow): ArtifactView => ({
  name: row.name,
  mediaType: row.mediaType,
  bytes: Number(row.bytes),
  sha256: row.sha256,
  attempt: row.attempt,
  createdAt: row.createdAt.toISOString(),
});

/** The content again, in pieces of CHUNK_BYTES and a last one of what remains. */
async function* inChunks(content: NewArtifact['content']): AsyncGenerator<Uint8Array> {
  let filled = 0;
  let chunk = new Uint8Array(CHUNK_BYTES);
  for await (const piece of content) {
    for (let at = 0; at < piece.byteLength; ) {
      const part = piece.subarray(at, at + CHUNK_BYTES - filled);
      chunk.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === CHUNK_BYTES) {
        yield chunk;
        chunk = new Uint8Array(CHUNK_BYTES);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** What is known of a content once its chunks are stored. */
interface StoredContent {
  bytes: number;
  sha256: string;
  hashes: string[];
}

async function storeContent(pool: pg.Pool, content: NewArtifact['content']): Promise<StoredContent> {
  const whole = createHash('sha256');
  const hashes: string[] = [];
  let bytes = 0;
  for await (const chunk of inChunks(content)) {
    const hash = sha256Of(chunk);
    await putChunk(pool, hash, chunk);
    whole.update(chunk);
    hashes.push(hash);
    bytes += chunk.byteLength;
  }
  return { bytes, sha256: whole.digest('hex'), hashes };
}

/** Enters a stored content under its name, in place of an older one. */
async function enter(client: pg.PoolClient, artifact: NewArtifact, stored: StoredContent): Promise<string> {
  const { jobId, number } = await holdFence(client, artifact);
  const held = await holdChunks(client, stored.hashes);
  if (stored.hashes.some((hash) => !held.has(hash)))
    throw new CrucibleError('unavailable', `Chunks of ${artifact.name} were swept during its upload; store it again.`);
  await client.query('delete from artifact where job_id = $1 and name = $2', [jobId, artifact.name]);
  const id = uuidV7();
  await client.query(
    `insert into artifact (id, job_id, attempt_id, attempt, name, media_type, bytes, sha256)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, jobId, artifact.attemptId, number, artifact.name, artifact.mediaType, stored.bytes, stored.sha256],
  );
  await nameChunks(client, { artifactId: id }, stored.hashes);
  await appendEvent(client, { kind: 'artifact.stored', jobId, data: { name: artifact.name, bytes: stored.bytes } });
  return id;
}

const OPEN_CONTENT = `
  select array(select encode(k.sha256, 'hex') from artifact_chunk k where k.artifact_id = a.id order by k.ordinal) as hashes
  from artifact a where a.sha256 = $1 limit 1`;

type OpenedRow = ViewedRow & { hashes: string[] };

/** One statement, so that a replacement in between cannot leave a view without its bytes. */
const OPEN = `
  select a.name, a.media_type as "mediaType", a.bytes, a.sha256, a.attempt, a.created_at as "createdAt",
    array(select encode(k.sha256, 'hex') from artifact_chunk k where k.artifact_id = a.id order by k.ordinal) as hashes
  from artifact a where a.job_id = $1 and a.name = $2`;

export function createArtifacts({ pool, prisma }: Database): Artifacts {
  async function* read(hashes: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const hash of hashes) yield await readChunk(pool, hash);
  }
  return {
    async store(artifact) {
      await holdFence(pool, artifact); // before the bytes are sent; checked again when they are entered
      const stored = await storeContent(pool, artifact.content);
      const id = await transaction(pool, (client) => enter(client, artifact, stored));
      return toView(await prisma.artifact.findUniqueOrThrow({ where: { id } }));
    },
    async list(jobId) {
      await assertJobExists(pool, jobId);
      const rows = await prisma.artifact.findMany({ where: { jobId }, orderBy: { name: 'asc' } });
      return rows.map(toView);
    },
    async open(jobId, name) {
      await assertJobExists(pool, jobId);
      const [row] = (await pool.query<OpenedRow>(OPEN, [jobId, name])).rows;
      if (row === undefined) throw new CrucibleError('not-found', `Job ${jobId} has no artifact ${name}.`);
      return { view: toView(row), chunks: read(row.hashes) };
    },
    async openContent(sha256) {
      const [row] = (await pool.query<{ hashes: string[] }>(OPEN_CONTENT, [sha256])).rows;
      if (row === undefined)
        throw new CrucibleError('not-found', `No artifact with the hash ${sha256} is kept any more.`);
      return read(row.hashes);
    },
  };
}
