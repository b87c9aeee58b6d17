import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type JobPage, type JobView, METHODS, type Problem } from '@crucible/contracts';
import { runApi } from '../support/running-api.ts';
import { claim, newWorker } from '../support/running-attempt.ts';

const pointersOf = (problem: Problem) => (problem.errors ?? []).map(({ pointer }) => pointer).sort();

const api = await runApi({ leads: false });

describe('jobs over HTTP', () => {
  after(() => api.close());

  const submit = async (over: Record<string, unknown> = {}): Promise<JobView> => {
    const { status, body } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', ...over });
    assert.equal(status, 202, JSON.stringify(body));
    return body;
  };
  const count = async (query: string) => (await api.get<JobPage>(`/v1/jobs?${query}`)).body.data.length;

  it('accepts a job with 202, its address and its resolved config', async () => {
    const { status, headers, body } = await api.post<JobView>('/v1/jobs', {
      method: 'zen-nas',
      preset: 'demo',
      config: { search: { population: 20 } },
      name: 'first',
      tags: { run: 'a' },
      seed: 7,
      priority: 60,
      resources: { pool: api.pool },
    });
    assert.equal(status, 202);
    assert.equal(headers.get('location'), `/v1/jobs/${body.id}`);
    assert.deepEqual(
      [body.state, body.name, body.seed, body.priority, body.resources.pool, body.submittedBy, body.attempts],
      ['queued', 'first', 7, 60, api.pool, 'test', 0],
    );
    assert.deepEqual(body.submittedConfig, { search: { population: 20 } });
    const { search, score } = body.config as { search: Record<string, unknown>; score: Record<string, unknown> };
    const preset = METHODS['zen-nas'].presets.demo.config.search;
    assert.deepEqual([search.population, search.maxScored, score.mode], [20, preset.maxScored, 'paper']);
    assert.deepEqual(body.actions, ['pause', 'cancel', 'fork']);
    assert.deepEqual((await api.get<JobView>(`/v1/jobs/${body.id}`)).body, body);
  });

  it('answers five faults in a config with one 422 and five pointers, an unknown key among them', async () => {
    const { status, headers, body } = await api.post<Problem>('/v1/jobs', {
      method: 'zen-nas',
      config: {
        dataset: { name: 'imagenet' },
        score: { alpha: 2 },
        search: { populaton: 8, space: 'darts' },
        budget: { params: -1 },
      },
      tags: { run: 'faulty' },
    });
    assert.equal(status, 422);
    assert.equal(body.code, 'invalid-config');
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.deepEqual(pointersOf(body), [
      '/config/budget/params',
      '/config/dataset/name',
      '/config/score/alpha',
      '/config/search/populaton',
      '/config/search/space',
    ]);
    assert.equal(body.errors?.find(({ pointer }) => pointer.endsWith('populaton'))?.message, 'is not a known key');
    assert.equal(await count('tag=run=faulty'), 0);
  });

  it('puts the faults of the body and of the config into one answer', async () => {
    const { status, body } = await api.post<Problem>('/v1/jobs', {
      method: 'zen-nas',
      priority: -1,
      colour: 'red',
      config: { search: { space: 'darts' } },
    });
    assert.equal(status, 422);
    assert.deepEqual(pointersOf(body), ['/colour', '/config/search/space', '/priority']);
  });

  it('carries a repeated submit out once and says so', async () => {
    const body = { method: 'zen-nas', tags: { run: 'once' } };
    const key = { 'idempotency-key': 'submit-once' };
    const first = await api.post<JobView>('/v1/jobs', body, key);
    const again = await api.post<JobView>('/v1/jobs', { tags: { run: 'once' }, method: 'zen-nas' }, key);
    assert.deepEqual([first.status, again.status], [202, 202]);
    assert.deepEqual(again.body, first.body);
    assert.equal(first.headers.get('idempotency-replayed'), null);
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    assert.equal(again.headers.get('location'), first.headers.get('location'));
    assert.equal(await count('tag=run=once'), 1);
  });

  it('makes one job of ten equal submits that arrive together', async () => {
    const body = { method: 'zen-nas', tags: { run: 'race' } };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.post<JobView>('/v1/jobs', body, { 'idempotency-key': 'race' })),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    assert.ok(accepted.length > 0);
    assert.ok(answers.every(({ status }) => status === 202 || status === 409));
    assert.equal(new Set(accepted.map(({ body: job }) => job.id)).size, 1);
    assert.equal(await count('tag=run=race'), 1);
  });

  it('refuses a known key with another body', async () => {
    const key = { 'idempotency-key': 'other-body' };
    await api.post('/v1/jobs', { method: 'zen-nas', seed: 1 }, key);
    const { status, body } = await api.post<Problem>('/v1/jobs', { method: 'zen-nas', seed: 2 }, key);
    assert.deepEqual([status, body.code], [422, 'idempotency-mismatch']);
  });

  it('takes a key for each API key and path apart, and refuses one that is not printable', async () => {
    const key = { 'idempotency-key': 'scoped' };
    const job = await submit();
    assert.equal((await api.post('/v1/jobs', { method: 'zen-nas' }, key)).status, 202);
    const canceled = await api.post<JobView>(`/v1/jobs/${job.id}/cancel`, undefined, key);
    assert.deepEqual([canceled.status, canceled.body.state], [202, 'canceled']);
    assert.equal(canceled.headers.get('idempotency-replayed'), null);
    const other = await api.store.keys.create('other');
    const theirs = await api.post('/v1/jobs', { method: 'zen-nas' }, { ...key, authorization: `Bearer ${other.key}` });
    assert.equal(theirs.headers.get('idempotency-replayed'), null);
    const bad = await api.post<Problem>('/v1/jobs', { method: 'zen-nas' }, { 'idempotency-key': 'a b' });
    assert.deepEqual([bad.status, bad.body.code], [400, 'invalid-request']);
  });

  it('answers 304 while the job is unchanged and the new version afterwards', async () => {
    const job = await submit();
    const first = await api.get(`/v1/jobs/${job.id}`);
    const tag = first.headers.get('etag') ?? '';
    assert.equal(tag, `"v${job.version}"`);
    const same = await api.get(`/v1/jobs/${job.id}`, { 'if-none-match': tag });
    assert.deepEqual([same.status, same.body, same.headers.get('etag')], [304, '', tag]);
    await api.post(`/v1/jobs/${job.id}/cancel`);
    const changed = await api.get<JobView>(`/v1/jobs/${job.id}`, { 'if-none-match': tag });
    assert.deepEqual([changed.status, changed.body.state], [200, 'canceled']);
    assert.notEqual(changed.headers.get('etag'), tag);
  });

  it('pages newest first, with no job twice or left out while others arrive', async () => {
    const made: string[] = [];
    for (let i = 0; i < 7; i++) made.unshift((await submit({ tags: { run: 'pages' } })).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = `tag=run=pages&limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const { body }: { body: JobPage } = await api.get<JobPage>(`/v1/jobs?${query}`);
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.nextCursor;
      await submit({ tags: { run: 'pages' } }); // arrives before the first page: not in this walk
    } while (cursor !== null);
    assert.deepEqual(seen, made);
  });

  it('refuses a cursor of another filter and one that nobody made', async () => {
    for (let i = 0; i < 2; i++) await submit({ tags: { run: 'cursor' } });
    const { body } = await api.get<JobPage>('/v1/jobs?tag=run=cursor&limit=1');
    const cursor = encodeURIComponent(body.nextCursor ?? '');
    for (const query of [
      `state=queued&limit=1&cursor=${cursor}`,
      `tag=run=cursor&sort=submittedAt&limit=1&cursor=${cursor}`,
      'cursor=AAAA',
    ]) {
      const refused = await api.get<Problem>(`/v1/jobs?${query}`);
      assert.deepEqual([refused.status, refused.body.code], [400, 'cursor-mismatch'], query);
    }
  });

  it('filters by state, method, name and tag', async () => {
    const job = await submit({ name: 'needle 100% sure', tags: { run: 'filter', 'a.b': 'c' } });
    for (const query of ['name=100%25', 'tag=a.b=c', 'tag=run=filter&state=queued,running&method=zen-nas']) {
      const { body } = await api.get<JobPage>(`/v1/jobs?${query}`);
      assert.deepEqual(
        body.data.map(({ id }) => id),
        [job.id],
        query,
      );
    }
    assert.equal(await count('tag=run=filter&state=failed'), 0);
  });

  it('names every fault of a query string, unknown parameters among them', async () => {
    const { status, body } = await api.get<Problem>('/v1/jobs?limit=0&state=lost&statee=queued&sort=metric:a');
    assert.equal(status, 400);
    assert.deepEqual(pointersOf(body), ['/limit', '/sort', '/state', '/statee']);
  });

  it('cancels, retries, and says what is legal instead of an illegal move', async () => {
    const job = await submit();
    const early = await api.post<Problem & { state: string; actions: string[] }>(`/v1/jobs/${job.id}/retry`);
    assert.deepEqual([early.status, early.body.code], [409, 'illegal-transition']);
    assert.deepEqual([early.body.state, early.body.actions], ['queued', ['pause', 'cancel', 'fork']]);
    const canceled = await api.post<JobView>(`/v1/jobs/${job.id}/cancel`);
    assert.deepEqual([canceled.status, canceled.body.state, canceled.body.endCode], [202, 'canceled', 'canceled']);
    const retried = await api.post<JobView>(`/v1/jobs/${job.id}/retry`);
    assert.deepEqual([retried.status, retried.body.state, retried.body.endCode], [202, 'queued', null]);
  });

  it('asks a running job to stop, once', async () => {
    const { workerId } = await api.store.workers.register(newWorker({ pool: api.pool }));
    const job = await submit({ resources: { pool: api.pool } });
    await claim(api.store, job.id, workerId);
    const first = await api.post<JobView>(`/v1/jobs/${job.id}/cancel`);
    const second = await api.post<JobView>(`/v1/jobs/${job.id}/cancel`);
    assert.deepEqual([first.body.state, second.body.state], ['stopping', 'stopping']);
    assert.equal(first.body.version, second.body.version);
  });

  it('forks a job: its config with changes over it, its seed, and where it came from', async () => {
    const old = await submit({ preset: 'demo', seed: 11, tags: { run: 'fork' }, name: 'old' });
    const { status, headers, body } = await api.post<JobView>(`/v1/jobs/${old.id}/fork`, {
      config: { search: { population: 16 } },
      name: 'new',
    });
    assert.equal(status, 202);
    assert.equal(headers.get('location'), `/v1/jobs/${body.id}`);
    assert.notEqual(body.id, old.id);
    assert.deepEqual([body.forkedFrom, body.seed, body.name, body.tags], [old.id, 11, 'new', { run: 'fork' }]);
    const { search } = body.config as { search: Record<string, unknown> };
    assert.deepEqual(search, { ...(old.config as { search: object }).search, population: 16 });
    const bare = await api.post<JobView>(`/v1/jobs/${old.id}/fork`);
    assert.deepEqual([bare.status, bare.body.config], [202, old.config]);
    const faulty = await api.post<Problem>(`/v1/jobs/${old.id}/fork`, { seed: 'x', config: { search: { space: 1 } } });
    assert.equal(faulty.status, 422);
    assert.deepEqual(pointersOf(faulty.body), ['/config/search/space', '/seed']);
  });

  it('answers 404 for jobs that are not there, whatever is asked of them', async () => {
    const missing = '/v1/jobs/00000000-0000-7000-8000-000000000000';
    const reads = [
      '',
      '/metrics',
      '/metrics/points?key=a',
      '/logs',
      '/attempts',
      '/checkpoints',
      '/artifacts',
      '/artifacts/a',
    ];
    const answers = [
      ...(await Promise.all(reads.map((path) => api.get<Problem>(missing + path)))),
      ...(await Promise.all(['cancel', 'retry', 'fork'].map((verb) => api.post<Problem>(`${missing}/${verb}`)))),
      await api.get<Problem>('/v1/jobs/not-a-uuid'),
      await api.get<Problem>('/v1/methods/darts'),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body.code], [404, 'not-found'], body.detail);
  });
});
