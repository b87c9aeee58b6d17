import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Setting } from './setting.ts';

const WORKER = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));

/**
 * Starts a worker as it is shipped, in a process of its own, and lets `use` do something with it.
 *
 * @param name its own pool is called the same
 */
export async function withRealWorker<T>(
  { databaseUrl, redisUrl }: Setting,
  { name, slots }: { name: string; slots: number },
  use: (pid: number | undefined) => Promise<T>,
): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'crucible-bench-worker-'));
  const child = spawn(process.execPath, [WORKER], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      CRUCIBLE_STATE_DIR: stateDir,
      CRUCIBLE_WORKER_NAME: name,
      CRUCIBLE_POOL: name,
      CRUCIBLE_SLOTS: String(slots),
      CRUCIBLE_SUPERVISED: '1',
      CRUCIBLE_LOG_LEVEL: 'warn',
    },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  try {
    return await use(child.pid);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await rm(stateDir, { recursive: true, force: true });
  }
}
