import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { it } from 'node:test';
import { CHANNELS } from '@crucible/store';
import { withDatabase } from '../support/database.ts';
import { newJob, newWorker, SUCCESS, startJob } from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

it('is empty before anything happened', async () => {
  assert.equal(await store.events.assignSequence(), 0);
  assert.deepEqual(await store.events.after(0, [], 10, null), []);
});

it('tells of every change of a job in order, with the version that the change made', async () => {
  const { job, attempt } = await startJob(store);
  await store.jobs.cancel(job.id);
  await store.attempts.release(attempt);
  await store.jobs.retry(job.id);
  await store.events.assignSequence();
  const events = await store.events.after(0, [`job:${job.id}`], 100, null);
  assert.deepEqual(
    events.map((event) => [event.kind, event.state]),
    [
      ['job.submitted', 'queued'],
      ['job.state', 'running'],
      ['job.state', 'stopping'],
      ['job.state', 'canceled'],
      ['job.state', 'queued'],
    ],
  );
  const versions = events.map((event) => event.version ?? 0);
  assert.deepEqual(
    [...versions].sort((a, b) => a - b),
    versions,
  );
  assert.equal(versions.at(-1), await store.jobs.getVersion(job.id));
  assert.deepEqual(events[3]?.data, { endCode: 'canceled' });
});

it('filters by topic and pages by seq', async () => {
  const from = await store.events.assignSequence();
  const { job, attempt } = await startJob(store);
  await store.artifacts.store({ ...attempt, name: 'a.txt', mediaType: 'text/plain', content: [Buffer.from('a')] });
  await store.attempts.finish({ ...attempt, ...SUCCESS });
  await store.jobs.submit(newJob());
  await store.events.assignSequence();
  const kinds = async (...topics: string[]) =>
    (await store.events.after(from, topics, 100, null)).map((event) => event.kind);
  assert.deepEqual(await kinds('workers'), ['worker.state']);
  assert.deepEqual(await kinds('jobs'), ['job.submitted', 'job.state', 'job.state', 'job.submitted']);
  assert.deepEqual(await kinds(`job:${job.id}`), ['job.submitted', 'job.state', 'artifact.stored', 'job.state']);
  assert.equal((await kinds('workers', `job:${job.id}`)).length, 5);
  const all = await store.events.after(from, [], 100, null);
  const [first] = await store.events.after(from, [], 1, null);
  assert.deepEqual([first], all.slice(0, 1));
  assert.deepEqual(await store.events.after(first?.seq ?? 0, [], 100, null), all.slice(1));
});

it('has no gap, no repeat and no latecomer for a reader, while many commit and two assign', async () => {
  const from = await store.events.assignSequence();
  const writing = new AbortController();
  const assign = async () => {
    while (!writing.signal.aborted) await store.events.assignSequence();
  };
  const seen: number[] = [];
  const read = async () => {
    const events = await store.events.after(seen.at(-1) ?? from, [], 7, null);
    seen.push(...events.map((event) => event.seq));
    return events.length;
  };
  const readOn = async () => {
    while (!writing.signal.aborted) await read();
  };
  // rows whose ids were drawn early and that commit late: a reader of ids alone would pass over them
  const slow = async () => {
    const client = await sql.connect();
    for (let i = 0; i < 15; i++) {
      await client.query('begin');
      await client.query(`insert into event (kind, data) values ('worker.state', '{}')`);
      await store.jobs.submit(newJob());
      await client.query('commit');
    }
    client.release();
  };
  const fast = async () => {
    for (let i = 0; i < 40; i++) await store.jobs.submit(newJob());
  };
  const writers = Promise.all([slow(), slow(), fast(), fast()]).finally(() => writing.abort());
  await Promise.all([writers, assign(), assign(), readOn()]);
  const newest = await store.events.assignSequence();
  while ((await read()) > 0);
  assert.deepEqual(
    seen,
    Array.from({ length: newest - from }, (_, i) => from + 1 + i),
  );
  assert.equal(seen.length, 15 * 2 * 2 + 80);
  assert.equal(await store.events.newest(), newest);
});

it('wakes the leader on a commit and readers on a place in the feed', async () => {
  const heard = new EventEmitter();
  const wake = await store.listen(CHANNELS.wake, () => heard.emit('wake'));
  const placed = await store.listen(CHANNELS.events, (seq) => heard.emit('events', seq));
  const woken = once(heard, 'wake');
  await store.workers.register(newWorker());
  await woken;
  const told = once(heard, 'events');
  const newest = await store.events.assignSequence();
  assert.deepEqual(await told, [String(newest)]);
  await wake.close();
  await placed.close();
});
