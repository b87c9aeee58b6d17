import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import { writeBars } from '../support/idx-images.ts';
import { eventually } from '../support/poll.ts';
import { type RunningApi, runApi, testRedisUrl } from '../support/running-api.ts';
import { TINY_BARS, tinySearch } from '../support/tiny-search.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Every new shape is a shader to compile, which a software adapter takes long over. */
const JOB_LIMIT_MS = 480_000;

const api: RunningApi = await runApi();

describe('a worker on webgpu, with a software adapter', () => {
  let folder = '';
  let worker: WorkerProcess | null = null;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webgpu-'));
  });
  after(async () => {
    await worker?.stop();
    await api.close();
    await rm(folder, { recursive: true });
  });

  it('runs a whole job, search and training', async () => {
    const driver = process.env.CRUCIBLE_VULKAN_DRIVER ?? '';
    assert.notEqual(driver, '', 'CRUCIBLE_VULKAN_DRIVER is not set: run this test through "./crucible test"');
    const icd = join(driver, 'vk_swiftshader_icd.json');
    worker = startWorkerProcess({
      DATABASE_URL: api.databaseUrl,
      REDIS_URL: testRedisUrl(),
      CRUCIBLE_DATA_DIR: folder,
      CRUCIBLE_STATE_DIR: join(folder, 'state'),
      CRUCIBLE_WORKER_NAME: 'webgpu',
      CRUCIBLE_POOL: api.pool,
      CRUCIBLE_ENGINE: 'webgpu',
      VK_DRIVER_FILES: icd,
      VK_ICD_FILENAMES: icd,
      LD_LIBRARY_PATH: [driver, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
    });
    const job = tinySearch(await writeBars(folder, TINY_BARS), api.pool);
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
    assert.equal(attempt?.engine?.name, 'webgpu');
    assert.match(attempt?.engine?.device ?? '', /software adapter/);
  });
});
