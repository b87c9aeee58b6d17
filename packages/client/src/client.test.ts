import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { CrucibleError } from '@crucible/contracts';
import { type CrucibleClient, createClient } from './client.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const ID = '01890000-0000-7000-8000-000000000001';
let server: Server | undefined;

const portOf = (listening: Server | undefined): number => (listening?.address() as AddressInfo | null)?.port ?? 0;

/** A client against a real local server that answers with `handler`. */
async function clientOf(handler: Handler): Promise<CrucibleClient> {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    handler(request, response, body);
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const baseUrl = `http://127.0.0.1:${portOf(server)}/`;
  return createClient({ baseUrl, key: 'crk_test', retryWaitsMs: [1, 1, 1], reconnectMs: 1 });
}

const sendJson = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

const sendProblem = (response: ServerResponse, status: number, code: string, more: Record<string, unknown> = {}) =>
  sendJson(response, status, { type: 'about:blank', title: 't', status, code, detail: 'what is wrong', ...more });

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('createClient', () => {
  it('sends the key and asks for the page that the query names', async () => {
    let asked = '';
    const client = await clientOf((request, response) => {
      asked = `${request.headers.authorization} ${request.url}`;
      sendJson(response, 200, { data: [], nextCursor: null });
    });
    await client.jobs({ state: 'queued,running', limit: 5 });
    assert.equal(asked, 'Bearer crk_test /v1/jobs?state=queued%2Crunning&limit=5');
  });

  it('walks every page until there is no cursor', async () => {
    const client = await clientOf((request, response) => {
      const cursor = new URL(request.url ?? '', 'http://x').searchParams.get('cursor');
      if (cursor === null) sendJson(response, 200, { data: [{ id: 'a' }, { id: 'b' }], nextCursor: 'next' });
      else sendJson(response, 200, { data: [{ id: cursor }], nextCursor: null });
    });
    const ids: string[] = [];
    for await (const job of client.iterateJobs()) ids.push(job.id);
    assert.deepEqual(ids, ['a', 'b', 'next']);
  });

  it('repeats a submit after a broken connection with the same idempotency key', async () => {
    const keys: (string | undefined)[] = [];
    const client = await clientOf((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      if (keys.length < 3) response.destroy();
      else sendJson(response, 202, { id: ID });
    });
    assert.equal((await client.submit({ method: 'zen-nas' })).id, ID);
    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    assert.match(keys[0] ?? '', /^[0-9a-f]{32}$/);
  });

  it('makes another idempotency key for another call', async () => {
    const keys = new Set<unknown>();
    const client = await clientOf((request, response) => {
      keys.add(request.headers['idempotency-key']);
      sendJson(response, 202, { id: ID });
    });
    await client.submit({ method: 'zen-nas' });
    await client.submit({ method: 'zen-nas' });
    assert.equal(keys.size, 2);
  });

  it('repeats what the problem calls retryable and nothing else', async () => {
    let calls = 0;
    const client = await clientOf((request, response) => {
      calls += 1;
      if (request.method === 'POST') sendProblem(response, 409, 'illegal-transition');
      else if (calls === 1) sendProblem(response, 429, 'rate-limited');
      else sendJson(response, 200, { data: [] });
    });
    assert.deepEqual(await client.methods(), []);
    assert.equal(calls, 2);
    await assert.rejects(client.cancel(ID), { code: 'illegal-transition' });
    assert.equal(calls, 3);
  });

  it('turns a problem into an error with code, detail and every fault', async () => {
    const errors = [
      { pointer: '/config/a', message: 'is required' },
      { pointer: '/config/b', message: 'must be one of x, y' },
    ];
    const client = await clientOf((_request, response) => sendProblem(response, 422, 'invalid-config', { errors }));
    await assert.rejects(client.submit({ method: 'zen-nas' }), (error) => {
      assert.ok(error instanceof CrucibleError);
      assert.equal(error.code, 'invalid-config');
      assert.equal(error.message, 'what is wrong');
      assert.deepEqual(error.faults, errors);
      return true;
    });
  });

  it('names the code by status when a proxy answered without a problem', async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(401, { 'content-type': 'text/html' });
      response.end('<h1>no</h1>');
    });
    await assert.rejects(client.queue(), { code: 'unauthenticated' });
  });

  it('gives back the very same job while the server answers 304', async () => {
    const asked: (string | undefined)[] = [];
    let version = 1;
    const client = await clientOf((request, response) => {
      asked.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === `"v${version}"`) response.writeHead(304).end();
      else sendJson(response, 200, { id: ID, version }, { etag: `"v${version}"` });
    });
    const first = await client.job(ID);
    assert.equal(await client.job(ID), first);
    version = 2;
    assert.equal((await client.job(ID)).version, 2);
    assert.deepEqual(asked, [undefined, '"v1"', '"v1"']);
  });

  it('reports a server that cannot be reached as unavailable, naming its address', async () => {
    const client = await clientOf(() => {});
    const port = portOf(server);
    await new Promise((closed) => server?.close(closed));
    await assert.rejects(client.workers(), {
      code: 'unavailable',
      message: `No answer from http://127.0.0.1:${port}.`,
    });
  });

  it('rejects with the reason of an aborted call without trying again', async () => {
    const abort = new AbortController();
    let calls = 0;
    const client = await clientOf(() => {
      calls += 1;
      abort.abort(new Error('enough'));
    });
    await assert.rejects(client.job(ID, { signal: abort.signal }), /enough/);
    assert.equal(calls, 1);
  });

  it('waits for the end of a job by long polls that go on where the last one ended', async () => {
    const afters: (string | null)[] = [];
    const client = await clientOf((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      if (pathname === '/v1/events') {
        afters.push(searchParams.get('after'));
        assert.equal(searchParams.get('topics'), `job:${ID}`);
        sendJson(response, 200, { data: [], next: afters.length * 10 });
      } else sendJson(response, 200, { id: ID, state: afters.length < 2 ? 'running' : 'succeeded' });
    });
    assert.equal((await client.waitFor(ID)).state, 'succeeded');
    assert.deepEqual(afters, ['0', '10']);
  });

  it('hands out the bytes of an artifact whose name needs escaping', async () => {
    const client = await clientOf((request, response) => {
      assert.equal(request.url, `/v1/jobs/${ID}/artifacts/a%20b%2Fc.bin`);
      response.end(Buffer.from([0, 255, 7]));
    });
    const response = await client.download(ID, 'a b/c.bin');
    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 255, 7]);
  });

  it('goes on with a lost stream at the last id, after telling that it was lost', async () => {
    const lastIds: (string | undefined)[] = [];
    const event = { seq: 8, kind: 'job.state', jobId: ID };
    const client = await clientOf((request, response) => {
      lastIds.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (lastIds.length === 1) response.end(`: hello\n\nid: 8\nevent: job.state\ndata: ${JSON.stringify(event)}\n\n`);
      else response.write(`event: hint\ndata: ${JSON.stringify({ jobId: ID, maxStep: 3, progress: null })}\n\n`);
    });
    const abort = new AbortController();
    const kinds: string[] = [];
    for await (const message of client.stream({ topics: ['jobs'], after: 7, signal: abort.signal })) {
      kinds.push(message.kind);
      if (message.kind === 'event') assert.deepEqual(message.event, event);
      if (message.kind === 'hint') abort.abort();
    }
    assert.deepEqual(kinds, ['connected', 'event', 'disconnected', 'connected', 'hint']);
    assert.deepEqual(lastIds, ['7', '8']);
  });

  it('ends a stream with the error when the key is refused', async () => {
    const client = await clientOf((_request, response) => sendProblem(response, 401, 'unauthenticated'));
    await assert.rejects(client.stream().next(), { code: 'unauthenticated' });
  });
});
