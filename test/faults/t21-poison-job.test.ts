import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { runFaultCluster } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';

const NUM_WORKERS = 4;
const cluster = await runFaultCluster({ leaseSeconds: 3 });

describe('T21: a job that kills each worker it touches', () => {
  after(() => cluster.close());

  for (const { seed } of faultRounds())
    it(`is taken out after three different ones, and the one that is left works on (seed ${seed})`, async () => {
      const names = Array.from({ length: NUM_WORKERS }, (_, at) => `w${seed}-${at}`);
      const workers = await Promise.all(names.map((name) => cluster.worker(name)));
      const poison = await cluster.submit({ steps: 10, at: 3, fault: 'kill-worker' });
      const ended = await eventually(
        'the end of the job',
        async () => {
          const job = await cluster.api.store.jobs.get(poison);
          return job.state === 'failed' ? job : null;
        },
        60_000,
      );
      assert.equal(ended.endCode, 'poison');
      const attempts = await cluster.attempts(poison);
      assert.deepEqual(
        attempts.map(({ endCode }) => endCode),
        ['worker-lost', 'worker-lost', 'worker-lost'],
      );
      assert.equal(new Set(attempts.map(({ worker }) => worker)).size, 3);
      const healthy = await cluster.submit({ steps: 20 });
      await cluster.succeeded(healthy);
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map((worker) => worker.ended));
    });
});
