/**
 * @file T22, soak: many workers without tensors and many short jobs. Each job ends once, the memory of the API is flat
 * after half of the jobs, and the keys in Redis are bounded by the number of workers.
 *
 * `CRUCIBLE_SOAK_WORKERS` and `CRUCIBLE_SOAK_JOBS` make it as long as one likes, for example 200 and 20,000.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { MAX_JOBS_PER_BATCH } from '@crucible/contracts';
import { startApiProcess } from '../support/api-process.ts';
import { sampleOf, scrape } from '../support/metrics-page.ts';
import { endsOf, withOwnCluster } from '../support/own-cluster.ts';
import { eventually } from '../support/poll.ts';
import { startSimulatedWorker } from '../support/simulated-worker.ts';

const NUM_WORKERS = Number(process.env.CRUCIBLE_SOAK_WORKERS ?? 20);
const NUM_JOBS = Number(process.env.CRUCIBLE_SOAK_JOBS ?? 400);
const LIMIT_MS = 60_000 + 60 * NUM_JOBS;
const SAMPLE_MS = 250;
/** Two hundred workers that beat each second would measure their heartbeats. */
const BEAT_MS = 5000;
/** What a queue needs: its own few keys, ten ended messages, and the message under way with its lock. */
const KEYS_PER_WORKER = 25;
/** Between the third and the fourth quarter of the jobs; garbage collection alone moves the memory by some. */
const MAX_GROWTH_MIB = 32;
/** Half of what a team may have waiting. */
const MAX_WAITING = 5000;
const SIMULATED = { steps: 4, checkpointEach: 0 };

const { store, sql, databaseUrl, servers, redis } = await withOwnCluster();

interface Sample {
  done: number;
  seconds: number;
  memoryMib: number;
  keys: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it(`runs ${NUM_JOBS} jobs on ${NUM_WORKERS} workers`, { timeout: 2 * LIMIT_MS }, async (test) => {
  const pool = `t22-${randomUUID().slice(0, 8)}`;
  const redisUrl = servers.redis.url;
  const api = await startApiProcess({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, CRUCIBLE_METRICS_PORT: '0' });
  const { key } = await store.keys.create('test');
  const workers = await Promise.all(
    Array.from({ length: NUM_WORKERS }, () =>
      startSimulatedWorker({ store, pool, redisUrl, beatMs: BEAT_MS, configOf: () => SIMULATED }),
    ),
  );
  test.after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await api.end('SIGTERM');
  });

  const submitAll = async (): Promise<void> => {
    const hasRoom = async (): Promise<boolean> => {
      const { rows } = await sql.query<{ num: string }>(`select count(*) as num from job where state = 'queued'`);
      return Number(rows[0]?.num) <= MAX_WAITING - MAX_JOBS_PER_BATCH;
    };
    for (let left = NUM_JOBS; left > 0; left -= MAX_JOBS_PER_BATCH) {
      await eventually('room in the queue', hasRoom, LIMIT_MS);
      const job = { method: 'zen-nas', resources: { pool } };
      const jobs = new Array(Math.min(left, MAX_JOBS_PER_BATCH)).fill(job);
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(`${api.url}/v1/job-batches`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ jobs }),
      });
      assert.equal(answer.status, 202, await answer.text());
    }
  };
  const begin = performance.now();
  const samples: Sample[] = [];
  const watch = async (): Promise<boolean> => {
    const seconds = (performance.now() - begin) / 1000;
    if (seconds - (samples.at(-1)?.seconds ?? 0) < SAMPLE_MS / 1000) return false;
    const { rows } = await sql.query<{ done: string }>(`select count(*) as done from job where state = 'succeeded'`);
    const memory = sampleOf(await scrape(api.metricsUrl ?? ''), 'crucible_process_memory_bytes');
    const done = Number(rows[0]?.done);
    samples.push({ done, seconds, memoryMib: memory / 2 ** 20, keys: await redis.dbsize() });
    return done === NUM_JOBS;
  };
  await Promise.all([submitAll(), eventually('the end of all jobs', watch, LIMIT_MS)]);

  const memoryOf = (from: number, to: number): number =>
    mean(
      samples.filter(({ done }) => done >= from * NUM_JOBS && done < to * NUM_JOBS).map(({ memoryMib }) => memoryMib),
    );
  const [before, after] = [memoryOf(0.5, 0.75), memoryOf(0.75, 1)];
  const keys = Math.max(...samples.map((sample) => sample.keys));
  const seconds = samples.at(-1)?.seconds ?? Number.NaN;
  test.diagnostic(
    `${seconds.toFixed(0)} s, ${(NUM_JOBS / seconds).toFixed(0)} jobs/s; API ${before.toFixed(0)} then ${after.toFixed(0)} MiB; ${keys} keys`,
  );
  const { rows: other } = await sql.query(
    `select outcome, end_code, count(*)::int as num from attempt where outcome <> 'succeeded' group by 1, 2`,
  );
  for (const each of other) test.diagnostic(JSON.stringify(each)); // a machine that is too busy loses workers
  const { states, notOnce, claimed } = await endsOf({ sql });
  assert.deepEqual({ states, notOnce }, { states: { succeeded: NUM_JOBS }, notOnce: 0 });
  const started = workers.reduce((sum, worker) => sum + worker.started, 0);
  assert.equal(started, claimed, 'no attempt starts twice');
  assert.ok(after - before < MAX_GROWTH_MIB, `the API grew from ${before} to ${after} MiB`);
  assert.ok(keys <= KEYS_PER_WORKER * NUM_WORKERS, `${keys} keys in Redis`);
});
