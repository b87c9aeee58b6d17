import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testRedisUrl } from '../support/running-api.ts';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

/** A worker as it runs in production: a process of its own that forks a child for each attempt. */
export interface WorkerProcess {
  readonly name: string;
  /** its log so far */
  said(): string;
  /** Lets it end in good order. */
  stop(): Promise<void>;
}

/**
 * Starts a worker for the jobs of `pool`.
 *
 * @throws Error when the folder with the datasets is not known
 */
export async function startWorkerProcess(databaseUrl: string, pool: string): Promise<WorkerProcess> {
  if (process.env.CRUCIBLE_DATA_DIR === undefined)
    throw new Error('CRUCIBLE_DATA_DIR is not set: run the end-to-end tests through `npm test`');
  const stateDir = await mkdtemp(join(tmpdir(), 'crucible-e2e-worker-'));
  const name = `worker-of-${pool}`;
  const child: ChildProcess = spawn(process.execPath, ['--conditions=development', '--import', 'tsx', MAIN], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      REDIS_URL: testRedisUrl(),
      CRUCIBLE_STATE_DIR: stateDir,
      CRUCIBLE_POOL: pool,
      CRUCIBLE_WORKER_NAME: name,
      CRUCIBLE_SUPERVISED: '1', // it ends with this process, however that ends
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      log += String(chunk);
    });
  return {
    name,
    said: () => log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
