import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DatasetConfig, JobView, ZenNasSummary } from '@crucible/contracts';
import { writeBars } from '../support/idx-images.ts';
import { eventually } from '../support/poll.ts';
import { type RunningApi, runApi, testRedisUrl } from '../support/running-api.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const JOB_LIMIT_MS = 240_000;
/** Speeds are measured, not computed: no two runs share them. */
const RATES = ['search/candidates-per-second', 'train/samples-per-second'];

const api: RunningApi = await runApi();

describe('a worker', () => {
  let folder = '';
  let dataset: Partial<DatasetConfig> = {};
  let worker: WorkerProcess | null = null;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recovery-'));
    dataset = await writeBars(folder, { train: 320, test: 80, side: 16, classes: 8 });
  });
  after(async () => {
    await worker?.stop();
    await api.close();
    await rm(folder, { recursive: true });
  });

  const start = () => {
    worker = startWorkerProcess({
      DATABASE_URL: api.databaseUrl,
      REDIS_URL: testRedisUrl(),
      CRUCIBLE_DATA_DIR: folder,
      CRUCIBLE_STATE_DIR: join(folder, 'state'),
      CRUCIBLE_WORKER_NAME: 'recovery',
      CRUCIBLE_POOL: api.pool,
      CRUCIBLE_ENGINE_THREADS: '1',
    });
    return worker;
  };
  const submit = async (): Promise<string> => {
    const { status, body } = await api.post<JobView>('/v1/jobs', {
      method: 'zen-nas',
      seed: 12345,
      resources: { pool: api.pool },
      config: {
        dataset,
        score: { batchSize: 4 },
        search: {
          population: 8,
          warmPool: 4,
          iterations: 2000,
          maxScored: 80,
          generation: 2,
          finalRescoreTopK: 2,
          finalRescoreRepeats: 2,
          initStructure: 'SuperConvK3BNRELU(1,8,1,1)SuperResK3K3(8,16,2,8,1)SuperConvK1BNRELU(16,32,1,1)',
        },
        budget: { params: 30_000, depth: 6 },
        // a crop would move the bar into the row of another class
        training: { epochs: 20, batchSize: 16, learningRate: 0.05, warmupSteps: 10, augmentation: 'flip' },
      },
    });
    assert.equal(status, 202, JSON.stringify(body));
    return body.id;
  };
  const ended = (jobId: string) =>
    eventually(
      'the end of the job',
      async () => {
        const job = await api.store.jobs.get(jobId);
        assert.notEqual(job.state, 'failed', job.detail ?? '');
        return job.state === 'succeeded' ? job : null;
      },
      JOB_LIMIT_MS,
    ).catch((error) => assert.fail(`${error.message}\n${worker?.log()}`));
  /** Waits until the job has committed a checkpoint in a phase, at some way into it. */
  const committed = (jobId: string, phase: string, beyond: number) =>
    eventually(
      `a checkpoint of the phase ${phase}`,
      async () => {
        const checkpoint = await api.store.checkpoints.latest(jobId);
        const state = checkpoint?.manifest.state as
          | { phase: string; search?: { scored: number }; training?: { step: number } | null }
          | undefined;
        const done = phase === 'search' ? state?.search?.scored : state?.training?.step;
        return state?.phase === phase && (done ?? 0) >= beyond ? done : null;
      },
      JOB_LIMIT_MS,
    ).catch((error) => assert.fail(`${error.message}\n${worker?.log()}`));
  const result = async (jobId: string) => {
    const artifacts = await api.store.artifacts.list(jobId);
    const series = await api.store.metrics.series(jobId);
    const curves: Record<string, unknown> = {};
    for (const { key } of series.filter((one) => !RATES.includes(one.key))) {
      const { steps, values } = await api.store.metrics.points(jobId, { key, maxPoints: 5000 });
      curves[key] = { steps, values };
    }
    const { candidatesPerSecond: _, ...summary } = (await api.store.jobs.get(jobId)).summary as ZenNasSummary;
    return { summary, curves, artifacts: artifacts.map(({ name, sha256 }) => ({ name, sha256 })) };
  };

  it('killed with its children in the search and again in the training ends with the very same result', async () => {
    start();
    const whole = await submit();
    await ended(whole);
    const jobId = await submit();
    await committed(jobId, 'search', 20);
    await worker?.killTree();
    start();
    await committed(jobId, 'train', 100);
    await worker?.killTree();
    start();
    await ended(jobId);

    const attempts = await api.store.attempts.list(jobId);
    assert.deepEqual(
      attempts.map(({ outcome, endCode }) => [outcome, endCode]),
      [
        ['lost', 'worker-lost'],
        ['lost', 'worker-lost'],
        ['succeeded', 'ok'],
      ],
    );
    assert.ok(attempts.slice(1).every(({ resumedFromStep }) => (resumedFromStep ?? 0) > 0));
    const [expected, found] = [await result(whole), await result(jobId)];
    assert.equal(expected.artifacts.length, 6); // all that a search with training leaves
    assert.ok((expected.summary.testAccuracy ?? 0) > 0.5, `${expected.summary.testAccuracy}`);
    assert.deepEqual(found.summary, expected.summary);
    assert.deepEqual(found.artifacts, expected.artifacts);
    assert.deepEqual(found.curves, expected.curves);
  });

  it('that is shut down gives its job back at once, with a checkpoint, and ends in good order', async () => {
    const jobId = await submit();
    await committed(jobId, 'search', 10);
    assert.equal(await worker?.stop(), 0, worker?.log());
    worker = null;
    const [attempt] = await api.store.attempts.list(jobId);
    assert.deepEqual([attempt?.outcome, attempt?.endCode], ['released', 'drained']);
    const job = await api.store.jobs.get(jobId);
    assert.equal(job.state, 'queued');
    assert.deepEqual(
      (await api.store.workers.list(null)).filter(({ name }) => name === 'recovery').map(({ state }) => state),
      ['gone'],
    );
    start();
    await eventually(
      'a second attempt',
      async () => (await api.store.attempts.list(jobId))[1]?.state === 'running',
      60_000,
    );
    await api.store.jobs.cancel(jobId);
    const from = performance.now();
    await eventually('the cancel', async () => (await api.store.jobs.get(jobId)).state === 'canceled', 10_000);
    assert.ok(performance.now() - from < 10_000);
  });
});
