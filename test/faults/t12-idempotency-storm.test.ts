/** @file T12: posts that race with one idempotency key make one job and get one answer. */
import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import type { JobView, Problem } from '@crucible/contracts';
import { eachRound } from '../support/fault-rounds.ts';
import { runApi } from '../support/running-api.ts';

const POSTS = 50;

const api = await runApi({ leads: false });

const numJobs = async (name: string): Promise<number> =>
  (await api.sql.query('select from job where name = $1', [name])).rowCount ?? 0;

const post = (name: string, key: string, priority = 50) =>
  api.post<JobView & Problem>(
    '/v1/jobs',
    { method: 'zen-nas', preset: 'demo', name, priority },
    { 'idempotency-key': key },
  );

describe('T12', () => {
  after(() => api.close());

  eachRound(`makes one job of ${POSTS} parallel posts and answers all of them alike`, async (draw) => {
    const name = `storm-${draw(1e9)}`;
    const answers = await Promise.all(Array.from({ length: POSTS }, () => post(name, name)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    const [first] = answers;
    for (const { body, headers } of answers) {
      assert.deepEqual(body, first?.body);
      assert.equal(headers.get('location'), `/v1/jobs/${first?.body.id}`);
    }
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    assert.equal(replayed.length, POSTS - 1);
    assert.equal(await numJobs(name), 1);
  });

  eachRound('refuses other bodies under the key, also in the middle of the storm', async (draw) => {
    const name = `mixed-${draw(1e9)}`;
    const answers = await Promise.all(Array.from({ length: POSTS }, (_, i) => post(name, name, i % 2 === 0 ? 50 : 60)));
    const stored = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status !== 202);
    // Whichever body came first, it is that of half of the posts.
    assert.deepEqual([stored.length, refused.length], [POSTS / 2, POSTS / 2]);
    for (const { status, body } of refused) assert.deepEqual([status, body.code], [422, 'idempotency-mismatch']);
    assert.equal(new Set(stored.map(({ body }) => body.id)).size, 1);
    assert.equal(await numJobs(name), 1);
  });

  eachRound('says that the first request is still in flight, and answers once it has ended', async (draw) => {
    const name = `slow-${draw(1e9)}`;
    const client = await api.sql.connect();
    const { rows } = await api.sql.query<{ id: string }>('select id from api_key');
    try {
      await client.query('begin');
      await client.query(
        `insert into idempotent_answer (principal, route, key, fingerprint, expires_at)
         values ($1, 'POST /v1/jobs', $2, 'of a request that is not done', now() + interval '1 day')`,
        [rows[0]?.id, name],
      );
      const { status, body } = await post(name, name);
      assert.deepEqual([status, body.code, body.retryable], [409, 'idempotency-in-flight', true]);
      assert.equal(await numJobs(name), 0);
    } finally {
      await client.query('rollback'); // the first request failed: its key is free again
      client.release();
    }
    assert.equal((await post(name, name)).status, 202);
    assert.equal(await numJobs(name), 1);
  });
});
