import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createLogger, loadConfig, startService } from '@crucible/api';
import type { JobView, Problem, Readiness } from '@crucible/contracts';
import { withDatabase } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testRedisUrl } from '../support/running-api.ts';
import { readSse } from '../support/sse-reader.ts';
import { openTcpGate } from '../support/tcp-gate.ts';

const { databaseUrl, store } = await withDatabase();
const gatedUrl = new URL(databaseUrl);
const gate = await openTcpGate(gatedUrl.hostname, Number(gatedUrl.port || 5432));
gatedUrl.hostname = '127.0.0.1';
gatedUrl.port = String(gate.port);
const service = await startService(
  loadConfig({ DATABASE_URL: gatedUrl.href, REDIS_URL: testRedisUrl() }),
  createLogger('silent'),
);
const { key } = await store.keys.create('test');
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

describe('while Postgres is away', () => {
  after(async () => {
    await service.close();
    await gate.shut();
  });

  const readiness = async () => {
    const response = await fetch(`${service.url}/readyz`);
    return { status: response.status, body: (await response.json()) as Readiness };
  };
  const submit = () =>
    fetch(`${service.url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify({ method: 'zen-nas' }) });

  it('says so, refuses what it cannot keep, and works again by itself', async () => {
    await eventually('readiness', async () => (await readiness()).body.status === 'ready');
    await gate.shut();

    const down = await readiness();
    assert.equal(down.status, 503);
    assert.deepEqual([down.body.status, down.body.postgres, down.body.leader], ['down', false, false]);
    assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
    const refused = await submit();
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.equal(((await refused.json()) as Problem).code, 'unavailable');

    await gate.open();
    await eventually('readiness', async () => (await readiness()).body.status === 'ready', 30_000);
    const stream = await readSse(`${service.url}/v1/stream`, headers);
    const accepted = await submit();
    assert.equal(accepted.status, 202);
    const { id } = (await accepted.json()) as JobView;
    const event = await stream.next();
    assert.equal((event?.data as { jobId: string } | undefined)?.jobId, id);
    stream.cut();
  });
});
