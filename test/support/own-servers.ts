import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './poll.ts';

/** A server that only the calling test uses, so that it may be stopped and killed. Its address stays the same. */
export interface OwnServer {
  readonly url: string;
  /** Kills it and everything that it started. */
  kill(): Promise<void>;
  /** Starts it again, on what it had stored. */
  start(): Promise<void>;
}

export interface OwnServers {
  readonly postgres: OwnServer;
  readonly redis: OwnServer;
  /** Kills both and removes what they stored. */
  close(): Promise<void>;
}

/** What the launcher knows of servers; its modules are plain JavaScript. */
interface Launcher {
  openStateDir(): { dir: string };
  findPostgres(dir: string): { major: string; bin: (name: string) => string };
  findRedis(dir: string): Promise<{ bin: string; env: Record<string, string> }>;
  createCluster(dir: string, data: string, bin: (name: string) => string): Promise<void>;
  clusterPassword(dir: string): string;
  serverOptions(): { uid?: number; gid?: number; cwd: string; env: Record<string, string> };
  SUPERUSER: string;
}

async function loadLauncher(): Promise<Launcher> {
  const names = ['state-dir', 'postgres-binaries', 'redis-binary', 'postgres-cluster'];
  const parts = await Promise.all(
    names.map((name) => import(new URL(`../../scripts/lib/${name}.mjs`, import.meta.url).href)),
  );
  return Object.assign({}, ...parts) as Launcher;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

/**
 * @param launch starts the process
 * @param answers resolves when the server answers
 */
function ownServer(url: string, launch: () => ChildProcess, answers: () => Promise<unknown>): OwnServer {
  let running: ChildProcess | null = null;
  const killGroup = (server: ChildProcess): void => {
    try {
      // The whole group: the processes behind the connections of Postgres would hold its memory a little longer.
      process.kill(-(server.pid ?? 0), 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
    }
  };
  // A test that fails may never come to `kill`; the server must neither keep its process alive nor outlive it.
  process.on('exit', () => {
    if (running !== null) killGroup(running);
  });
  return {
    url,
    async start() {
      running = launch();
      running.unref();
      await eventually(
        'a server that answers',
        () =>
          answers().then(
            () => true,
            () => false,
          ),
        60_000,
      );
    },
    async kill() {
      if (running === null) return;
      const ended = once(running, 'exit');
      killGroup(running);
      await ended;
      running = null;
    },
  };
}

/** Starts a Postgres and a Redis with empty stores. */
export async function startOwnServers(): Promise<OwnServers> {
  const launcher = await loadLauncher();
  const state = launcher.openStateDir().dir;
  const folder = await mkdtemp(join(tmpdir(), 'servers-'));
  await chmod(folder, 0o755); // Postgres may run as another user

  const { bin, major } = launcher.findPostgres(state);
  const data = join(folder, `postgres-${major}`);
  await launcher.createCluster(folder, data, bin);
  const postgresPort = await freePort();
  const password = encodeURIComponent(launcher.clusterPassword(folder));
  const postgresUrl = `postgresql://${launcher.SUPERUSER}:${password}@127.0.0.1:${postgresPort}/postgres`;
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='].flatMap((text) => ['-c', text]);
  const { env: serverEnv, ...who } = launcher.serverOptions();
  const postgres = ownServer(
    postgresUrl,
    () =>
      spawn(bin('postgres'), ['-D', data, '-p', String(postgresPort), ...settings], {
        ...who,
        env: { ...process.env, ...serverEnv },
        detached: true,
        stdio: 'ignore',
      }),
    async () => {
      const client = new pg.Client(postgresUrl);
      client.on('error', () => {});
      await client.connect();
      await client.end();
    },
  );

  const redisFolder = join(folder, 'redis');
  await mkdir(redisFolder);
  const redisPort = await freePort();
  const secret = randomBytes(12).toString('hex');
  const config = join(redisFolder, 'redis.conf');
  const lines = [
    `port ${redisPort}`,
    'bind 127.0.0.1',
    `requirepass ${secret}`,
    `dir "${redisFolder}"`,
    'appendonly yes',
    'save ""',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const redisProgram = await launcher.findRedis(state);
  const redisUrl = `redis://:${secret}@127.0.0.1:${redisPort}`;
  const { redisFault } = (await import(new URL('../../scripts/lib/redis-ping.mjs', import.meta.url).href)) as {
    redisFault(url: string): Promise<string | null>;
  };
  const redis = ownServer(
    redisUrl,
    () =>
      spawn(redisProgram.bin, [config], {
        env: { ...process.env, ...redisProgram.env },
        detached: true,
        stdio: 'ignore',
      }),
    async () => {
      const fault = await redisFault(redisUrl);
      if (fault !== null) throw new Error(fault);
    },
  );
  await Promise.all([postgres.start(), redis.start()]);
  return {
    postgres,
    redis,
    async close() {
      await Promise.all([postgres.kill(), redis.kill()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
