import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FaultCluster, runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { startOwnServers } from '../support/own-servers.ts';
import { eventually } from '../support/poll.ts';

const STEPS = 120;
const LEASE_SECONDS = 5;
const servers = await startOwnServers();
const cluster: FaultCluster = await runFaultCluster({
  leaseSeconds: LEASE_SECONDS,
  serverUrl: servers.postgres.url,
  redisUrl: servers.redis.url,
});

cluster.api.sql.on('error', () => {}); // its server is killed on purpose
after(() => servers.close()); // after the database has been dropped

describe('T7: Postgres that is away', () => {
  let quiet: TinyResult;
  before(async () => {
    for (const name of ['a', 'b']) await cluster.worker(name);
    quiet = await cluster.quietRun(STEPS);
  });
  after(async () => {
    await cluster.close();
  });

  for (const { seed, draw } of faultRounds()) {
    it(`for several leases: workers compute on, all points arrive, no lease ends (seed ${seed})`, async () => {
      const jobs = await Promise.all([1, 2].map(() => cluster.submit({ steps: STEPS, paceMs: 100 })));
      for (const jobId of jobs) await cluster.running(jobId, 1);
      await cluster.reached(jobs[0] ?? '', 1 + draw(20));
      await servers.postgres.kill();
      const awaySince = performance.now();
      // Nothing can be asked of the database now: the time on this clock is all there is to wait for.
      await eventually(
        'two leases',
        async () => performance.now() - awaySince > 2000 * LEASE_SECONDS,
        8000 * LEASE_SECONDS,
      );
      await servers.postgres.start();
      for (const jobId of jobs) {
        await cluster.succeeded(jobId);
        assert.deepEqual(
          (await cluster.attempts(jobId)).map(({ outcome }) => outcome),
          ['succeeded'],
        );
        assert.equal(await cluster.numEnds(jobId), 1);
        assert.deepEqual(await cluster.result(jobId), quiet);
      }
    });

    it(`only for a restart: nobody notices (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 20 });
      await cluster.running(jobId, 1);
      await servers.postgres.kill();
      await servers.postgres.start();
      await cluster.succeeded(jobId);
      assert.equal((await cluster.attempts(jobId)).length, 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
    });

    it(`as Redis is, both at once: jobs go on and the next is dispatched after it (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 40 });
      await cluster.running(jobId, 1);
      await Promise.all([servers.postgres.kill(), servers.redis.kill()]);
      await Promise.all([servers.postgres.start(), servers.redis.start()]);
      const next = await cluster.submit({ steps: STEPS });
      for (const id of [jobId, next]) {
        await cluster.succeeded(id);
        assert.equal((await cluster.attempts(id)).filter(({ outcome }) => outcome === 'succeeded').length, 1);
        assert.deepEqual(await cluster.result(id), quiet);
      }
      assert.equal((await cluster.attempts(jobId)).length, 1);
    });
  }
});
