import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DatasetConfig } from '@crucible/contracts';
import { createStore, type Store } from '@crucible/store';
import pg from 'pg';
import { createDatabase } from '../../test/support/database.ts';
import { writeBars } from '../../test/support/idx-images.ts';
import { startOwnServers } from '../../test/support/own-servers.ts';
import { startWorkerProcess, type WorkerProcess } from '../../test/support/worker-process.ts';

const API = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));
/** Short, so that a round takes a minute; everything else is scaled by it. */
const LEASE_SECONDS = 6;
const START_LIMIT_MS = 60_000;

/** What may be killed. */
export const VICTIMS = ['worker', 'child', 'api', 'redis', 'postgres'] as const;
export type Victim = (typeof VICTIMS)[number];

/** The whole service, each part a process of its own, as it runs in production. */
export interface Service {
  readonly url: string;
  readonly key: string;
  readonly store: Store;
  readonly sql: pg.Pool;
  readonly dataset: Partial<DatasetConfig>;
  /** Kills a part with SIGKILL and starts it again, unless its worker does. False: there was nothing to kill. */
  kill(victim: Victim): Promise<boolean>;
  /** What the worker logged. */
  log(): string;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Starts Postgres, Redis, an API and a worker that nobody else uses. */
export async function startService(): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-faults-'));
  const dataset = await writeBars(folder, { train: 320, test: 80, side: 16, classes: 8 });
  const servers = await startOwnServers();
  const databaseUrl = await createDatabase(servers.postgres.url);
  const store = createStore({ databaseUrl, applicationName: 'bench faults', poolSize: 4, leaseSeconds: LEASE_SECONDS });
  const sql = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  sql.on('error', () => {}); // the server is killed on purpose
  const { key } = await store.keys.create('bench');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const addresses = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: servers.redis.url,
    CRUCIBLE_LEASE_SECONDS: String(LEASE_SECONDS),
    CRUCIBLE_SUPERVISED: '1',
  };

  let api: ChildProcess;
  const startApi = async (): Promise<void> => {
    api = spawn(process.execPath, ['--conditions=development', '--import', 'tsx', API], {
      env: { ...process.env, ...addresses, CRUCIBLE_PORT: String(port), CRUCIBLE_LOG_LEVEL: 'error' },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const end = performance.now() + START_LIMIT_MS;
    while (performance.now() < end) {
      const answer = await fetch(`${url}/healthz`).catch(() => null);
      if (answer?.ok === true) return;
      await delay(50);
    }
    throw new Error('the API did not start');
  };
  let worker: WorkerProcess;
  const startWorker = (): void => {
    worker = startWorkerProcess({
      ...addresses,
      CRUCIBLE_DATA_DIR: folder,
      CRUCIBLE_STATE_DIR: join(folder, 'state'),
      CRUCIBLE_WORKER_NAME: 'bench',
      CRUCIBLE_ENGINE_THREADS: '1',
    });
  };
  await startApi();
  startWorker();

  const kills: Record<Victim, () => Promise<boolean>> = {
    async worker() {
      worker.signal('SIGKILL');
      await worker.ended;
      startWorker();
      return true;
    },
    async child() {
      const [child] = await worker.children();
      if (child === undefined) return false;
      try {
        process.kill(child.identity.pid, 'SIGKILL');
        return true;
      } catch {
        return false; // it ended a moment ago
      }
    },
    async api() {
      const ended = once(api, 'exit');
      api.kill('SIGKILL');
      await ended;
      await startApi();
      return true;
    },
    async redis() {
      await servers.redis.kill();
      await servers.redis.start();
      return true;
    },
    async postgres() {
      await servers.postgres.kill();
      await servers.postgres.start();
      return true;
    },
  };
  return {
    url,
    key,
    store,
    sql,
    dataset,
    kill: (victim) => kills[victim](),
    log: () => worker.log(),
    async close() {
      worker.signal('SIGKILL');
      api.kill('SIGKILL');
      await Promise.all([store.close(), sql.end()]);
      await servers.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
