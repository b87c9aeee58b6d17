/**
 * @file A supervisor in miniature, in a process of its own: stores a spooled checkpoint with the worker's code, restores it,
 * and watches its own memory. Prints JSON of {@link CheckpointRun}.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointManifest } from '@crucible/contracts';
import { type AttemptFence, createStore } from '@crucible/store';
import { restore, retrying, uploadCheckpoint } from '@crucible/worker/testing';

/** What the program is told, beside `DATABASE_URL` in its environment. */
export interface CheckpointRequest {
  jobId: string;
  fence: AttemptFence;
  /** folder with one file per tensor */
  spoolDir: string;
  /** folder to restore to */
  restoreDir: string;
}

/** What it measured. */
export interface CheckpointRun {
  writeMs: number;
  restoreMs: number;
  /** most resident memory above that before the work, in MiB */
  writeRssMib: number;
  restoreRssMib: number;
}

const MIB = 2 ** 20;
const SAMPLE_MS = 5;
/** As a worker has them. */
const POOL_SIZE = 4;

async function manifestOf(dir: string): Promise<CheckpointManifest> {
  const names = (await readdir(dir)).sort((a, b) => Number(a) - Number(b));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size));
  const tensors = sizes.map((bytes, index) => ({
    name: `layer${index}`,
    dtype: 'float32' as const,
    shape: [bytes / 4],
    bytes,
    chunks: [],
  }));
  return { format: 1, method: 'zen-nas', step: 1, state: {}, tensors };
}

async function watched(work: () => Promise<unknown>): Promise<{ ms: number; rssMib: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const sample = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  sample();
  clearInterval(timer);
  return { ms, rssMib: (most - before) / MIB };
}

async function main({ jobId, fence, spoolDir, restoreDir }: CheckpointRequest): Promise<void> {
  const databaseUrl = process.env.DATABASE_URL ?? '';
  const store = createStore({ databaseUrl, applicationName: 'crucible bench', poolSize: POOL_SIZE });
  await store.ping();
  const never = new AbortController();
  const retry = <T>(action: () => Promise<T>): Promise<T> => retrying(action, { signal: never.signal });
  const { checkpoints } = store;
  const manifest = await manifestOf(spoolDir);
  const write = await watched(() =>
    uploadCheckpoint({ manifest, dir: spoolDir, after: Promise.resolve() }, { checkpoints, fence, retry }),
  );
  const restored = await watched(async () => {
    const first = await checkpoints.latest(jobId);
    const onCorrupt = (_: unknown, error: Error) => {
      throw error;
    };
    if ((await restore(first, { checkpoints, jobId, dir: restoreDir, retry, onCorrupt })) === null)
      throw new Error('there was nothing to restore');
  });
  await store.close();
  const run: CheckpointRun = {
    writeMs: write.ms,
    restoreMs: restored.ms,
    writeRssMib: write.rssMib,
    restoreRssMib: restored.rssMib,
  };
  process.stdout.write(`${JSON.stringify(run)}\n`);
}

await main(JSON.parse(process.argv[2] ?? '{}'));
