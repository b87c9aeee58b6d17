import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type Row } from './row.ts';
import { waitFor } from './timing.ts';

const WORKER = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));
const SLOTS = 2;

/** Resident memory of a worker that waits for work. */
export const supervisorMemory: Row = async ({ databaseUrl, redisUrl, store }) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'crucible-bench-worker-'));
  const name = 'bench-memory';
  const child = spawn(process.execPath, [WORKER], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      CRUCIBLE_STATE_DIR: stateDir,
      CRUCIBLE_WORKER_NAME: name,
      CRUCIBLE_POOL: 'bench-memory',
      CRUCIBLE_SLOTS: String(SLOTS),
      CRUCIBLE_SUPERVISED: '1',
    },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  try {
    await waitFor('the worker to register', async () =>
      (await store.workers.list()).some((worker) => worker.name === name),
    );
    await new Promise((resolve) => setTimeout(resolve, 5000)); // a heartbeat later its start-up is over
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    const kib = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
    return [atMost('supervisorMemory.mib', kib / 1024, 150 + 16 * SLOTS)];
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await rm(stateDir, { recursive: true, force: true });
  }
};
