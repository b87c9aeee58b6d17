/** @file T19: paging through jobs while others submit and change them misses none and repeats none. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { JobPage } from '@crucible/contracts';
import { runApi } from '../support/running-api.ts';
import { newJob } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SEEDS = [1, 2, 3];
const JOBS = 300;

const api = await runApi({ leads: false });
after(() => api.close());

/** Submits and cancels jobs as fast as it can, until stopped. */
function startWriter(seed: number, ids: readonly string[], method: string): () => Promise<number> {
  const draw = seededRandom(seed);
  let isStopped = false;
  const write = async (): Promise<number> => {
    let numWritten = 0;
    while (!isStopped) {
      await api.store.jobs.submit(newJob({ method }));
      const id = ids[draw(ids.length)] ?? '';
      if (draw(3) === 0) await api.store.jobs.cancel(id).catch(() => {}); // it may have ended before
      numWritten += 1;
    }
    return numWritten;
  };
  const written = write();
  return () => {
    isStopped = true;
    return written;
  };
}

describe('T19', () => {
  for (const seed of SEEDS)
    it(`pages past two writers without a miss or a repeat (seed ${seed})`, async () => {
      const draw = seededRandom(seed);
      const method = `paged-${seed}`;
      const before: string[] = [];
      for (let i = 0; i < JOBS; i++) before.push((await api.store.jobs.submit(newJob({ method }))).value.id);
      // Many jobs of one millisecond, and of one microsecond apart: the place in a page needs the id as well.
      await api.sql.query(
        `update job set submitted_at = date_trunc('second', now()) - interval '1 minute' where method = $1 and random() < 0.3`,
        [method],
      );
      const stops = [startWriter(10 * seed, before, method), startWriter(10 * seed + 1, before, method)];
      const seen: string[] = [];
      let cursor = '';
      let numPages = 0;
      do {
        const limit = 1 + draw(20);
        const { status, body } = await api.get<JobPage>(`/v1/jobs?method=${method}&limit=${limit}${cursor}`);
        assert.equal(status, 200);
        seen.push(...body.data.map((job) => job.id));
        cursor = body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(body.nextCursor)}`;
        numPages += 1;
      } while (cursor !== '');
      const written = await Promise.all(stops.map((stop) => stop()));
      assert.ok(
        Math.min(...written) > 3 && numPages > 20,
        `${written.join(' and ')} jobs written over ${numPages} pages`,
      );
      assert.equal(new Set(seen).size, seen.length, 'a job came twice');
      const known = new Set(seen);
      assert.deepEqual(
        before.filter((id) => !known.has(id)),
        [],
      );
    });
});

describe('an unchanged list', () => {
  const list = (tag?: string) =>
    api.get<JobPage>('/v1/jobs?limit=5', tag === undefined ? {} : { 'if-none-match': tag });
  const tagOf = ({ headers }: { headers: Headers }) => headers.get('etag') ?? '';

  it('answers 304 until a job is submitted, changed by anyone, or moved past the API', async () => {
    const jobId = (await api.store.jobs.submit(newJob())).value.id;
    const changes = [
      () => api.post('/v1/jobs', { method: 'zen-nas' }, {}),
      () => api.post(`/v1/jobs/${jobId}/cancel`),
      () => api.store.jobs.submit(newJob()),
      () => api.sql.query('update job set priority = 9 where id = $1', [jobId]),
    ];
    for (const change of changes) {
      const first = await list();
      assert.equal(first.status, 200);
      await change();
      let tag = tagOf(first);
      // What others did is known by a notification, which takes its way; what this API did, at once.
      const deadline = performance.now() + 5000;
      let answer = await list(tag);
      while (answer.status === 304 && performance.now() < deadline) answer = await list(tag);
      assert.equal(answer.status, 200);
      tag = tagOf(answer);
      assert.notEqual(tag, tagOf(first));
    }
    // A tag lasts half a minute at most, so one change of it without a reason is allowed for.
    const answers = [];
    let tag = tagOf(await list());
    for (let i = 0; i < 5; i++) {
      const answer = await list(tag);
      tag = tagOf(answer);
      answers.push(answer.status);
    }
    assert.ok(answers.filter((status) => status === 304).length >= 4, answers.join());
  });

  it('is not answered 304 to another key', async () => {
    const { key } = await api.store.keys.create('other');
    const tag = tagOf(await list());
    const answer = await api.get('/v1/jobs?limit=5', { 'if-none-match': tag, authorization: `Bearer ${key}` });
    assert.equal(answer.status, 200);
  });
});
