import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isRunning } from '@crucible/worker/testing';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const STEPS = 60;
const CHILD_LIMIT_MS = 5000;
const cluster = await runFaultCluster({ leaseSeconds: 5 });

/** Everything that an attempt has stored. */
const STORED = `
  select
    (select count(*) from metric_point p join series s on s.id = p.series_id where s.job_id = $1 and p.attempt = $2) as points,
    (select count(*) from log_line where job_id = $1 and attempt = $2) as lines,
    (select count(*) from checkpoint where job_id = $1 and attempt = $2) as checkpoints,
    (select count(*) from artifact where job_id = $1 and attempt = $2) as artifacts`;

describe('T3: a worker that is stopped for longer than its lease', () => {
  const workers = new Map<string, WorkerProcess>();
  let quiet: TinyResult;
  before(async () => {
    for (const name of ['a', 'b']) workers.set(name, await cluster.worker(name));
    quiet = await cluster.quietRun(STEPS);
  });
  after(() => cluster.close());

  for (const { seed, draw } of faultRounds())
    it(`writes nothing once it wakes, and ends its child (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 100 });
      const { id, worker: name } = await cluster.running(jobId, 1);
      const sleeper = workers.get(name?.slice(0, 1) ?? '');
      assert.ok(sleeper !== undefined);
      await cluster.reached(jobId, 1 + draw(STEPS / 2));
      const child = (await sleeper.children()).find(({ attemptId }) => attemptId === id);
      assert.ok(child !== undefined);
      sleeper.signal('SIGSTOP');
      await cluster.running(jobId, 2);
      const stored = async () => (await cluster.api.sql.query(STORED, [jobId, 1])).rows[0];
      const before = await stored();
      sleeper.signal('SIGCONT');
      const wokenAt = performance.now();
      await eventually('the end of its child', async () => !(await isRunning(child.identity)));
      assert.ok(performance.now() - wokenAt < CHILD_LIMIT_MS);
      await cluster.succeeded(jobId);
      assert.deepEqual(await stored(), before);
      assert.equal(await cluster.numEnds(jobId), 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
      await eventually('a worker that is ready again', async () =>
        (await cluster.api.store.workers.list(null)).some((view) => view.name === name && view.state === 'ready'),
      );
    });
});
