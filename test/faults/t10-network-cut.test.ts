import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isRunning } from '@crucible/worker/testing';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';
import { testRedisUrl } from '../support/running-api.ts';
import { openTcpGate, type TcpGate } from '../support/tcp-gate.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const STEPS = 80;
/** The cuts of 20 and 120 seconds against a lease of 30 are two thirds of a lease and four leases. */
const LEASE_SECONDS = 6;
const SHORT = 2 / 3;
const LONG = 4;
const cluster = await runFaultCluster({ leaseSeconds: LEASE_SECONDS });

describe('T10: a worker that the network cuts off', () => {
  const gates: TcpGate[] = [];
  let worker: WorkerProcess;
  let quiet: TinyResult;
  const behindGate = async (url: string): Promise<string> => {
    const address = new URL(url);
    const gate = await openTcpGate(address.hostname, Number(address.port));
    gates.push(gate);
    address.host = `127.0.0.1:${gate.port}`;
    return address.href;
  };
  before(async () => {
    worker = await cluster.worker('a', {
      DATABASE_URL: await behindGate(cluster.api.databaseUrl),
      REDIS_URL: await behindGate(testRedisUrl()),
    });
    quiet = await cluster.quietRun(STEPS);
  });
  after(async () => {
    await cluster.close();
    await Promise.all(gates.map((gate) => gate.shut()));
  });
  /** Waits until the worker has been silent for so many leases, by the clock of the database. */
  const silentFor = (leases: number) =>
    eventually(
      `a silence of ${leases} leases`,
      async () => {
        const { rowCount } = await cluster.api.sql.query(
          `select from worker where name = $1 and state <> 'gone' and seen_at < now() - $2 * interval '1 second'`,
          [`a-${cluster.api.pool}`, leases * LEASE_SECONDS],
        );
        return rowCount === 1;
      },
      60_000,
    );

  for (const { seed, draw } of faultRounds()) {
    it(`for less than its lease goes on with the same attempt (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 100 });
      await cluster.running(jobId, 1);
      await cluster.reached(jobId, 1 + draw(20));
      for (const gate of gates) gate.freeze();
      await silentFor(SHORT);
      for (const gate of gates) gate.thaw();
      await cluster.succeeded(jobId);
      assert.deepEqual(
        (await cluster.attempts(jobId)).map(({ outcome }) => outcome),
        ['succeeded'],
      );
      assert.deepEqual(await cluster.result(jobId), quiet);
    });

    it(`for several leases is fenced, and another one ends the job (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 400 });
      const { id } = await cluster.running(jobId, 1);
      await cluster.reached(jobId, 1 + draw(20));
      const child = (await worker.children()).find(({ attemptId }) => attemptId === id);
      assert.ok(child !== undefined);
      for (const gate of gates) gate.freeze();
      const other = await cluster.worker('b');
      await cluster.running(jobId, 2, 'b');
      await silentFor(LONG);
      assert.ok(await isRunning(child.identity), 'a cut-off worker computes on');
      for (const gate of gates) gate.thaw();
      await eventually('the end of its child', async () => !(await isRunning(child.identity)));
      await cluster.succeeded(jobId);
      assert.deepEqual(
        (await cluster.attempts(jobId)).map(({ outcome }) => outcome),
        ['lost', 'succeeded'],
      );
      assert.equal(await cluster.numEnds(jobId), 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
      await other.stop();
    });
  }
});
