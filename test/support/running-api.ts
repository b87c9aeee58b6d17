import { randomUUID } from 'node:crypto';
import { buildApp, createLogger, DispatchQueues, type Election, type RateLimits, startElection } from '@crucible/api';
import type { Store } from '@crucible/store';
import type pg from 'pg';
import { type DatabaseOptions, withDatabase } from './database.ts';

/** One answer of the API. */
export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

/** An API process in miniature: its own database, a listening app, and a key. */
export interface RunningApi {
  readonly url: string;
  readonly app: Awaited<ReturnType<typeof buildApp>>;
  readonly store: Store;
  readonly databaseUrl: string;
  /** a connection to look at rows and to move time back */
  readonly sql: pg.Pool;
  /** a valid API key */
  readonly key: string;
  /** name of a pool that no other test uses, so that tests on one Redis do not meet */
  readonly pool: string;
  /** lines of the log so far */
  readonly log: string[];
  get<T = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<T>>;
  post<T = unknown>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** A request of any method, with a JSON body unless it is undefined. */
  send<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** Stops the API. The database goes with the test file. */
  close(): Promise<void>;
}

export interface RunningApiOptions extends DatabaseOptions {
  /** whether the scheduler, relay and repair run here @defaultValue true */
  leads?: boolean;
  /** @defaultValue the Redis of the test run */
  redisUrl?: string;
  dashboardDir?: string;
  /** @defaultValue none */
  rateLimits?: RateLimits;
}

/** The Redis of the test run. @throws Error when the test was started without the launcher */
export function testRedisUrl(): string {
  const url = process.env.REDIS_URL;
  if (url === undefined) throw new Error('REDIS_URL is not set: run the integration tests through `npm test`');
  return url;
}

/** Starts an API on a fresh database. To be called at the top of a test file, and closed in a suite's `after`. */
export async function runApi(options: RunningApiOptions = {}): Promise<RunningApi> {
  const { leads = true, redisUrl = testRedisUrl(), dashboardDir = null, rateLimits } = options;
  const { databaseUrl, store, sql } = await withDatabase(options);
  const log: string[] = [];
  const logger = createLogger('debug', { write: (line: string) => void log.push(line) });
  const queues = new DispatchQueues(redisUrl, logger);
  const app = await buildApp({
    config: { dashboardDir, redisUrl, ...(rateLimits === undefined ? {} : { rateLimits }) },
    store,
    queues,
    log: logger,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const election: Election | null = leads ? startElection({ store, queues, log: logger }) : null;
  const { key } = await store.keys.create('test');

  const call = async <T>(path: string, init: RequestInit, headers: Record<string, string>): Promise<Answer<T>> => {
    const response = await fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...headers } });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text !== '' ? JSON.parse(text) : text) as T,
    };
  };

  const send = <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    body === undefined
      ? call<T>(path, { method }, headers)
      : call<T>(path, { method, body: JSON.stringify(body) }, { 'content-type': 'application/json', ...headers });

  return {
    url,
    app,
    store,
    databaseUrl,
    sql,
    key,
    pool: `test-${randomUUID().slice(0, 8)}`,
    log,
    get: (path, headers = {}) => call(path, {}, headers),
    post: (path, body, headers = {}) => send('POST', path, body, headers),
    send,
    close: async () => {
      await app.close();
      await election?.stop();
      await queues.close();
    },
  };
}
