/**
 * @file T6, Redis is away for two leases: submit, cancel and reading go on, submits nearly as fast as before; running
 * jobs are unaffected; what was submitted meanwhile runs when Redis is back.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe } from 'node:test';
import type { JobPage, JobView, Readiness } from '@crucible/contracts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { eachRound } from '../support/fault-rounds.ts';
import { endsOf, withOwnCluster } from '../support/own-cluster.ts';
import { eventually } from '../support/poll.ts';
import { newJob } from '../support/running-attempt.ts';
import { type SimulatedWorker, startSimulatedWorker, summaryOf } from '../support/simulated-worker.ts';

const LEASE_SECONDS = 5;
const AWAY_MS = 2000 * LEASE_SECONDS;
const NUM_SUBMITS = 200;
/** Below this a p95 is noise of the machine: twice a few milliseconds says nothing. */
const FLOOR_MS = 60;
const LIMIT_MS = 120_000;
/** Of the jobs that run through it: longer than Redis is away. */
const LONG_STEPS = 6000;

const { store, sql, databaseUrl, servers } = await withOwnCluster({ leaseSeconds: LEASE_SECONDS });

const p95 = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.ceil(0.95 * times.length) - 1] ?? Number.NaN;

describe('T6: Redis that is away', () => {
  let api: ApiProcess;
  let workers: SimulatedWorker[] = [];
  let key = '';
  const pool = `t06-${randomUUID().slice(0, 8)}`;
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(api.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  };
  /** Submits jobs of a real method, one after the other. */
  const submits = async (num: number): Promise<{ ids: string[]; times: number[] }> => {
    const ids: string[] = [];
    const times: number[] = [];
    for (let i = 0; i < num; i++) {
      const start = performance.now();
      ids.push((await call<JobView>('POST', '/v1/jobs', { method: 'zen-nas', resources: { pool } })).id);
      times.push(performance.now() - start);
    }
    return { ids, times };
  };

  before(async () => {
    api = await startApiProcess({
      DATABASE_URL: databaseUrl,
      REDIS_URL: servers.redis.url,
      CRUCIBLE_LEASE_SECONDS: String(LEASE_SECONDS),
      CRUCIBLE_RATE_WRITES_PER_KEY: '0',
    });
    key = (await store.keys.create('test')).key;
    const configOf = ({ method, config }: { method: string; config: unknown }) =>
      method === 'simulated' ? (config as { steps: number; checkpointEach: number }) : { steps: 1, checkpointEach: 0 };
    workers = await Promise.all(
      [1, 2].map(() => startSimulatedWorker({ store, pool, slots: 2, redisUrl: servers.redis.url, configOf })),
    );
  });
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await api?.end('SIGTERM');
  });

  eachRound('holds up dispatch and nothing else', async (draw) => {
    await submits(NUM_SUBMITS / 4); // connections and plans
    const normal = await submits(NUM_SUBMITS);
    const long = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const config = { steps: LONG_STEPS, checkpointEach: 500 };
        const resources = { pool, slots: 1 };
        return (
          await store.jobs.submit(newJob({ method: 'simulated', config, seed: draw(1000), resources, priority: 100 }))
        ).value.id;
      }),
    );
    await eventually('all long jobs run', async () => workers.every(({ running }) => running === 2), LIMIT_MS);

    await servers.redis.kill();
    const awaySince = performance.now();
    const away = await submits(NUM_SUBMITS);
    const limit = Math.max(2 * p95(normal.times), FLOOR_MS);
    assert.ok(p95(away.times) <= limit, `p95 of submits: ${p95(normal.times)} ms, then ${p95(away.times)} ms`);
    const canceled = away.ids.slice(0, 20);
    for (const id of canceled) assert.equal((await call<JobView>('POST', `/v1/jobs/${id}/cancel`)).state, 'canceled');
    assert.ok((await call<JobPage>('GET', '/v1/jobs?limit=50')).data.length === 50);
    assert.equal((await call<JobView>('GET', `/v1/jobs/${away.ids[30]}`)).state, 'queued');
    assert.deepEqual((await call<Readiness>('GET', '/readyz')).degraded, ['dispatch']);
    // Nothing will change before Redis is back: the time on this clock is all there is to wait for.
    await eventually('two leases', async () => performance.now() - awaySince > AWAY_MS, LIMIT_MS);
    assert.equal(
      workers.reduce((sum, { running }) => sum + running, 0),
      long.length,
      'running jobs go on',
    );
    await servers.redis.start();

    await eventually(
      'the end of all jobs',
      async () => {
        const { states } = await endsOf({ sql });
        return Object.keys(states).every((state) => state === 'succeeded' || state === 'canceled');
      },
      LIMIT_MS,
    );
    for (const id of long) {
      const { seed, summary } = await store.jobs.get(id);
      assert.deepEqual(summary, summaryOf(seed, LONG_STEPS));
      assert.deepEqual(
        (await store.attempts.list(id)).map(({ outcome }) => outcome),
        ['succeeded'],
      );
    }
    const { notOnce, ranTwice } = await endsOf({ sql });
    assert.deepEqual({ notOnce, ranTwice }, { notOnce: 0, ranTwice: 0 });
  });
});
