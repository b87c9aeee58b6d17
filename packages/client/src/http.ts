import { CrucibleError } from '@crucible/contracts';
import { errorOfAnswer } from './problem-answer.ts';

/** Answers of GET requests that are kept to be named in `If-None-Match`. */
const MAX_CACHED_ANSWERS = 200;

export interface HttpOptions {
  baseUrl: string;
  /** empty: the browser's session stands for it */
  key: string;
  fetch: typeof globalThis.fetch;
  /** waits before the second, third, ... try of a request */
  retryWaitsMs: readonly number[];
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** The one place that talks HTTP: address, key, retries, ETags, problem answers. */
export interface Http {
  /** Sends a request; resolves to an answer whose status is below 400 or is 304. @throws CrucibleError */
  send(path: string, options?: RequestOptions): Promise<Response>;
  /** GET of a JSON document. The same object comes back while the server says that nothing changed. */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** POST that may be repeated safely: every try carries the same idempotency key. */
  post<T>(path: string, body: unknown, idempotencyKey: string, signal?: AbortSignal): Promise<T>;
}

export function createHttp({ baseUrl, key, fetch, retryWaitsMs }: HttpOptions): Http {
  const base = baseUrl.replace(/\/+$/, '');
  const answers = new Map<string, { etag: string; body: unknown }>();

  async function tryOnce(path: string, options: RequestOptions): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers };
    if (key !== '') headers.authorization = `Bearer ${key}`;
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, {
        method: options.method ?? 'GET',
        headers,
        // The client keeps ETags itself; the browser's own cache would hide a 304 from it.
        cache: 'no-store',
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw new CrucibleError('unavailable', `No answer from ${base || 'the server'}.`, { cause });
    }
    if (response.status === 304 || response.ok) return response;
    throw await errorOfAnswer(response);
  }

  async function send(path: string, options: RequestOptions = {}): Promise<Response> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await tryOnce(path, options);
      } catch (error) {
        const waitMs = retryWaitsMs[tries];
        if (waitMs === undefined || !(error instanceof CrucibleError) || !error.retryable) throw error;
        await pause(waitMs, options.signal);
      }
    }
  }

  return {
    send,
    async get<T>(path: string, signal?: AbortSignal): Promise<T> {
      const known = answers.get(path);
      const headers: Record<string, string> = known === undefined ? {} : { 'if-none-match': known.etag };
      const response = await send(path, { headers, signal });
      if (response.status === 304 && known !== undefined) return known.body as T;
      const body = await readJson(response);
      const etag = response.headers.get('etag');
      answers.delete(path); // put again below, so that the oldest entry is the one unused for longest
      if (etag !== null) {
        answers.set(path, { etag, body });
        const oldest = answers.keys().next();
        if (answers.size > MAX_CACHED_ANSWERS && oldest.done === false) answers.delete(oldest.value);
      }
      return body as T;
    },
    async post<T>(path: string, body: unknown, idempotencyKey: string, signal?: AbortSignal): Promise<T> {
      const response = await send(path, { method: 'POST', body, idempotencyKey, signal });
      return (await readJson(response)) as T;
    },
  };
}

/** Query string of the defined values, with its question mark; empty when there are none. */
export function queryOf(values: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Resolves after `ms`, rejects at once when `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      failed(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      done();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new CrucibleError('internal', `The server answered ${response.status} without readable JSON.`, { cause });
  }
}
