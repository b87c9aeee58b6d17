import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JobState } from '@crucible/contracts';
import { runFaultCluster, type TinyResult } from '../support/fault-cluster.ts';
import { eventually } from '../support/poll.ts';

const STEPS = 60;
/** A cancel gives a method so long; then come SIGTERM, ten seconds, SIGKILL. */
const CANCEL_GRACE_MS = 10_000;
const KILL_LIMIT_MS = 15_000;
const cluster = await runFaultCluster({ leaseSeconds: 6 });
const { jobs, workers, checkpoints } = cluster.api.store;

describe('a running job', () => {
  let quiet: TinyResult;
  before(async () => {
    await cluster.worker('a');
    quiet = await cluster.quietRun(STEPS);
  });
  after(() => cluster.close());

  const becomes = async (jobId: string, state: JobState, limitMs: number): Promise<number> => {
    const from = performance.now();
    await eventually(`a job that is ${state}`, async () => (await jobs.get(jobId)).state === state, limitMs);
    return performance.now() - from;
  };
  const runningAt = async (step: number, fault = 'none'): Promise<string> => {
    const jobId = await cluster.submit({ steps: STEPS, every: STEPS, at: step, fault, paceMs: 100 });
    await cluster.running(jobId, 1);
    await cluster.reached(jobId, step);
    return jobId;
  };

  it('is paused at its next step, with a checkpoint, and ends as if it had never been', async () => {
    const jobId = await runningAt(5);
    await jobs.pause(jobId);
    await becomes(jobId, 'paused', 30_000);
    const [attempt] = await cluster.attempts(jobId);
    assert.deepEqual([attempt?.outcome, attempt?.endCode], ['paused', 'paused']);
    const stoppedAt = (await checkpoints.latest(jobId))?.manifest.step ?? 0;
    const [series] = await cluster.api.store.metrics.series(jobId);
    assert.ok(stoppedAt >= 5);
    assert.equal(series?.lastStep, stoppedAt, 'no step is lost');
    await jobs.resume(jobId);
    await cluster.succeeded(jobId);
    assert.equal((await cluster.attempts(jobId))[1]?.resumedFromStep, stoppedAt);
    assert.deepEqual(await cluster.result(jobId), quiet);
  });

  it('that does not listen is canceled within its grace and ten seconds', async () => {
    const jobId = await runningAt(3, 'deaf');
    await jobs.cancel(jobId);
    const ms = await becomes(jobId, 'canceled', 60_000);
    assert.ok(ms < CANCEL_GRACE_MS + 10_000, `${Math.round(ms)} ms`);
  });

  it('that does not listen is killed at once', async () => {
    const jobId = await runningAt(3, 'deaf');
    await jobs.kill(jobId);
    const ms = await becomes(jobId, 'canceled', 60_000);
    assert.ok(ms < KILL_LIMIT_MS, `${Math.round(ms)} ms`);
  });

  it('moves to another worker when its own is drained', async () => {
    const jobId = await runningAt(5);
    const drained = (await workers.list(null)).find(({ name }) => name.startsWith('a-'));
    const answer = await cluster.api.post<{ state: string }>(`/v1/workers/${drained?.id}/drain`);
    assert.deepEqual([answer.status, answer.body.state], [200, 'draining']);
    await eventually('the end of the attempt', async () => (await cluster.attempts(jobId))[0]?.outcome === 'released');
    await cluster.worker('b');
    await cluster.succeeded(jobId);
    const [, second] = await cluster.attempts(jobId);
    assert.match(second?.worker ?? '', /^b-/);
    assert.ok((second?.resumedFromStep ?? 0) >= 5);
    assert.deepEqual(await cluster.result(jobId), quiet);
    await cluster.api.post(`/v1/workers/${drained?.id}/undrain`);
    assert.equal((await workers.list(null)).find(({ id }) => id === drained?.id)?.state, 'ready');
  });
});
