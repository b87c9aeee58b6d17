import type { CheckpointManifest, CheckpointView } from '@crucible/contracts';
import type { AttemptFence } from './fence.ts';

export interface StoredCheckpoint {
  id: string;
  manifest: CheckpointManifest;
}

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
