import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testRedisUrl } from './running-api.ts';

const MAIN = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));

/** An API in a process of its own, as it runs in service. */
export interface ApiProcess {
  readonly url: string;
  /** where Prometheus reads; null unless `CRUCIBLE_METRICS_PORT` was given */
  readonly metricsUrl: string | null;
  readonly pid: number;
  /** what it logged so far */
  log(): string;
  /** Ends it by a signal. @returns its exit code, null when the signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts an API from its sources. `env` goes over that of the test run and must name the database. */
export async function startApiProcess(env: Record<string, string> & { DATABASE_URL: string }): Promise<ApiProcess> {
  const api: ChildProcess = spawn(process.execPath, ['--conditions=development', '--import', 'tsx', MAIN], {
    env: { ...process.env, REDIS_URL: testRedisUrl(), CRUCIBLE_SUPERVISED: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'], // it ends with this process, however that ends
  });
  const lines: string[] = [];
  api.stderr?.on('data', (text) => lines.push(String(text)));
  const exited = once(api, 'exit');
  const first = createInterface(api.stdout as NodeJS.ReadableStream);
  const line = await Promise.race([
    once(first, 'line').then(([text]) => String(text)),
    exited.then(([code]) => {
      throw new Error(`the API ended with ${code}: ${lines.join('')}`);
    }),
  ]);
  const { listening, metrics } = JSON.parse(line) as { listening: string; metrics: string | null };
  return {
    url: listening,
    metricsUrl: metrics,
    pid: api.pid as number,
    log: () => lines.join(''),
    async end(signal) {
      api.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
