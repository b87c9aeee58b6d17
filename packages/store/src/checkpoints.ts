import type {
  ChangeCheckpoint,
  CheckpointCheck,
  CheckpointManifest,
  CheckpointView,
  Keep,
  KeepPreview,
  StorageUsage,
} from '@crucible/contracts';
import { changeCheckpoint, removeCheckpoint } from './checkpoint-change.ts';
import { type OpenCheckpoint, openCheckpoint, readManifest, verifyCheckpoint } from './checkpoint-content.ts';
import { type CorruptCheckpoint, markCheckpointCorrupt } from './checkpoint-corrupt.ts';
import { latestCheckpoint, type StoredCheckpoint } from './checkpoint-resume.ts';
import { beginCheckpoint, commitCheckpoint } from './checkpoint-upload.ts';
import { listCheckpoints, previewKeep, readCheckpointOwner, readCheckpointView } from './checkpoint-views.ts';
import { type ScrubReport, scrubChunks } from './chunk-scrub.ts';
import { sweepChunks } from './chunk-sweep.ts';
import { putChunk, readChunk } from './chunks.ts';
import type { Database } from './database.ts';
import type { AttemptFence } from './fence.ts';
import { assertJobExists, type JobOwner } from './job-lookup.ts';
import { readStorageUsage } from './storage-usage.ts';
import type { TeamFilter } from './team-filter.ts';
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
   * Makes a checkpoint the one to resume from and removes those that the job's rule no longer keeps. Asking again is
   * harmless.
   *
   * @throws `stale-fence`; `checkpoint-corrupt` when chunks are missing, named in its detail
   */
  commit(input: AttemptFence & { checkpointId: string }): Promise<CheckpointView>;
  /**
   * The checkpoint with which a next attempt would start.
   *
   * @throws `checkpoint-corrupt` when the job was to begin with a checkpoint of another job, which is out of use
   */
  latest(jobId: string): Promise<StoredCheckpoint | null>;
  /** Newest first. @throws `not-found` for an unknown job */
  list(jobId: string): Promise<CheckpointView[]>;
  /** Whose job wrote it. @throws `not-found`, also outside `team` */
  getOwner(id: string, team: TeamFilter): Promise<JobOwner>;
  /** @throws `not-found` */
  get(id: string): Promise<CheckpointView>;
  /** @throws `not-found` */
  manifest(id: string): Promise<CheckpointManifest>;
  /** Opens a committed checkpoint for reading. @throws `not-found` when it has no bytes; `checkpoint-corrupt` */
  open(id: string): Promise<OpenCheckpoint>;
  /** Reads all of a committed checkpoint. @throws as `open`; one that is damaged is then out of use */
  verify(id: string): Promise<CheckpointCheck>;
  /** Pins, unpins or annotates a committed checkpoint. @throws `not-found` */
  change(id: string, change: ChangeCheckpoint): Promise<CheckpointView>;
  /** Removes a committed checkpoint. @throws `not-found`; `checkpoint-in-use` while something needs it */
  remove(id: string): Promise<void>;
  /** What a keep rule would do now: the job's own with `over` over it. @throws `not-found` for an unknown job */
  previewKeep(jobId: string, over: Partial<Keep>): Promise<KeepPreview>;
  /** The bytes of one chunk. @throws `checkpoint-corrupt` when they are gone or do not have this hash */
  readChunk(sha256: string): Promise<Uint8Array>;
  /**
   * Takes a checkpoint out of use after a failed check, and every other one that names a chunk of it that is damaged.
   * The one before it is the next to resume from.
   *
   * @returns those that were committed until now
   */
  markCorrupt(checkpointId: string): Promise<CorruptCheckpoint[]>;
  /**
   * Reads a share of all chunks, those first that were not read for longest, and takes out of use what is damaged.
   *
   * @param share in (0, 1]: with passes every `p` seconds, `p / d` reads everything within `d` seconds
   */
  scrub(share: number): Promise<ScrubReport>;
  /**
   * Abandons uploads of attempts that are over and deletes chunks that nothing names and nothing touched for an hour.
   *
   * @returns how many chunks were deleted
   */
  sweep(): Promise<number>;
  /** What a team keeps, with and without what is shared. */
  usage(teamId: string): Promise<StorageUsage>;
}

export function createCheckpoints({ pool }: Database): Checkpoints {
  return {
    begin: ({ manifest, ...attempt }) => transaction(pool, (client) => beginCheckpoint(client, attempt, manifest)),
    putChunk: (sha256, bytes) => putChunk(pool, sha256, bytes),
    async commit({ checkpointId, ...attempt }) {
      await transaction(pool, (client) => commitCheckpoint(client, attempt, checkpointId));
      return readCheckpointView(pool, checkpointId);
    },
    latest: (jobId) => latestCheckpoint(pool, jobId),
    async list(jobId) {
      await assertJobExists(pool, jobId);
      return listCheckpoints(pool, jobId);
    },
    getOwner: (id, team) => readCheckpointOwner(pool, id, team),
    get: (id) => readCheckpointView(pool, id),
    manifest: (id) => readManifest(pool, id),
    open: (id) => openCheckpoint(pool, id),
    verify: (id) => verifyCheckpoint(pool, id),
    async change(id, change) {
      await transaction(pool, (client) => changeCheckpoint(client, id, change));
      return readCheckpointView(pool, id);
    },
    remove: (id) => transaction(pool, (client) => removeCheckpoint(client, id)),
    previewKeep: (jobId, over) => previewKeep(pool, jobId, over),
    readChunk: (sha256) => readChunk(pool, sha256),
    markCorrupt: (checkpointId) => transaction(pool, (client) => markCheckpointCorrupt(client, checkpointId)),
    scrub: (share) => scrubChunks(pool, share),
    sweep: () => sweepChunks(pool),
    usage: (teamId) => readStorageUsage(pool, teamId),
  };
}
