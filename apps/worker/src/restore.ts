import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointManifest, CrucibleError, type EngineInfo } from '@crucible/contracts';
import type { Checkpoints, StoredCheckpoint } from '@crucible/store';
import type { Retry } from './recorder.ts';

/** Chunks on their way from the database at the same time. */
const PARALLEL_READS = 3;

/** A checkpoint on this machine's disk, verified. */
export interface RestoredCheckpoint {
  id: string;
  manifest: CheckpointManifest;
  /** what computed it, if known */
  engine: EngineInfo | null;
  /** one file per tensor, named by its index */
  dir: string;
}

export interface RestoreParts {
  checkpoints: Pick<Checkpoints, 'readChunk' | 'markCorrupt' | 'latest'>;
  jobId: string;
  /** folder to fill; made anew */
  dir: string;
  retry: Retry;
  /** told of each checkpoint that did not match its hashes */
  onCorrupt: (checkpoint: StoredCheckpoint, error: CrucibleError) => void;
}

/**
 * Brings the checkpoint from which an attempt goes on to disk. One that does not match its hashes is taken out of use
 * and the one before it is tried; null when none is left.
 *
 * @throws `checkpoint-corrupt` when the job cannot begin but with a checkpoint that is out of use
 */
export async function restore(first: StoredCheckpoint | null, parts: RestoreParts): Promise<RestoredCheckpoint | null> {
  const { checkpoints, jobId, retry, onCorrupt } = parts;
  let candidate = first;
  while (candidate !== null) {
    const { id, manifest, engine } = candidate;
    try {
      await download(manifest, parts);
      return { id, manifest, engine, dir: parts.dir };
    } catch (error) {
      if (!(error instanceof CrucibleError && error.code === 'checkpoint-corrupt')) throw error;
      onCorrupt(candidate, error);
      await retry(() => checkpoints.markCorrupt(id));
      candidate = await retry(() => checkpoints.latest(jobId));
    }
  }
  return null;
}

async function download(manifest: CheckpointManifest, { checkpoints, dir, retry }: RestoreParts): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  for (const [index, { name, bytes, chunks }] of manifest.tensors.entries()) {
    const file = await open(join(dir, String(index)), 'w');
    try {
      let written = 0;
      // The store has compared each with its hash.
      for await (const chunk of readAhead(chunks, (sha256) => retry(() => checkpoints.readChunk(sha256)))) {
        await file.writeFile(chunk);
        written += chunk.byteLength;
      }
      if (written !== bytes)
        throw new CrucibleError('checkpoint-corrupt', `Tensor "${name}" has ${written} bytes, not ${bytes}.`);
    } finally {
      await file.close();
    }
  }
}

/** The chunks in their order, while the next ones are on their way. */
async function* readAhead(
  hashes: readonly string[],
  read: (sha256: string) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const coming: Promise<Uint8Array>[] = [];
  for (const hash of hashes) {
    const next = read(hash);
    next.catch(() => {}); // reported when it is its turn
    coming.push(next);
    if (coming.length === PARALLEL_READS) yield (await coming.shift()) as Uint8Array;
  }
  for (const rest of coming) yield await rest;
}
