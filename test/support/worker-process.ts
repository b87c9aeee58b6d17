import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

/** A worker in a process of its own, as it runs in service. */
export interface WorkerProcess {
  /** what it logged so far */
  log(): string;
  /** Resolves with its exit code when it has ended, by itself or not. */
  readonly ended: Promise<number | null>;
  /** Ends it in order. @returns its exit code */
  stop(): Promise<number | null>;
  /** Kills it and its children at once, as a machine that fails does. */
  killTree(): Promise<void>;
}

/** Starts a worker from its sources. `env` goes over that of the test run and must name databases and folders. */
export function startWorkerProcess(env: Record<string, string> & { CRUCIBLE_STATE_DIR: string }): WorkerProcess {
  const worker: ChildProcess = spawn(process.execPath, ['--conditions=development', '--import', 'tsx', MAIN], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [worker.stdout, worker.stderr]) stream?.on('data', (text) => lines.push(String(text)));
  const exited = once(worker, 'exit');
  return {
    log: () => lines.join(''),
    ended: exited.then(([code]) => code),
    async stop() {
      worker.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    async killTree() {
      worker.kill('SIGKILL');
      const folder = join(env.CRUCIBLE_STATE_DIR, 'children');
      for (const name of await readdir(folder)) {
        const { pid } = JSON.parse(await readFile(join(folder, name), 'utf8'));
        try {
          process.kill(-pid, 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it noticed by itself and ended
        }
      }
      await exited;
    },
  };
}
