import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEASE_SECONDS } from '@crucible/contracts';
import { atMost, type Row } from './row.ts';
import { waitFor } from './timing.ts';

const WORKER = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));
const SLOTS = 2;
const BEAT_MS = (1000 * LEASE_SECONDS) / 6;

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
    // with its second heartbeat its start-up is over
    await waitFor('the second heartbeat of the worker', async () =>
      (await store.workers.list(null)).some(
        ({ name: its, startedAt, seenAt }) => its === name && Date.parse(seenAt) - Date.parse(startedAt) > BEAT_MS,
      ),
    );
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
