import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { JobsQuery } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, newJob, startJob } from '../support/running-attempt.ts';
import { seededRandom } from '../support/seeded-random.ts';

const { store, sql } = await withDatabase();
const KEY = 'val/accuracy';

interface Running {
  id: string;
  attempt: ClaimedJob;
  workerId: string;
  /** Reports values of `KEY` at the next steps. */
  report(...values: number[]): Promise<void>;
}

/** A running job among those of `name`. */
async function start(name: string, ...values: number[]): Promise<Running> {
  const { job, attempt, workerId } = await startJob(store, { name });
  let sequence = 0;
  let step = 0;
  const report = async (...more: number[]) => {
    const points = more.map((value) => ({ key: KEY, step: step++, value, timeMs: 0 }));
    await store.metrics.appendBatch({ ...attempt, sequence: ++sequence, points });
  };
  if (values.length > 0) await report(...values);
  return { id: job.id, attempt, workerId, report };
}

/** Pages through a list. @param between runs after each page */
async function walk(query: Partial<JobsQuery>, limit: number, between?: (seen: string[]) => Promise<unknown>) {
  const ids: string[] = [];
  const values: (number | null)[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.jobs.list({ ...query, limit, ...(cursor === null ? {} : { cursor }) }, null);
    ids.push(...page.data.map(({ id }) => id));
    values.push(...(page.values ?? []));
    cursor = page.nextCursor;
    await between?.(ids);
  } while (cursor !== null);
  return { ids, values };
}

const best = { sort: `metric:${KEY}:max` };
const least = { sort: `metric:${KEY}:min` };

describe('a list by time', () => {
  it('is read from both ends, through jobs of the same millisecond', async () => {
    const name = randomUUID();
    for (let i = 0; i < 7; i++) await store.jobs.submit(newJob({ name }));
    await sql.query(`update job set submitted_at = '2020-01-01T00:00:00.123Z' where name = $1`, [name]);
    for (let i = 0; i < 4; i++) await store.jobs.submit(newJob({ name }));
    const newest = await walk({ name }, 3);
    assert.equal(new Set(newest.ids).size, 11);
    assert.deepEqual((await walk({ name, sort: '-submittedAt' }, 3)).ids, newest.ids);
    assert.deepEqual(await walk({ name, sort: 'submittedAt' }, 3), { ids: newest.ids.reverse(), values: [] });
  });
});

describe('a list by a metric', () => {
  it('goes by the greatest or the least finite value, with jobs without one last in both', async () => {
    const name = randomUUID();
    const [a, b, c] = [await start(name, 0.2, 0.9, 0.4), await start(name, 0.5), await start(name, 0.1, 0.3)];
    const [silent, broken] = [await start(name), await start(name, Number.NaN, Number.POSITIVE_INFINITY)];
    const { value: queued } = await store.jobs.submit(newJob({ name }));
    const others = [queued.id, broken.id, silent.id];
    for (const limit of [1, 2, 3, 4, 5, 6, 200]) {
      assert.deepEqual(await walk({ name, ...best }, limit), {
        ids: [a.id, b.id, c.id, ...others],
        values: [0.9, 0.5, 0.3, null, null, null],
      });
      assert.deepEqual(await walk({ name, ...least }, limit), {
        ids: [c.id, a.id, b.id, ...others],
        values: [0.1, 0.2, 0.5, null, null, null],
      });
    }
    assert.deepEqual((await walk({ name, sort: 'metric:val/none:max' }, 4)).values, Array(6).fill(null));
  });

  it('keeps its place among equal values', async () => {
    const name = randomUUID();
    const twins = [];
    for (let i = 0; i < 9; i++) twins.push((await start(name, 0.1 + 0.2)).id);
    assert.deepEqual((await walk({ name, ...least }, 2)).ids, twins);
    assert.deepEqual((await walk({ name, ...best }, 2)).ids, twins.reverse());
  });

  it('combines with every filter', async () => {
    const name = randomUUID();
    const [low, high] = [await start(name, 1), await start(name, 2)];
    await sql.query(`update job set tags = '{"run":"a"}', method = 'coke' where id = $1`, [low.id]);
    const parts = [await start(name, 3), await start(name, 5), await start(name)];
    await sql.query('update job set parent_id = $2 where id = any($1)', [parts.map(({ id }) => id), high.id]);
    const { value: queued } = await store.jobs.submit(newJob({ name }));
    for (const [filter, ids] of [
      [{ name }, [high.id, low.id, queued.id]],
      [{ name, tag: 'run=a' }, [low.id]],
      [{ name, method: 'coke' }, [low.id]],
      [{ name, state: 'running' }, [high.id, low.id]],
      [{ name, state: 'queued' }, [queued.id]],
      [{ parent: high.id }, [parts[1]?.id, parts[0]?.id, parts[2]?.id]],
    ] as const)
      assert.deepEqual((await walk({ ...filter, ...best }, 1)).ids, ids, JSON.stringify(filter));
  });

  it('meets every job whose value stays once, and none twice, while others improve and arrive', async () => {
    const draw = seededRandom(5);
    for (const order of [best, least]) {
      const name = randomUUID();
      const jobs = await Promise.all(Array.from({ length: 40 }, () => start(name, draw(1000) / 1000)));
      jobs.push(await start(name), await start(name));
      const changed = new Set<string>();
      const improve = async () => {
        const job = jobs[draw(jobs.length)];
        if (job === undefined) throw new Error('no job');
        changed.add(job.id);
        await job.report(draw(1000) / 1000);
        await start(name, draw(1000) / 1000);
      };
      const { ids } = await walk({ name, ...order }, 4, improve);
      assert.equal(new Set(ids).size, ids.length, 'a job came twice');
      const staying = jobs.filter(({ id }) => !changed.has(id));
      assert.ok(staying.length > 20 && changed.size > 5, `${changed.size} jobs changed`);
      assert.deepEqual(
        staying.filter(({ id }) => !ids.includes(id)),
        [],
      );
    }
  });

  it('does not count what a resumed attempt left behind', async () => {
    const name = randomUUID();
    const [left, other] = [await start(name, 0.3, 0.99), await start(name, 0.5)];
    assert.deepEqual((await walk({ name, ...best }, 5)).values, [0.99, 0.5]);
    await store.attempts.release(left.attempt);
    const next = await claim(store, left.id, left.workerId);
    await store.attempts.markResumed(next, 0);
    assert.deepEqual(await walk({ name, ...best }, 5), { ids: [other.id, left.id], values: [0.5, 0.3] });
    await store.attempts.release(next);
    await store.attempts.markResumed(await claim(store, left.id, left.workerId), null);
    assert.deepEqual((await walk({ name, ...best }, 5)).values, [0.5, null]);
  });

  it('binds its cursors to metric and direction, and refuses what is no order', async () => {
    const name = randomUUID();
    for (const value of [1, 2]) await start(name, value);
    const { nextCursor } = await store.jobs.list({ name, limit: 1, ...best }, null);
    assert.ok(nextCursor !== null);
    for (const sort of [undefined, 'submittedAt', least.sort, 'metric:val/loss:max'])
      await assert.rejects(
        store.jobs.list({ name, limit: 1, cursor: nextCursor, ...(sort === undefined ? {} : { sort }) }, null),
        hasCode('cursor-mismatch'),
      );
    await assert.rejects(store.jobs.list({ limit: 1, sort: 'value' }, null), hasCode('invalid-request'));
  });
});
