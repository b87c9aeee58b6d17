import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessIdentity } from '@crucible/worker/testing';

/** Program of the worker as it runs in service. */
export const SERVICE_WORKER = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

/** A worker in a process of its own, as it runs in service. */
export interface WorkerProcess {
  readonly pid: number;
  /** what it logged so far */
  log(): string;
  /** Resolves with its exit code when it has ended, by itself or not. */
  readonly ended: Promise<number | null>;
  /** Ends it in order. @returns its exit code */
  stop(): Promise<number | null>;
  /** Signals the worker alone, not its children. */
  signal(name: NodeJS.Signals): void;
  /** The children that it has noted, by attempt. */
  children(): Promise<{ attemptId: string; identity: ProcessIdentity }[]>;
  /** Kills it and its children at once, as a machine that fails does. */
  killTree(): Promise<void>;
}

export interface WorkerProgram {
  /** @defaultValue the worker as it runs in service */
  main?: string;
  /** module that is loaded before everything else */
  preload?: string;
}

/** Starts a worker from its sources. `env` goes over that of the test run and must name databases and folders. */
export function startWorkerProcess(
  env: Record<string, string> & { CRUCIBLE_STATE_DIR: string },
  { main = SERVICE_WORKER, preload }: WorkerProgram = {},
): WorkerProcess {
  const preloads = preload === undefined ? [] : ['--import', preload];
  const worker: ChildProcess = spawn(
    process.execPath,
    ['--conditions=development', '--import', 'tsx', ...preloads, main],
    {
      // It ends with whoever started it, however that ends: its standard input ends then.
      env: { ...process.env, ...env, CRUCIBLE_SUPERVISED: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  worker.stdin?.on('error', () => {});
  const folder = join(env.CRUCIBLE_STATE_DIR, 'children');
  const children = async () => {
    const names = await readdir(folder).catch(() => []);
    const found = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .map(async (name) => ({
          attemptId: name.replace(/\.json$/, ''),
          text: await readFile(join(folder, name), 'utf8').catch(() => null),
        })),
    );
    return found.flatMap(({ attemptId, text }) =>
      text === null ? [] : [{ attemptId, identity: JSON.parse(text) as ProcessIdentity }],
    );
  };
  const lines: string[] = [];
  for (const stream of [worker.stdout, worker.stderr]) stream?.on('data', (text) => lines.push(String(text)));
  const exited = once(worker, 'exit');
  return {
    pid: worker.pid ?? 0,
    signal: (name) => void worker.kill(name),
    children,
    log: () => lines.join(''),
    ended: exited.then(([code]) => code),
    async stop() {
      worker.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    async killTree() {
      worker.kill('SIGKILL');
      for (const { identity } of await children()) {
        try {
          process.kill(-identity.pid, 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it noticed by itself and ended
        }
      }
      await exited;
    },
  };
}
