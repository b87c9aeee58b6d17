import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withDatabase } from '../support/database.ts';
import { METHOD_ERROR, startJob } from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

const DAYS = { points: 30, logs: 10, events: 100 };

/** A job that ended so many days ago, with three points and two lines. */
async function endedJob(daysAgo: number): Promise<string> {
  const { job, attempt } = await startJob(store);
  const points = [0, 1, 2].map((step) => ({ key: 'a', step, value: step, timeMs: 0 }));
  await store.metrics.appendBatch({ ...attempt, sequence: 1, points });
  const lines = ['a', 'b'].map((message) => ({ timeMs: 0, level: 'info' as const, message, fields: null }));
  await store.logs.appendBatch({ ...attempt, sequence: 1, lines });
  await store.attempts.finish({ ...attempt, ...METHOD_ERROR, streams: { metrics: 1, logs: 1 } });
  await sql.query(`update job set ended_at = now() - $2 * interval '1 day' where id = $1`, [job.id, daysAgo]);
  return job.id;
}

const kept = async (jobId: string) => [
  (await store.metrics.points(jobId, { key: 'a', maxPoints: 10 })).total,
  (await store.logs.page(jobId, { limit: 10 })).data.length,
];

it('deletes points and lines of jobs that ended long ago, keeps what is known of them, and comes back for later ones', async () => {
  const old = await Promise.all(Array.from({ length: 12 }, () => endedJob(40)));
  const middle = await endedJob(20);
  const young = await endedJob(1);
  const { job: running, attempt } = await startJob(store);
  await store.metrics.appendBatch({ ...attempt, sequence: 1, points: [{ key: 'a', step: 0, value: 1, timeMs: 0 }] });
  assert.deepEqual(await store.retention.sweep(DAYS), { points: 36, logs: 26, events: 0 });
  for (const id of old) assert.deepEqual(await kept(id), [0, 0]);
  assert.deepEqual(await kept(middle), [3, 0]);
  assert.deepEqual(await kept(young), [3, 2]);
  assert.deepEqual(await kept(running.id), [1, 0]);
  assert.equal((await store.metrics.series(old[0] ?? ''))[0]?.max, 2);
  await sql.query(`update job set ended_at = now() - interval '31 days' where id = $1`, [middle]);
  assert.deepEqual(await store.retention.sweep(DAYS), { points: 3, logs: 0, events: 0 });
  assert.deepEqual(await store.retention.sweep({ points: 0, logs: 0, events: 0 }), { points: 0, logs: 0, events: 0 });
});

it('deletes old events but the newest, from which the feed counts on', async () => {
  await startJob(store);
  const newest = await store.events.assignSequence();
  await sql.query(`update event set time = now() - interval '200 days'`);
  await startJob(store); // has no place yet
  const { events } = await store.retention.sweep(DAYS);
  assert.equal(events, newest - 1);
  assert.ok((await store.events.assignSequence()) > newest);
  const [first, second] = await store.events.after(0, [], 10);
  assert.deepEqual([first?.seq, second?.seq], [newest, newest + 1]);
});
