import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import { writeBars } from '../support/idx-images.ts';
import { eventually } from '../support/poll.ts';
import { type RunningApi, runApi, testRedisUrl } from '../support/running-api.ts';
import { TINY_BARS, tinySearch } from '../support/tiny-search.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const JOB_LIMIT_MS = 240_000;
/** Where no native engine was built. */
const ABSENT = '/absent/onednn.node';

const api: RunningApi = await runApi();

describe('a worker without its native engine', () => {
  let folder = '';
  let worker: WorkerProcess | null = null;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-'));
  });
  after(async () => {
    await worker?.stop();
    await api.close();
    await rm(folder, { recursive: true });
  });

  const start = (engine: string) =>
    startWorkerProcess({
      DATABASE_URL: api.databaseUrl,
      REDIS_URL: testRedisUrl(),
      CRUCIBLE_DATA_DIR: folder,
      CRUCIBLE_STATE_DIR: join(folder, `state-${engine}`),
      CRUCIBLE_WORKER_NAME: `without-addon-${engine}`,
      CRUCIBLE_POOL: api.pool,
      CRUCIBLE_ENGINE: engine,
      CRUCIBLE_ENGINE_ADDON: ABSENT,
      CRUCIBLE_ALLOW_SOFTWARE_GPU: '0',
      // no GPU either, wherever the test runs
      VK_DRIVER_FILES: '/absent/driver.json',
      VK_ICD_FILENAMES: '/absent/driver.json',
    });

  it('ends at once, with an error that says why, when that engine is named', async () => {
    const named = start('onednn');
    assert.notEqual(await named.ended, 0);
    assert.match(
      named.log(),
      /engine onednn is not available \(addon-not-built\): \/absent\/onednn.node does not exist; build the native/,
    );
    assert.deepEqual(await api.store.workers.list(null), []);
  });

  it('computes jobs on the plain engine under auto, and says why in one line', async () => {
    worker = start('auto');
    const dataset = await writeBars(folder, TINY_BARS);
    const job = tinySearch(dataset, api.pool);
    const { status, body } = await api.post<JobView>('/v1/jobs', job);
    assert.equal(status, 202, JSON.stringify(body));
    await eventually(
      'the end of the job',
      async () => {
        const { state, detail } = await api.store.jobs.get(body.id);
        assert.notEqual(state, 'failed', detail ?? '');
        return state === 'succeeded';
      },
      JOB_LIMIT_MS,
    ).catch((error) => assert.fail(`${error.message}\n${worker?.log()}`));

    const [attempt] = await api.store.attempts.list(body.id);
    assert.equal(attempt?.engine?.name, 'cpu');
    const [registered] = await api.store.workers.list(null);
    const codes = registered?.engine.reasons.map(({ engine, code }) => `${engine}: ${code}`) ?? [];
    assert.ok(codes.includes('onednn: addon-not-built'), codes.join());
    const lines = worker.log().split('\n');
    const why = lines.filter((line) => /computed by plain JavaScript.*addon-not-built.*absent\/onednn.node/.test(line));
    assert.equal(why.length, 1, worker.log());
  });

  it('refuses a job that asks for bf16, instead of computing it in f32', async () => {
    const dataset = await writeBars(folder, TINY_BARS);
    const { status, body } = await api.post<JobView>('/v1/jobs', {
      ...tinySearch(dataset, api.pool),
      precision: 'bf16',
    });
    assert.equal(status, 202, JSON.stringify(body));
    await eventually(
      'the end of the job',
      async () => (await api.store.jobs.get(body.id)).endedAt !== null,
      JOB_LIMIT_MS,
    );
    const { precision, endCode, detail } = await api.store.jobs.get(body.id);
    assert.deepEqual([precision, endCode], ['bf16', 'engine-unavailable']);
    assert.match(detail ?? '', /engine cpu computes in f32 only/);
  });
});
