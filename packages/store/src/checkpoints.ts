import { type CheckpointManifest, type CheckpointView, CrucibleError } from '@crucible/contracts';
import { markCheckpointCorrupt } from './checkpoint-corrupt.ts';
import { resumableCheckpoint, type StoredCheckpoint } from './checkpoint-resume.ts';
import { beginCheckpoint, commitCheckpoint } from './checkpoint-upload.ts';
import { sweepChunks } from './chunk-sweep.ts';
import { putChunk, readChunk } from './chunks.ts';
import type { Database } from './database.ts';
import type { AttemptFence } from './fence.ts';
import type { Checkpoint } from './generated/client.ts';
import { assertJobExists } from './job-lookup.ts';
import { transaction } from './transaction.ts';

/**
 * Checkpoints in two phases: announce the manifest, send the chunks that are missing, commit.
 * Only a committed checkpoint is ever handed to an attempt.
 */
export interface Checkpoints {
  /**
   * Announces a checkpoint; `missing` are the hashes of the chunks to send.
   *
   * @throws `stale-fence`
   */
  begin(input: AttemptFence & { manifest: CheckpointManifest }): Promise<{ checkpointId: string; missing: string[] }>;
  /**
   * Stores the bytes of one chunk; one that is there already is fine.
   *
   * @throws `checkpoint-corrupt` when the bytes do not have this hash; `payload-too-large` over CHUNK_BYTES
   */
  putChunk(sha256: string, bytes: Uint8Array): Promise<void>;
  /**
   * Makes a checkpoint the one to resume from and drops all but the last two of its job. Asking again is harmless.
   *
   * @throws `stale-fence`; `checkpoint-corrupt` when chunks are missing, named in its detail
   */
  commit(input: AttemptFence & { checkpointId: string }): Promise<CheckpointView>;
  /** The checkpoint with which a next attempt would start. */
  latest(jobId: string): Promise<StoredCheckpoint | null>;
  /** Newest first. @throws `not-found` for an unknown job */
  list(jobId: string): Promise<CheckpointView[]>;
  /** The bytes of one chunk. @throws `checkpoint-corrupt` when they are gone or do not have this hash */
  readChunk(sha256: string): Promise<Uint8Array>;
  /** Takes a checkpoint out of use after a failed check; the one before it is the next to resume from. */
  markCorrupt(checkpointId: string): Promise<void>;
  /**
   * Abandons uploads of attempts that are over and deletes chunks that nothing names and nothing touched for an hour.
   *
   * @returns how many chunks were deleted
   */
  sweep(): Promise<number>;
}

const toView = (row: Omit<Checkpoint, 'manifest'>): CheckpointView => ({
  id: row.id,
  step: Number(row.step),
  attempt: row.attempt,
  state: row.state as CheckpointView['state'],
  bytes: Number(row.bytes),
  tensors: row.tensors,
  rootSha256: row.rootSha256,
  createdAt: row.createdAt.toISOString(),
  committedAt: row.committedAt?.toISOString() ?? null,
});

/** Manifests can be large and no view shows them. */
const WITHOUT_MANIFEST = { manifest: true } as const;

export function createCheckpoints({ pool, prisma }: Database): Checkpoints {
  return {
    begin: ({ manifest, ...attempt }) => transaction(pool, (client) => beginCheckpoint(client, attempt, manifest)),
    putChunk: (sha256, bytes) => putChunk(pool, sha256, bytes),
    async commit({ checkpointId, ...attempt }) {
      await transaction(pool, (client) => commitCheckpoint(client, attempt, checkpointId));
      const row = await prisma.checkpoint.findUnique({ where: { id: checkpointId }, omit: WITHOUT_MANIFEST });
      if (row === null) throw new CrucibleError('not-found', `There is no checkpoint ${checkpointId}.`);
      return toView(row);
    },
    latest: (jobId) => resumableCheckpoint(pool, jobId),
    async list(jobId) {
      await assertJobExists(pool, jobId);
      const rows = await prisma.checkpoint.findMany({
        where: { jobId },
        orderBy: { id: 'desc' },
        omit: WITHOUT_MANIFEST,
      });
      return rows.map(toView);
    },
    readChunk: (sha256) => readChunk(pool, sha256),
    markCorrupt: (checkpointId) => transaction(pool, (client) => markCheckpointCorrupt(client, checkpointId)),
    sweep: () => sweepChunks(pool),
  };
}
