import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const STEPS = 60;
/** From the end of a lease until a job runs elsewhere: a repair pass, a scheduling pass, a claim, on a busy machine. */
const AFTER_LEASE_MS = 10_000;
const cluster = await runFaultCluster({ leaseSeconds: 5 });

describe('T1: a worker that is killed', () => {
  const workers = new Map<string, WorkerProcess>();
  let quiet: TinyResult;
  before(async () => {
    for (const name of ['a', 'b']) workers.set(name, await cluster.worker(name));
    quiet = await cluster.quietRun(STEPS);
  });
  after(() => cluster.close());

  for (const { seed, draw } of faultRounds())
    it(`loses its job to another one, which ends it bit-equal to a run that nobody disturbed (seed ${seed})`, async () => {
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 60 });
      const { worker = '' } = await cluster.running(jobId, 1);
      const victim = worker?.startsWith('a-') ? 'a' : 'b';
      await cluster.reached(jobId, draw(STEPS - 10));
      const killedAt = performance.now();
      workers.get(victim)?.signal('SIGKILL');
      await workers.get(victim)?.ended;
      await cluster.running(jobId, 2, victim === 'a' ? 'b' : 'a');
      const recoveryMs = performance.now() - killedAt;
      assert.ok(
        recoveryMs < cluster.leaseMs + AFTER_LEASE_MS,
        `startable elsewhere after ${Math.round(recoveryMs)} ms`,
      );
      await cluster.succeeded(jobId);
      assert.equal(await cluster.numEnds(jobId), 1);
      assert.deepEqual(
        (await cluster.attempts(jobId)).map(({ outcome, endCode }) => [outcome, endCode]),
        [
          ['lost', 'worker-lost'],
          ['succeeded', 'ok'],
        ],
      );
      // Each step once: nothing of the dead attempt shows beyond the step from which the second one went on.
      assert.deepEqual(await cluster.result(jobId), quiet);
      await eventually('a lost worker', async () =>
        (await cluster.api.store.workers.list(null)).some(({ name, state }) => name === worker && state === 'lost'),
      );
      workers.set(victim, await cluster.worker(victim));
    });
});
