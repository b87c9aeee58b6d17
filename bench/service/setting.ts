import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createStore, type Store } from '@crucible/store';
import pg from 'pg';
import { createScratchDatabase } from './scratch-database.ts';

const API = fileURLToPath(new URL('../../apps/api/dist/main.js', import.meta.url));

/** What the rows measure: a real API process on a database of its own. */
export interface Setting {
  readonly url: string;
  readonly key: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly store: Store;
  readonly sql: pg.Pool;
  /** Sends a request and reads the answer as JSON. @throws Error for a status of 400 and above */
  call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>;
  close(): Promise<void>;
}

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this through ./crucible bench service`);
  return value;
};

async function startApi(databaseUrl: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [API], {
    env: { ...process.env, DATABASE_URL: databaseUrl, CRUCIBLE_SUPERVISED: '1', CRUCIBLE_LOG_LEVEL: 'warn' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    const line = said.split('\n').find((one) => one.includes('"listening"'));
    if (line === undefined) continue;
    child.stdout?.resume();
    return { url: (JSON.parse(line) as { listening: string }).listening, child };
  }
  throw new Error(`the API process ended before it listened: ${said}`);
}

/** Starts the API on a scratch database. */
export async function openSetting(): Promise<Setting> {
  const database = await createScratchDatabase(variable('DATABASE_URL'));
  const { url, child } = await startApi(database.url);
  const store = createStore({ databaseUrl: database.url, applicationName: 'crucible bench', poolSize: 10 });
  const sql = new pg.Pool({ connectionString: database.url, max: 4 });
  const { key } = await store.keys.create('bench');
  return {
    url,
    key,
    databaseUrl: database.url,
    redisUrl: variable('REDIS_URL'),
    store,
    sql,
    async call(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
      return JSON.parse(text);
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await store.close();
      await sql.end();
      await database.drop();
    },
  };
}
