import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createStore, type Store } from '@crucible/store';
import type { CheckpointRequest, CheckpointRun } from './checkpoint-program.ts';

/** Readings of storing and restoring one checkpoint: medians of the times, the most of the memory. */
export interface CheckpointReadings {
  megabytes: number;
  rounds: number;
  writeMs: number;
  restoreMs: number;
  /** most resident memory of the supervisor above that before the work */
  rssMib: number;
}

/** What a checkpoint of 100 MB may take. */
export const CHECKPOINT_TARGETS = { writeMs: 3000, restoreMs: 4000, rssMib: 64 } as const;

const MEGABYTE = 1_000_000;
const NUM_TENSORS = 10;
const PROGRAM = fileURLToPath(new URL('./checkpoint-program.ts', import.meta.url));
const ADMIN = '00000000-0000-7000-8000-000000000001';

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** A job that runs, in a pool that no worker serves. */
async function claimedJob(store: Store) {
  const pool = `bench-${randomUUID().slice(0, 8)}`;
  const { value: job } = await store.jobs.submit({
    method: 'zen-nas',
    methodVersion: '1',
    name: 'checkpoint bench',
    preset: null,
    submittedConfig: {},
    config: {},
    tags: {},
    seed: 1,
    priority: 50,
    resources: { pool, slots: 1 },
    tier: 'normal',
    limits: { maxRunSeconds: null, maxQueueSeconds: null, stallSeconds: null },
    keep: { last: 1, best: 0, metric: null, mode: 'max' },
    maxFailures: 0,
    precision: null,
    notBefore: null,
    needs: [],
    isPaused: false,
    forkedFrom: null,
    fromCheckpoint: null,
    teamId: 'default',
    userId: ADMIN,
    submittedBy: 'bench',
  });
  const { workerId } = await store.workers.register({
    name: pool,
    host: 'localhost',
    pool,
    version: 'bench',
    engine: { name: 'cpu', device: 'cpu', threads: 1, isa: '', versions: {}, reasons: [] },
    slots: [{ index: 0, kind: 'cpu', model: 'bench', memoryMib: null }],
    bootId: randomUUID(),
  });
  const [attempt] = await store.scheduling.dispatch([{ jobId: job.id, version: job.version }]);
  const claimed = attempt && (await store.attempts.claim({ ...attempt, workerId, slot: 0 }));
  if (!claimed) throw new Error('the job of the measurement could not be claimed');
  return claimed;
}

/**
 * Measures how long a supervisor takes to store a checkpoint of random bytes and to restore it, with the worker's own code
 * in a process of its own against the database at `databaseUrl`, which has every migration. What was restored is compared.
 */
export async function measureCheckpoint({
  databaseUrl,
  megabytes = 100,
  rounds = 3,
}: {
  databaseUrl: string;
  megabytes?: number;
  rounds?: number;
}): Promise<CheckpointReadings> {
  const store = createStore({ databaseUrl, applicationName: 'crucible bench', poolSize: 4 });
  const dir = await mkdtemp(join(tmpdir(), 'crucible-bench-'));
  const runs: CheckpointRun[] = [];
  try {
    const { attemptId, fence, jobId } = await claimedJob(store);
    for (let round = 0; round < rounds; round++) runs.push(await runOnce({ attemptId, fence }, jobId));
    await store.attempts.release({ attemptId, fence });
    await store.jobs.cancel(jobId);
    for (const { id, state } of await store.checkpoints.list(jobId))
      if (state === 'committed') await store.checkpoints.remove(id);
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
  return {
    megabytes,
    rounds,
    writeMs: Math.round(median(runs.map((run) => run.writeMs))),
    restoreMs: Math.round(median(runs.map((run) => run.restoreMs))),
    rssMib: Math.round(Math.max(...runs.flatMap((run) => [run.writeRssMib, run.restoreRssMib]))),
  };

  async function runOnce(fence: CheckpointRequest['fence'], jobId: string): Promise<CheckpointRun> {
    const [spoolDir, restoreDir] = [join(dir, 'spool'), join(dir, 'restored')];
    await rm(spoolDir, { recursive: true, force: true });
    await mkdir(spoolDir);
    const tensors = Array.from({ length: NUM_TENSORS }, () => randomBytes((megabytes * MEGABYTE) / NUM_TENSORS));
    for (const [index, bytes] of tensors.entries()) await writeFile(join(spoolDir, String(index)), bytes);
    const request: CheckpointRequest = { jobId, fence, spoolDir, restoreDir };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--conditions=development', '--import', 'tsx', PROGRAM, JSON.stringify(request)],
      { env: { ...process.env, DATABASE_URL: databaseUrl } },
    );
    for (const [index, bytes] of tensors.entries())
      if (!bytes.equals(await readFile(join(restoreDir, String(index))))) throw new Error(`tensor ${index} differs`);
    return JSON.parse(stdout);
  }
}
