import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JobPage, JobView, Problem, SubmittedBatch } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { type RunningApi, runApi } from '../support/running-api.ts';
import { claim, METHOD_ERROR, newWorker, SUCCESS } from '../support/running-attempt.ts';

/** Nobody leads: the tests dispatch, claim and finish by hand. */
const api: RunningApi = await runApi({ leads: false });
let workerId = '';

before(async () => {
  ({ workerId } = await api.store.workers.register(newWorker({ pool: 'nobody' })));
});
after(() => api.close());

const ISLANDS = { count: 2, migrateEvery: 50, migrants: 1 };
const body = (over: object = {}) => ({
  method: 'zen-nas',
  name: 'wide',
  seed: 5,
  resources: { pool: 'nobody' },
  config: { search: { iterations: 150, islands: ISLANDS } },
  ...over,
});

const submit = async (over: object = {}): Promise<JobView> => {
  const answer = await api.post<JobView>('/v1/jobs', body(over));
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  return answer.body;
};
const read = async (id: string): Promise<JobView> => (await api.get<JobView>(`/v1/jobs/${id}`)).body;
/** The parts of a job, the first one first. */
const partsOf = async (id: string): Promise<JobView[]> =>
  (await api.get<JobPage>(`/v1/jobs?limit=200&parent=${id}`)).body.data.reverse();
const statesOf = async (id: string): Promise<string[]> => (await partsOf(id)).map(({ state }) => state);
const ask = async (id: string, verb: string) => (await api.post<JobView>(`/v1/jobs/${id}/${verb}`)).body;
const start = (id: string): Promise<ClaimedJob> => claim(api.store, id, workerId);
const fail = (attempt: ClaimedJob) => api.store.attempts.finish({ ...attempt, ...METHOD_ERROR });
const succeed = async (attempt: ClaimedJob) => {
  const content = [new TextEncoder().encode(`search of ${attempt.jobId}`)];
  await api.store.artifacts.store({ ...attempt, name: 'search.json', mediaType: 'application/json', content });
  await api.store.attempts.finish({ ...attempt, ...SUCCESS });
};
const stopped = (attempt: ClaimedJob, outcome: 'canceled' | 'paused') =>
  api.store.attempts.finish({ ...attempt, ...SUCCESS, summary: null, outcome, endCode: outcome });
const pointers = ({ errors = [] }: Problem) => errors.map(({ pointer }) => pointer);

describe('a search on islands', () => {
  it('is one job to see, blocked until its parts are done, which share its terms', async () => {
    const job = await submit({ priority: 70, tags: { topic: 'wide' } });
    assert.deepEqual([job.state, job.parent, job.needs.length], ['blocked', null, 6]);
    assert.match(job.waiting?.message ?? '', /waits for 6 other jobs/);
    const listed = (await api.get<JobPage>('/v1/jobs?tag=topic%3Dwide')).body.data;
    assert.deepEqual(
      listed.map(({ id }) => id),
      [job.id],
    );
    const parts = await partsOf(job.id);
    assert.deepEqual(
      parts.map(({ name, state }) => [name, state]),
      [
        ['wide: island 1 of 2, round 1 of 3', 'queued'],
        ['wide: island 2 of 2, round 1 of 3', 'queued'],
        ['wide: island 1 of 2, round 2 of 3', 'blocked'],
        ['wide: island 2 of 2, round 2 of 3', 'blocked'],
        ['wide: island 1 of 2, round 3 of 3', 'blocked'],
        ['wide: island 2 of 2, round 3 of 3', 'blocked'],
      ],
    );
    for (const part of parts)
      assert.deepEqual([part.parent, part.seed, part.priority, part.tags], [job.id, 5, 70, { topic: 'wide' }]);
  });

  it('hands on what its parts leave by content, and begins itself when the last one has ended', async () => {
    const job = await submit();
    const parts = await partsOf(job.id);
    for (const { id } of parts) await succeed(await start(id));
    const { sha256 } = (await api.store.artifacts.open(parts[2]?.id ?? '', 'search.json')).view;
    const { from } = ((await read(parts[4]?.id ?? '')).config as { search: { islands: { part: { from: object } } } })
      .search.islands.part;
    assert.deepEqual(Object.values(from)[0], { fromJob: parts[2]?.id, artifact: 'search.json', sha256 });
    const ready = await read(job.id);
    assert.equal(ready.state, 'queued');
    const { part } = (ready.config as { search: { islands: { part: { islands: { sha256: string }[] } } } }).search
      .islands;
    assert.equal(new Set(part.islands.map((reference) => reference.sha256)).size, 2);
  });

  it('is submitted once for one key', async () => {
    const key = { 'idempotency-key': 'islands-once' };
    const first = await api.post<JobView>('/v1/jobs', body(), key);
    assert.deepEqual((await api.post<JobView>('/v1/jobs', body(), key)).body, first.body);
    assert.equal((await partsOf(first.body.id)).length, 6);
  });

  it('is canceled with all its parts, running ones and waiting ones', async () => {
    const job = await submit();
    const [first] = await partsOf(job.id);
    const attempt = await start(first?.id ?? '');
    assert.equal((await ask(job.id, 'cancel')).state, 'canceled');
    assert.deepEqual(await statesOf(job.id), ['stopping', ...Array(5).fill('canceled')]);
    await stopped(attempt, 'canceled');
    assert.deepEqual(new Set(await statesOf(job.id)), new Set(['canceled']));
    assert.equal((await read(job.id)).state, 'canceled');
    assert.equal((await ask(job.id, 'retry')).state, 'blocked');
    assert.deepEqual(await statesOf(job.id), ['queued', 'queued', 'blocked', 'blocked', 'blocked', 'blocked']);
  });

  it('ends as one state whichever comes first: its cancel, or the ends of its parts', async () => {
    const workers = await Promise.all(
      Array.from({ length: 4 }, () => api.store.workers.register(newWorker({ pool: 'nobody' }))),
    );
    for (let round = 0; round < 12; round++) {
      const job = await submit({ config: { search: { iterations: 200, islands: { ...ISLANDS, count: 4 } } } });
      const running = (await partsOf(job.id)).slice(0, 4);
      const attempts: ClaimedJob[] = [];
      for (const [i, { id }] of running.entries())
        attempts.push(await claim(api.store, id, workers[i]?.workerId ?? ''));
      const ends = attempts.map((attempt, i) => (i === 3 && round % 2 === 1 ? fail(attempt) : succeed(attempt)));
      // no deadlock, no state that the other has not foreseen
      const [canceled] = await Promise.all([api.post<JobView>(`/v1/jobs/${job.id}/cancel`), ...ends]);
      assert.ok([202, 409].includes(canceled.status), JSON.stringify(canceled.body));
      const { state } = await read(job.id);
      assert.equal(state, canceled.status === 202 ? 'canceled' : 'failed');
      const parts = await statesOf(job.id);
      if (state === 'canceled')
        assert.ok(
          parts.every((part) => ['succeeded', 'failed', 'canceled'].includes(part)),
          parts.join(),
        );
    }
    for (const worker of workers) await api.store.workers.deregister(worker.workerId);
  });

  it('is paused and resumed as one, but not taken up again before all of it has stopped', async () => {
    const job = await submit();
    const [first, second] = await partsOf(job.id);
    await succeed(await start(first?.id ?? ''));
    const attempt = await start(second?.id ?? '');
    assert.equal((await ask(job.id, 'pause')).state, 'paused');
    assert.deepEqual(await statesOf(job.id), ['succeeded', 'stopping', ...Array(4).fill('paused')]);
    const early = await api.post<Problem>(`/v1/jobs/${job.id}/resume`);
    assert.deepEqual([early.status, early.body.code], [409, 'illegal-transition']);
    assert.match(early.body.detail ?? '', /still being stopped/);
    assert.deepEqual(await statesOf(job.id), ['succeeded', 'stopping', ...Array(4).fill('paused')]);
    await stopped(attempt, 'paused');
    assert.equal((await ask(job.id, 'resume')).state, 'blocked');
    assert.deepEqual(await statesOf(job.id), ['succeeded', 'queued', ...Array(4).fill('blocked')]);
  });

  it('may wait for a resume, or for other jobs, with all its parts', async () => {
    const paused = await submit({ paused: true });
    assert.deepEqual([paused.state, ...new Set(await statesOf(paused.id))], ['paused', 'paused']);
    assert.equal((await ask(paused.id, 'resume')).state, 'blocked');
    assert.deepEqual((await statesOf(paused.id)).slice(0, 3), ['queued', 'queued', 'blocked']);
    const needed = await submit({ config: {} });
    const job = await submit({ needs: [{ job: needed.id }] });
    assert.deepEqual(new Set(await statesOf(job.id)), new Set(['blocked']));
    await succeed(await start(needed.id));
    assert.deepEqual((await statesOf(job.id)).slice(0, 3), ['queued', 'queued', 'blocked']);
  });

  it('fails with a part, says which and why, and goes on from there when it is retried', async () => {
    const job = await submit();
    const parts = await partsOf(job.id);
    for (const { id } of parts.slice(0, 3)) await succeed(await start(id));
    const broken = parts[3];
    assert.ok(broken !== undefined);
    await fail(await start(broken.id));
    const failed = await read(job.id);
    assert.deepEqual([failed.state, failed.endCode], ['failed', 'dependency-failed']);
    assert.equal(
      failed.detail,
      `Job ${broken.id} (wide: island 2 of 2, round 2 of 3: method-error: it broke), which it needs, is failed.`,
    );
    assert.deepEqual(await statesOf(job.id), [...Array(3).fill('succeeded'), ...Array(3).fill('failed')]);
    assert.equal((await ask(job.id, 'retry')).state, 'blocked');
    assert.deepEqual(await statesOf(job.id), [...Array(3).fill('succeeded'), 'queued', 'blocked', 'blocked']);
    for (const { id } of parts.slice(3)) await succeed(await start(id));
    assert.equal((await read(job.id)).state, 'queued');
  });

  it('changes the priority of what has not ended', async () => {
    const job = await submit();
    const [first, second] = await partsOf(job.id);
    await succeed(await start(first?.id ?? ''));
    const patched = await api.send<JobView>('PATCH', `/v1/jobs/${job.id}`, { priority: 90, name: 'urgent' });
    assert.equal(patched.body.priority, 90);
    const [done, waiting] = await partsOf(job.id);
    assert.deepEqual([done?.priority, waiting?.priority, waiting?.name], [50, 90, second?.name]);
  });

  it('is cut anew by a fork, with what the fork changes', async () => {
    const job = await submit();
    const fork = (await api.post<JobView>(`/v1/jobs/${job.id}/fork`, { config: { search: { islands: { count: 3 } } } }))
      .body;
    assert.deepEqual([fork.state, fork.forkedFrom, (await partsOf(fork.id)).length], ['blocked', job.id, 9]);
    const alone = (
      await api.post<JobView>(`/v1/jobs/${job.id}/fork`, { config: { search: { islands: { count: 1 } } } })
    ).body;
    assert.deepEqual([alone.state, (await partsOf(alone.id)).length], ['queued', 0]);
    const [part] = await partsOf(job.id);
    const again = (await api.post<JobView>(`/v1/jobs/${part?.id}/fork`, {})).body;
    assert.deepEqual([again.state, again.parent], ['queued', null]);
  });

  it('comes in batches, whose other jobs may read from it', async () => {
    const structure = { fromJob: 'search', artifact: 'best-structure.txt' };
    const { status, body: answer } = await api.post<SubmittedBatch>('/v1/job-batches', {
      jobs: [body({ config: { structure } }), body({ ref: 'search' })],
    });
    assert.equal(status, 202, JSON.stringify(answer));
    assert.deepEqual(
      answer.data.map(({ ref, state }) => [ref, state]),
      [
        [null, 'blocked'],
        ['search', 'blocked'],
      ],
    );
    const [train, search] = answer.data;
    assert.deepEqual((await read(train?.id ?? '')).needs, [{ job: search?.id, on: 'success' }]);
    assert.equal((await partsOf(search?.id ?? '')).length, 6);
  });

  it('is refused with every fault in its place', async () => {
    const faulty = await api.post<Problem>(
      '/v1/jobs',
      body({ config: { search: { islands: { count: 4, migrateEvery: 1 } } } }),
    );
    assert.deepEqual([faulty.status, pointers(faulty.body)], [422, ['/config/search/islands/migrateEvery']]);
    const needs = [{ job: '00000000-0000-7000-8000-000000000000' }];
    const unknown = await api.post<Problem>('/v1/jobs', body({ needs }));
    assert.deepEqual([unknown.status, pointers(unknown.body)], [400, ['/needs/0/job']]);
    const begun = await api.post<Problem>('/v1/jobs', body({ fromCheckpoint: '00000000-0000-7000-8000-000000000000' }));
    assert.deepEqual([begun.status, pointers(begun.body)], [400, ['/fromCheckpoint']]);
    const large = await api.post<Problem>('/v1/jobs', body({ resources: { pool: 'nobody', slots: 9 } }));
    assert.deepEqual([large.status, pointers(large.body)], [422, ['/resources/slots']]);
    const many = await api.post<Problem>('/v1/job-batches', { jobs: Array.from({ length: 143 }, () => body()) });
    assert.deepEqual([many.status, pointers(many.body)], [400, ['/jobs']]);
    assert.match(many.body.detail ?? '', /come to 1001/);
  });
});
