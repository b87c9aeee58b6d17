import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AttemptView, JobView } from '@crucible/contracts';
import { runFaultCluster } from '../support/fault-cluster.ts';
import { writeBars } from '../support/idx-images.ts';
import { eventually } from '../support/poll.ts';
import { TINY_BARS, tinySearch } from '../support/tiny-search.ts';
import { SERVICE_WORKER, type WorkerProcess } from '../support/worker-process.ts';

const ISLANDS = 4;
const ROUNDS = 3;
/** iterations of a round */
const EVERY = 8;
const KILLS = 2;
const JOB_LIMIT_MS = 600_000;
const cluster = await runFaultCluster({ leaseSeconds: 5 });
const { api } = cluster;

describe('T26: a search on islands', () => {
  let folder = '';
  let job: object;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islands-'));
    const { config, ...rest } = tinySearch(await writeBars(folder, TINY_BARS), api.pool);
    const islands = { count: ISLANDS, migrateEvery: EVERY, migrants: 2 };
    const search = { ...config.search, population: 6, iterations: EVERY * ROUNDS, maxScored: null, islands };
    job = { ...rest, config: { ...config, search } };
  });
  after(async () => {
    await cluster.close();
    await rm(folder, { recursive: true, force: true });
  });

  const worker = (name: string): Promise<WorkerProcess> =>
    cluster.worker(name, { CRUCIBLE_DATA_DIR: folder, CRUCIBLE_ENGINE: 'cpu' }, { main: SERVICE_WORKER });
  const submit = async (): Promise<string> => {
    const { status, body } = await api.post<JobView>('/v1/jobs', job);
    assert.equal(status, 202, JSON.stringify(body));
    return body.id;
  };
  const partsOf = async (parent: string) => (await api.store.jobs.list({ parent, limit: 200 }, null)).data.reverse();
  const stateOf = async (id: string): Promise<string> => (await api.store.jobs.get(id)).state;
  const succeeded = (id: string) =>
    eventually(
      'the end of the search',
      async () => {
        const view = await api.store.jobs.get(id);
        assert.notEqual(view.state, 'failed', view.detail ?? '');
        return view.state === 'succeeded' && view;
      },
      JOB_LIMIT_MS,
    );
  /** All that the job and its parts left, but for what the clock says. */
  const left = async (id: string) => {
    const { candidatesPerSecond: _, ...summary } = (await succeeded(id)).summary as Record<string, unknown>;
    const filesOf = async (jobId: string) =>
      (await api.store.artifacts.list(jobId)).map(({ name, sha256 }) => [name, sha256]);
    const rounds = await Promise.all((await partsOf(id)).map((part) => filesOf(part.id)));
    return { summary, files: await filesOf(id), rounds };
  };
  /** The attempt at a part that the worker is busy with. */
  const busyWith = async (id: string, name: string): Promise<AttemptView | undefined> => {
    for (const part of await partsOf(id)) {
      if (part.state !== 'running') continue;
      const found = (await cluster.attempts(part.id)).find(
        (attempt) => attempt.state === 'running' && attempt.worker === `${name}-${api.pool}`,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const endOf = async (id: string, attemptId: string): Promise<AttemptView | undefined> => {
    for (const part of await partsOf(id))
      for (const attempt of await cluster.attempts(part.id))
        if (attempt.id === attemptId && attempt.state === 'ended') return attempt;
    return undefined;
  };

  it('on two workers, of which one is killed twice, ends with the same bytes as on one that nobody disturbs', async () => {
    const alone = await worker('alone');
    const quiet = await left(await submit());
    await alone.stop();
    const names = quiet.files.map(([name]) => name);
    for (const name of ['best-structure.txt', 'population.json', 'search.json', 'weights.safetensors'])
      assert.ok(names.includes(name), name);
    assert.equal(new Set(quiet.rounds.map(String)).size, ISLANDS * ROUNDS);

    await worker('steady');
    let victim = await worker('victim');
    const id = await submit();
    for (let numLost = 0; numLost < KILLS; ) {
      const attempt = await eventually('a part on the victim', () => busyWith(id, 'victim'), JOB_LIMIT_MS);
      await victim.killTree();
      const { outcome } = await eventually('the end of the attempt', () => endOf(id, attempt.id), JOB_LIMIT_MS);
      if (outcome === 'lost') numLost += 1; // else it was faster than the signal
      assert.equal(await stateOf(id), 'blocked', 'the search was over too soon for the kills');
      victim = await worker('victim');
    }
    assert.deepEqual(await left(id), quiet);
    const numAttempts = (await partsOf(id)).reduce((sum, { attempts }) => sum + attempts, 0);
    assert.ok(numAttempts >= ISLANDS * ROUNDS + KILLS);
  });
});
