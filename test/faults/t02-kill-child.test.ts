import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { faultRounds } from '../support/fault-rounds.ts';
import { eventually } from '../support/poll.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const STEPS = 60;
const SLOT_LIMIT_MS = 5000;
const SIGNALS = ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGTERM'] as const;
const cluster = await runFaultCluster({ leaseSeconds: 5 });

describe('T2: a child that is killed', () => {
  let worker: WorkerProcess;
  let quiet: TinyResult;
  before(async () => {
    worker = await cluster.worker('a');
    quiet = await cluster.quietRun(STEPS);
  });
  after(() => cluster.close());

  for (const { seed, draw } of faultRounds())
    it(`frees its slot at once and is tried again from its checkpoint, to the same result (seed ${seed})`, async () => {
      const signal = SIGNALS[draw(SIGNALS.length)] ?? 'SIGKILL';
      const jobId = await cluster.submit({ steps: STEPS, paceMs: 100 });
      const { id } = await cluster.running(jobId, 1);
      await cluster.reached(jobId, 1 + draw(STEPS - 20));
      const next = await cluster.submit({ steps: 5 });
      const child = (await worker.children()).find(({ attemptId }) => attemptId === id);
      assert.ok(child !== undefined);
      const killedAt = performance.now();
      process.kill(child.identity.pid, signal);
      await eventually('the next job', async () => (await cluster.attempts(next))[0]?.claimedAt !== null);
      const freeMs = performance.now() - killedAt;
      assert.ok(freeMs < SLOT_LIMIT_MS, `the slot was free after ${Math.round(freeMs)} ms`);
      await cluster.succeeded(jobId);
      const [killed, again] = await cluster.attempts(jobId);
      assert.deepEqual([killed?.outcome, killed?.endCode, again?.endCode], ['failed', 'child-killed', 'ok']);
      assert.match(killed?.detail ?? '', new RegExp(`Signal ${signal}`));
      assert.equal(await cluster.numEnds(jobId), 1);
      assert.deepEqual(await cluster.result(jobId), quiet);
    });

  it('by its own error or exit ends as the table of end codes says', async () => {
    for (const [fault, endCode] of [
      ['throw', 'method-error'],
      ['data', 'data-error'],
      ['non-finite', 'non-finite'],
      ['exit', 'infrastructure'],
    ] as const) {
      const jobId = await cluster.submit({ steps: 10, at: 3, fault });
      const ended = await eventually('the end', async () => {
        const [attempt] = await cluster.attempts(jobId);
        return attempt?.state === 'ended' ? attempt : null;
      });
      assert.equal(ended.endCode, endCode);
      const { state } = await cluster.api.store.jobs.get(jobId);
      assert.equal(state, endCode === 'infrastructure' ? 'queued' : 'failed');
      if (state === 'queued') await cluster.api.store.jobs.cancel(jobId);
    }
  });
});
