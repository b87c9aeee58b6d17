import { join } from 'node:path';
import { CHUNK_BYTES, type CheckpointManifest, CrucibleError } from '@crucible/contracts';
import type { AttemptFence, Checkpoints } from '@crucible/store';
import { type HashedChunk, hashChunks, readChunk } from './chunks.ts';
import type { Retry } from './recorder.ts';

/** Chunks on their way to the database at the same time. */
const PARALLEL_PUTS = 2;

/** A checkpoint in the spool of its attempt. */
export interface SpooledCheckpoint {
  manifest: CheckpointManifest;
  /** one file per tensor, named by its index */
  dir: string;
  /** resolves when all that was reported before it is stored; only then may it be committed */
  after: Promise<unknown>;
}

export interface UploadParts {
  checkpoints: Pick<Checkpoints, 'begin' | 'putChunk' | 'commit'>;
  fence: AttemptFence;
  retry: Retry;
}

/**
 * Stores a checkpoint: hashes its chunks, sends those that the database lacks, and commits.
 *
 * A commit before the points that lead to it would lose them in a crash: the next attempt would go on behind them.
 */
export async function uploadCheckpoint({ manifest, dir, after }: SpooledCheckpoint, parts: UploadParts): Promise<void> {
  const { checkpoints, fence, retry } = parts;
  const places = new Map<string, HashedChunk>();
  const tensors = [];
  for (const [index, entry] of manifest.tensors.entries()) {
    const chunks = await hashChunks(join(dir, String(index)));
    for (const chunk of chunks) places.set(chunk.sha256, chunk);
    tensors.push({ ...entry, chunks: chunks.map(({ sha256 }) => sha256) });
  }
  const hashed = { ...manifest, tensors };
  for (let tries = 1; ; tries++) {
    const { checkpointId, missing } = await retry(() => checkpoints.begin({ ...fence, manifest: hashed }));
    await putAll(missing, places, parts);
    await after;
    try {
      await retry(() => checkpoints.commit({ ...fence, checkpointId }));
      break;
    } catch (error) {
      // A long outage between the two can outlast the time for which unnamed chunks are kept: send them again.
      if (!(error instanceof CrucibleError && error.code === 'checkpoint-corrupt') || tries === 2) throw error;
    }
  }
}

async function putAll(missing: readonly string[], places: Map<string, HashedChunk>, parts: UploadParts): Promise<void> {
  const rest = missing.values();
  const putRest = async () => {
    const room = new Uint8Array(CHUNK_BYTES);
    for (const sha256 of rest) {
      const place = places.get(sha256);
      if (place === undefined)
        throw new Error(`the store asks for a chunk ${sha256} that the checkpoint does not have`);
      const bytes = await readChunk(place, room);
      await parts.retry(() => parts.checkpoints.putChunk(sha256, bytes));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_PUTS }, putRest));
}
