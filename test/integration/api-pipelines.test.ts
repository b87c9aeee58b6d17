import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type JobView, type Problem, parseStructure, printStructure, type SubmittedBatch } from '@crucible/contracts';
import { decodeSafetensors } from '@crucible/methods';
import { writeBars } from '../support/idx-images.ts';
import { eventually } from '../support/poll.ts';
import { type RunningApi, runApi, testRedisUrl } from '../support/running-api.ts';
import { claim, METHOD_ERROR, newWorker, SUCCESS } from '../support/running-attempt.ts';
import { TINY_BARS, tinySearch } from '../support/tiny-search.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const JOB_LIMIT_MS = 300_000;
/** Nobody leads: the tests dispatch and claim by hand. */
const api: RunningApi = await runApi({ leads: false });
const leading: RunningApi = await runApi();
const ARTIFACT = 'best-structure.txt';
const EXAMPLE = new URL('../../docs/examples/search-then-train.json', import.meta.url);

after(async () => {
  await api.close();
  await leading.close();
});

describe('jobs that need others', () => {
  const submit = async (body: object): Promise<JobView> => {
    const answer = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', resources: { pool: 'nobody' }, ...body });
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    return answer.body;
  };
  const stateOf = async (id: string) => (await api.store.jobs.get(id)).state;
  const pointers = ({ errors = [] }: Problem) => errors.map(({ pointer }) => pointer);
  /** Runs a job of the pool `nobody` to an end. */
  const end = async (id: string, ending: typeof SUCCESS | typeof METHOD_ERROR) => {
    const { workerId } = await api.store.workers.register(newWorker({ pool: 'nobody' }));
    await api.store.attempts.finish({ ...(await claim(api.store, id, workerId)), ...ending });
    await api.store.workers.deregister(workerId);
  };

  it('are blocked with the reason, and queued when the last need is met', async () => {
    const [a, b] = [await submit({}), await submit({})];
    const job = await submit({ needs: [{ job: a.id }, { job: b.id, on: 'end' }] });
    assert.deepEqual([job.state, job.waiting?.code], ['blocked', 'dependency']);
    assert.deepEqual(job.waiting?.blocking, [a.id, b.id].sort());
    await end(a.id, SUCCESS);
    assert.deepEqual((await api.store.jobs.get(job.id)).waiting?.blocking, [b.id]);
    await end(b.id, METHOD_ERROR);
    assert.equal(await stateOf(job.id), 'queued');
  });

  it('fail with the one that they need, down the chain, and go on after both are retried in order', async () => {
    const a = await submit({});
    const b = await submit({ needs: [{ job: a.id }] });
    const c = await submit({ needs: [{ job: b.id }] });
    await end(a.id, METHOD_ERROR);
    const failed = await api.store.jobs.get(c.id);
    assert.deepEqual([failed.state, failed.endCode], ['failed', 'dependency-failed']);
    assert.match(failed.detail ?? '', new RegExp(b.id));
    const early = await api.post<Problem>(`/v1/jobs/${b.id}/retry`);
    assert.deepEqual([early.status, early.body.code], [409, 'illegal-transition']);
    await api.post(`/v1/jobs/${a.id}/retry`);
    assert.equal((await api.post<JobView>(`/v1/jobs/${b.id}/retry`)).body.state, 'blocked');
    await end(a.id, SUCCESS);
    assert.equal(await stateOf(b.id), 'queued');
  });

  it('are refused when what they need is unknown, of another team, named twice or already broken', async () => {
    const failed = await submit({});
    await end(failed.id, METHOD_ERROR);
    const fine = await submit({});
    const foreign = await submit({});
    await api.sql.query(`insert into team (id) values ('others') on conflict do nothing`);
    await api.sql.query(`update job set team_id = 'others' where id = $1`, [foreign.id]);
    const unknown = '00000000-0000-7000-8000-000000000000';
    const needs = [unknown, foreign.id, fine.id, fine.id, failed.id].map((job) => ({ job }));
    const { status, body } = await api.post<Problem>('/v1/jobs', { method: 'zen-nas', needs });
    assert.equal(status, 400);
    assert.deepEqual(pointers(body), ['/needs/0/job', '/needs/1/job', '/needs/3/job', '/needs/4/job']);
  });

  it('come in batches, all or none, with every fault in its place', async () => {
    const before = (await api.get<{ data: JobView[] }>('/v1/jobs?limit=200')).body.data.length;
    const { status, body } = await api.post<Problem>('/v1/job-batches', {
      jobs: [
        { method: 'zen-nas', ref: 'a' },
        { method: 'zen-nas', config: { search: { population: 1 } } },
        { method: 'zen-nas', priorty: 3 },
      ],
    });
    assert.equal(status, 422);
    assert.deepEqual(pointers(body), ['/jobs/1/config/search/population', '/jobs/2/priorty']);
    const cycle = await api.post<Problem>('/v1/job-batches', {
      jobs: [
        { method: 'zen-nas', ref: 'a', needs: [{ job: 'b' }] },
        { method: 'zen-nas', ref: 'b', config: { structure: { fromJob: 'a', artifact: ARTIFACT } } },
      ],
    });
    assert.deepEqual([cycle.status, pointers(cycle.body)], [400, ['/jobs/1/config/structure/fromJob']]);
    const absent = await api.post<Problem>('/v1/job-batches', {
      jobs: [
        { method: 'zen-nas', ref: 'a' },
        { method: 'zen-nas', config: { structure: { fromJob: 'a', artifact: 'structure.bin' } } },
      ],
    });
    assert.deepEqual([absent.status, pointers(absent.body)], [400, ['/jobs/1/config/structure/artifact']]);
    assert.equal((await api.get<{ data: JobView[] }>('/v1/jobs?limit=200')).body.data.length, before);
  });

  it('come a thousand at a time, once for one key', async () => {
    const jobs = Array.from({ length: 1000 }, (_, i) => ({
      method: 'zen-nas',
      ref: `j${i}`,
      resources: { pool: 'nobody' },
      needs: i === 0 ? [] : [{ job: `j${i - 1}` }],
    }));
    const key = { 'idempotency-key': 'a-thousand' };
    const first = await api.post<SubmittedBatch>('/v1/job-batches', { jobs }, key);
    assert.equal(first.status, 202, JSON.stringify(first.body).slice(0, 500));
    const again = await api.post<SubmittedBatch>('/v1/job-batches', { jobs }, key);
    assert.deepEqual(again.body, first.body);
    const states = first.body.data.map(({ state }) => state);
    assert.deepEqual([states.length, states[0], ...new Set(states.slice(1))], [1000, 'queued', 'blocked']);
  });

  it('are told of by an example, which is accepted as it is', async () => {
    const example = JSON.parse(await readFile(EXAMPLE, 'utf8')) as { jobs: object[] };
    const jobs = example.jobs.map((job) => ({ ...job, resources: { pool: 'nobody' } }));
    const { status, body } = await api.post<SubmittedBatch>('/v1/job-batches', { jobs });
    assert.equal(status, 202, JSON.stringify(body));
    assert.deepEqual(
      body.data.map(({ state }) => state),
      ['blocked', 'blocked'],
    );
  });

  it('search an architecture and train it, as one batch, bytes and all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pipeline-'));
    const worker = startWorkerProcess({
      DATABASE_URL: leading.databaseUrl,
      REDIS_URL: testRedisUrl(),
      CRUCIBLE_DATA_DIR: folder,
      CRUCIBLE_STATE_DIR: join(folder, 'state'),
      CRUCIBLE_WORKER_NAME: 'pipeline',
      CRUCIBLE_POOL: leading.pool,
      CRUCIBLE_ENGINE: 'cpu',
    });
    try {
      const job = tinySearch(await writeBars(folder, TINY_BARS), leading.pool);
      const search = { ...job, ref: 'search', config: { ...job.config, training: { epochs: 0 } } };
      const train = { ...job, config: { ...job.config, structure: { fromJob: 'search', artifact: ARTIFACT } } };
      const smooth = {
        method: 'label-smoothing',
        resources: job.resources,
        config: {
          dataset: job.config.dataset,
          model: { kind: 'structure', structure: { fromJob: 'search', artifact: ARTIFACT } },
          training: { epochs: 1, batchSize: 16 },
          mode: 'lsr',
          switchEpoch: 1,
          deltaProbe: null,
        },
      };
      const { status, body } = await leading.post<SubmittedBatch>('/v1/job-batches', { jobs: [train, search, smooth] });
      assert.equal(status, 202, JSON.stringify(body));
      const [trainId = '', searchId = '', smoothId = ''] = body.data.map(({ id }) => id);
      assert.deepEqual(
        body.data.map(({ ref, state }) => [ref, state]),
        [
          [null, 'blocked'],
          ['search', 'queued'],
          [null, 'blocked'],
        ],
      );
      const succeeded = (id: string) =>
        eventually(
          'the end of the training',
          async () => {
            const view = await leading.store.jobs.get(id);
            assert.notEqual(view.state, 'failed', `${view.detail}`);
            return view.state === 'succeeded' ? view : null;
          },
          JOB_LIMIT_MS,
        ).catch((error) => assert.fail(`${error.message}\n${worker.log()}`));
      const trained = await succeeded(trainId);
      const found = (await leading.store.jobs.get(searchId)).summary as { structure: string };
      const summary = trained.summary as { structure: string; epochs: number; candidatesScored: number };
      assert.equal(printStructure(parseStructure(summary.structure)), found.structure);
      assert.deepEqual([summary.epochs, summary.candidatesScored], [1, 1]);
      const { view } = await leading.store.artifacts.open(searchId, ARTIFACT);
      const { structure } = trained.config as { structure: unknown };
      assert.deepEqual(structure, { fromJob: searchId, artifact: ARTIFACT, sha256: view.sha256 });
      assert.deepEqual(trained.needs, [{ job: searchId, on: 'success' }]);
      // The same networks by two methods: the file names the tensors of the structure, and their shapes.
      const shapesOf = async (id: string) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of (await leading.store.artifacts.open(id, 'weights.safetensors')).chunks)
          pieces.push(piece);
        return decodeSafetensors(Buffer.concat(pieces), id).map(({ name, shape }) => [name, [...shape]]);
      };
      await succeeded(smoothId);
      assert.deepEqual(await shapesOf(smoothId), await shapesOf(trainId));
    } finally {
      await worker.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('commands', () => {
  const running = async () => {
    const { workerId } = await api.store.workers.register(newWorker({ pool: 'nobody' }));
    const { body } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', resources: { pool: 'nobody' } });
    return { id: body.id, attempt: await claim(api.store, body.id, workerId) };
  };
  const ask = async (id: string, verb: string) => (await api.post<JobView>(`/v1/jobs/${id}/${verb}`)).body;
  const obeyed = { detail: null, summary: null, streams: { metrics: 0, logs: 0 } };

  it('pause and resume a job that waits and one that runs', async () => {
    const { body: job } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', resources: { pool: 'nobody' } });
    assert.equal((await ask(job.id, 'pause')).state, 'paused');
    assert.equal((await ask(job.id, 'pause')).state, 'paused');
    assert.equal((await ask(job.id, 'resume')).state, 'queued');
    const { id, attempt } = await running();
    const stopping = await ask(id, 'pause');
    assert.deepEqual([stopping.state, stopping.stopIntent], ['stopping', 'pause']);
    await api.store.attempts.finish({ ...attempt, ...obeyed, outcome: 'paused', endCode: 'paused' });
    const paused = await api.store.jobs.get(id);
    assert.deepEqual([paused.state, paused.actions], ['paused', ['resume', 'cancel', 'fork']]);
  });

  it('let a stronger wish replace a weaker one, never the reverse', async () => {
    const { id } = await running();
    await ask(id, 'pause');
    assert.equal((await ask(id, 'cancel')).stopIntent, 'cancel');
    const refused = await api.post<Problem>(`/v1/jobs/${id}/pause`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'illegal-transition']);
    assert.equal((await ask(id, 'kill')).stopIntent, 'kill');
    assert.equal((await ask(id, 'cancel')).stopIntent, 'kill');
    const { rows } = await api.sql.query('select stop_deadline <= now() as now from job where id = $1', [id]);
    assert.equal(rows[0].now, true);
  });

  it('let operators alone retry a job that ended as poison', async () => {
    const { body: job } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', resources: { pool: 'nobody' } });
    for (let i = 0; i < 3; i++) {
      const { workerId } = await api.store.workers.register(newWorker({ pool: 'nobody' }));
      await claim(api.store, job.id, workerId);
      await api.store.workers.deregister(workerId);
    }
    const { state, endCode, detail } = await api.store.jobs.get(job.id);
    assert.deepEqual([state, endCode], ['failed', 'poison']);
    assert.match(detail ?? '', /Lost on worker-.*, worker-.*, worker-/);
    await assert.rejects(api.store.jobs.retry(job.id), /by an operator only/);
    assert.equal((await ask(job.id, 'retry')).state, 'queued');
  });

  const patch = async <T>(id: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${api.url}/v1/jobs/${id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: answer.status, etag: answer.headers.get('etag'), body: (await answer.json()) as T };
  };

  it('change what may change of a job, if its version is the one that was read', async () => {
    const { body: job } = await api.post<JobView>('/v1/jobs', {
      method: 'zen-nas',
      resources: { pool: 'nobody' },
      limits: { maxRunSeconds: 60 },
    });
    const tag = `"v${job.version}"`;
    const changed = await patch<JobView>(
      job.id,
      { name: 'new', priority: 70, limits: { maxQueueSeconds: 9 }, keep: { last: 5 } },
      { 'if-match': tag },
    );
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.deepEqual([changed.body.name, changed.body.priority], ['new', 70]);
    assert.deepEqual(changed.body.limits, { maxRunSeconds: 60, maxQueueSeconds: 9, stallSeconds: null });
    assert.deepEqual(changed.body.keep, { ...job.keep, last: 5 });
    const stale = await patch<Problem>(job.id, { name: 'late' }, { 'if-match': tag });
    assert.deepEqual([stale.status, stale.body.code], [412, 'stale-version']);
    const faulty = await patch<Problem>(job.id, { seed: 1, limits: { maxRunSeconds: 0 } });
    assert.equal(faulty.status, 400);
    assert.deepEqual((faulty.body.errors ?? []).map(({ pointer }) => pointer).sort(), [
      '/limits/maxRunSeconds',
      '/seed',
    ]);
    assert.equal((await api.store.jobs.get(job.id)).name, 'new');
  });
});
