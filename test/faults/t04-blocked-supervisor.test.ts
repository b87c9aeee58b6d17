import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';
import { testRedisUrl } from '../support/running-api.ts';
import { openTcpGate, type TcpGate } from '../support/tcp-gate.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const STEPS = 60;
/** Also the time in which a fetched message must be acknowledged. */
const LEASE_SECONDS = 5;
const cluster = await runFaultCluster({ leaseSeconds: LEASE_SECONDS });
const redis = new Redis(testRedisUrl());

/** An address that leads through a gate. */
const through = async (url: string): Promise<{ gate: TcpGate; url: string }> => {
  const address = new URL(url);
  const gate = await openTcpGate(address.hostname, Number(address.port));
  address.host = `127.0.0.1:${gate.port}`;
  return { gate, url: address.href };
};
/** Messages that a worker of this test has fetched and not acknowledged. */
const numFetched = async (): Promise<number> => {
  const lists = (await redis.keys('bull:*:active')).filter((key) => key.includes(cluster.api.pool));
  const lengths = await Promise.all(lists.map((key) => redis.llen(key)));
  return lengths.reduce((sum, length) => sum + length, 0);
};
/** Waits until the attempt has been running for two locks. */
const twoLocks = (jobId: string) =>
  eventually('twice the time of a lock', async () => {
    const { rowCount } = await cluster.api.sql.query(
      `select from attempt where job_id = $1 and claimed_at < now() - $2 * interval '1 second'`,
      [jobId, 2 * LEASE_SECONDS],
    );
    return rowCount === 1;
  });

describe('T4: a worker that is held up', () => {
  let postgres: { gate: TcpGate; url: string };
  let queue: { gate: TcpGate; url: string };
  let worker: WorkerProcess;
  let quiet: TinyResult;
  before(async () => {
    postgres = await through(cluster.api.databaseUrl);
    queue = await through(testRedisUrl());
    worker = await cluster.worker('a', { DATABASE_URL: postgres.url, REDIS_URL: queue.url });
    quiet = await cluster.quietRun(STEPS);
  });
  after(async () => {
    await cluster.close();
    await Promise.all([postgres.gate.shut(), queue.gate.shut()]);
    redis.disconnect();
  });

  for (const { seed } of faultRounds()) {
    it(`between claim and acknowledgement: the message comes again and is superseded (seed ${seed})`, async () => {
      const numSuperseded = () => worker.log().split('superseded: the attempt').length - 1;
      const before = numSuperseded();
      postgres.gate.freeze();
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 200 });
      await eventually('a fetched message', async () => (await numFetched()) > 0);
      queue.gate.freeze();
      postgres.gate.thaw();
      await twoLocks(jobId);
      queue.gate.thaw();
      await eventually('a second delivery', async () => numSuperseded() > before, 30_000);
      await cluster.succeeded(jobId);
      assert.equal((await cluster.attempts(jobId)).length, 1);
      assert.equal(await cluster.numEnds(jobId), 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
      await eventually('an empty queue', async () => (await numFetched()) === 0);
    });

    it(`by a child that lets no message through: heartbeats go on (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, at: 5, fault: 'block' });
      await twoLocks(jobId);
      assert.equal((await cluster.running(jobId, 1)).state, 'running');
      await cluster.succeeded(jobId);
      assert.equal((await cluster.attempts(jobId)).length, 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
    });

    it(`between fetch and claim: another one runs the job, and the late claim gets nothing (seed ${seed})`, async () => {
      const second = await cluster.worker('b');
      const numClaims = worker.log().split('child started').length;
      // Stopping the second one keeps it from taking the message first; it is back before its lease is over.
      second.signal('SIGSTOP');
      postgres.gate.freeze();
      const jobId = await cluster.submit({ steps: STEPS });
      await eventually('a fetched message', async () => (await numFetched()) > 0);
      worker.signal('SIGSTOP');
      second.signal('SIGCONT');
      await cluster.succeeded(jobId);
      worker.signal('SIGCONT');
      postgres.gate.thaw();
      await eventually(
        'a worker that is back',
        async () =>
          (await cluster.api.store.workers.list(null)).some(
            ({ name, state }) => name.startsWith('a-') && state === 'ready',
          ) && (await numFetched()) === 0,
        30_000,
      );
      assert.equal(worker.log().split('child started').length, numClaims);
      assert.equal(await cluster.numEnds(jobId), 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
      await second.stop();
    });
  }
});
