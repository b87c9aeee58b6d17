import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JobView } from '@crucible/contracts';
import type { IdempotentRequest } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { newJob, startJob } from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

const UNKNOWN = '00000000-0000-7000-8000-000000000000';

describe('submit', () => {
  it('stores the job as given, queued, at version 1', async () => {
    const given = newJob({ tags: { run: 'a' }, seed: 4_294_967_295, preset: 'demo', submittedConfig: { a: 1 } });
    const { value: job, isReplayed } = await store.jobs.submit(given);
    assert.equal(isReplayed, false);
    assert.deepEqual(await store.jobs.get(job.id), job);
    const { submittedConfig, config, tags, seed, preset, state, version, actions, endCode } = job;
    assert.deepEqual(
      { submittedConfig, config, tags, seed, preset },
      { submittedConfig: { a: 1 }, config: given.config, tags: { run: 'a' }, seed: 4_294_967_295, preset: 'demo' },
    );
    assert.deepEqual(
      { state, version, actions, endCode },
      { state: 'queued', version: 1, actions: ['pause', 'cancel', 'fork'], endCode: null },
    );
    assert.equal(await store.jobs.getVersion(job.id), 1);
  });

  it('keeps text that Postgres cannot hold out of its way', async () => {
    const { value: job } = await store.jobs.submit(newJob({ name: 'a\0b', config: { text: '\ud800' } }));
    assert.equal(job.name, 'a\ufffdb');
    assert.deepEqual(job.config, { text: '\ufffd' });
  });

  it('gives a forked job its origin', async () => {
    const { value: origin } = await store.jobs.submit(newJob());
    const { value: fork } = await store.jobs.submit(newJob({ forkedFrom: origin.id }));
    assert.equal(fork.forkedFrom, origin.id);
  });
});

describe('an idempotency key', () => {
  const request = (over: Partial<IdempotentRequest> = {}): IdempotentRequest => ({
    principal: 'key-1',
    route: 'POST /v1/jobs',
    key: 'k',
    fingerprint: 'f',
    ...over,
  });

  it('makes one job of fifty submits at once, and gives all of them the same answer', async () => {
    const before = await sql.query('select from job');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => store.jobs.submit(newJob({ name: 'storm' }), request({ key: 'storm' }))),
    );
    const after = await sql.query('select from job');
    assert.equal((after.rowCount ?? 0) - (before.rowCount ?? 0), 1);
    assert.equal(answers.filter((answer) => !answer.isReplayed).length, 1);
    for (const { value } of answers) assert.deepEqual(value, answers[0]?.value);
  });

  it('is refused with another body, and means another thing to another caller or route', async () => {
    const first = await store.jobs.submit(newJob(), request());
    await assert.rejects(store.jobs.submit(newJob(), request({ fingerprint: 'g' })), hasCode('idempotency-mismatch'));
    const other = await store.jobs.submit(newJob(), request({ principal: 'key-2' }));
    assert.notEqual(other.value.id, first.value.id);
    const canceled = await store.jobs.cancel(
      first.value.id,
      request({ route: `POST /v1/jobs/${first.value.id}/cancel` }),
    );
    assert.equal(canceled.value.state, 'canceled');
  });

  it('repeats the first answer of a command although the job has moved on', async () => {
    const { job } = await startJob(store);
    const key = request({ key: 'cancel', route: 'cancel' });
    const first = await store.jobs.cancel(job.id, key);
    await sql.query(`update job set version = version + 5 where id = $1`, [job.id]);
    assert.deepEqual(await store.jobs.cancel(job.id, key), { value: first.value, isReplayed: true });
  });

  it('is free again after a command that was refused, and after its day', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const key = request({ key: 'refused', route: 'retry' });
    await assert.rejects(store.jobs.retry(job.id, key), hasCode('illegal-transition'));
    await store.jobs.cancel(job.id);
    assert.equal((await store.jobs.retry(job.id, key)).isReplayed, false);
    await sql.query(`update idempotent_answer set expires_at = now() - interval '1 second' where key = 'refused'`);
    await store.jobs.cancel(job.id);
    assert.equal((await store.jobs.retry(job.id, key)).isReplayed, false);
  });

  it('is in flight while the first request has not been answered', async () => {
    const first = await sql.connect();
    await first.query('begin');
    await first.query(
      `insert into idempotent_answer (principal, route, key, fingerprint, expires_at)
       values ('key-1', 'POST /v1/jobs', 'slow', 'f', now() + interval '1 day')`,
    );
    await assert.rejects(store.jobs.submit(newJob(), request({ key: 'slow' })), hasCode('idempotency-in-flight'));
    await first.query('rollback');
    first.release();
    assert.equal((await store.jobs.submit(newJob(), request({ key: 'slow' }))).isReplayed, false);
  });

  it('is swept after its day', async () => {
    await store.jobs.submit(newJob(), request({ key: 'old' }));
    await sql.query(`update idempotent_answer set expires_at = now() - interval '1 second' where key = 'old'`);
    assert.ok((await store.idempotency.sweep()) >= 1);
    const { rowCount } = await sql.query(`select from idempotent_answer where key = 'old'`);
    assert.equal(rowCount, 0);
  });
});

describe('an unknown job', () => {
  it('is not found, by whatever name', async () => {
    for (const id of [UNKNOWN, 'nonsense', '']) {
      await assert.rejects(store.jobs.get(id), hasCode('not-found'));
      await assert.rejects(store.jobs.getVersion(id), hasCode('not-found'));
      await assert.rejects(store.jobs.cancel(id), hasCode('not-found'));
      await assert.rejects(store.jobs.retry(id), hasCode('not-found'));
      await assert.rejects(store.attempts.list(id), hasCode('not-found'));
      await assert.rejects(store.metrics.series(id), hasCode('not-found'));
      await assert.rejects(store.logs.page(id, { limit: 1 }), hasCode('not-found'));
    }
  });
});

describe('list', () => {
  const allNames = async (query: { limit: number; name: string; state?: string }, during?: () => Promise<unknown>) => {
    const seen: JobView[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.jobs.list({ ...query, ...(cursor === undefined ? {} : { cursor }) }, null);
      seen.push(...page.data);
      cursor = page.nextCursor ?? undefined;
      await during?.();
    } while (cursor !== undefined);
    return seen;
  };

  it('pages through every job that was there once, while two writers add more', async () => {
    const before: string[] = [];
    for (let i = 0; i < 40; i++) before.push((await store.jobs.submit(newJob({ name: `page ${i}` }))).value.id);
    let isWriting = true;
    const write = async () => {
      while (isWriting) await store.jobs.submit(newJob({ name: 'page late' }));
    };
    const writers = [write(), write()];
    const seen = await allNames({ limit: 7, name: 'page' });
    isWriting = false;
    await Promise.all(writers);
    const ids = seen.map((job) => job.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      ids.filter((id) => before.includes(id)),
      [...before].reverse(),
    );
  });

  it('keeps its place among jobs of the same millisecond', async () => {
    for (let i = 0; i < 9; i++) await store.jobs.submit(newJob({ name: 'twin' }));
    await sql.query(`update job set submitted_at = '2020-01-01T00:00:00.123Z' where name = 'twin'`);
    assert.equal(new Set((await allNames({ limit: 2, name: 'twin' })).map((job) => job.id)).size, 9);
  });

  it('filters by state, method, tag and part of the name, taking wildcards literally', async () => {
    await store.jobs.submit(newJob({ name: '100%_done', tags: { team: 'a=b' }, method: 'coke' }));
    const names = async (query: object) =>
      (await store.jobs.list({ limit: 200, ...query }, null)).data.map((job) => job.name);
    assert.deepEqual(await names({ name: '0%_D' }), ['100%_done']);
    assert.deepEqual(await names({ tag: 'team=a=b' }), ['100%_done']);
    assert.deepEqual(await names({ method: 'coke', state: 'queued,running' }), ['100%_done']);
    assert.deepEqual(await names({ method: 'coke', state: 'failed' }), []);
    await assert.rejects(store.jobs.list({ limit: 1, tag: 'team' }, null), hasCode('invalid-request'));
  });

  it('refuses a cursor of another filter, a changed one and a made-up one', async () => {
    const { nextCursor } = await store.jobs.list({ limit: 1 }, null);
    assert.ok(nextCursor !== null);
    const [payload = '', signature = ''] = nextCursor.split('.');
    const forged = Buffer.from(payload, 'base64url').toString().replace('-', '_');
    for (const [cursor, over] of [
      [nextCursor, { state: 'queued' }],
      [`${Buffer.from(forged).toString('base64url')}.${signature}`, {}],
      ['abc', {}],
      ['', {}],
    ] as const)
      await assert.rejects(store.jobs.list({ limit: 1, cursor, ...over }, null), hasCode('cursor-mismatch'));
    await store.jobs.list({ limit: 5, cursor: nextCursor }, null);
  });
});
