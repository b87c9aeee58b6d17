import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, newJob, newWorker, startJob } from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

const find = async (name: string) => (await store.workers.list(null)).filter((view) => view.name === name);

it('ends at once what an earlier boot of the same worker left behind', async () => {
  const worker = newWorker();
  const { workerId, leftovers } = await store.workers.register(worker);
  assert.deepEqual(leftovers, []);
  const { value: job } = await store.jobs.submit(newJob());
  const attempt = await claim(store, job.id, workerId);
  const again = await store.workers.register({ ...worker, bootId: 'second boot' });
  assert.deepEqual(again.leftovers, [{ attemptId: attempt.attemptId, jobId: job.id, number: 1 }]);
  assert.notEqual(again.workerId, workerId);
  assert.equal((await store.jobs.get(job.id)).state, 'queued');
  const beat = { eventLoopLagMs: 0, attempts: [{ ...attempt, step: 1, progress: null }] };
  const commands = await store.attempts.heartbeat({ ...beat, workerId });
  assert.deepEqual(
    commands.map(({ command }) => command),
    ['fenced'],
  );
  const next = await claim(store, job.id, again.workerId);
  assert.equal(next.number, 2);
  const views = await find(worker.name);
  assert.deepEqual(
    views.map((view) => [view.id, view.state, view.attempts.length]),
    [[again.workerId, 'ready', 1]],
  );
});

it('takes a repeated registration of one boot for the same worker', async () => {
  const worker = newWorker();
  const first = await store.workers.register(worker);
  const { value: job } = await store.jobs.submit(newJob());
  await claim(store, job.id, first.workerId);
  assert.deepEqual(await store.workers.register(worker), { workerId: first.workerId, leftovers: [] });
  assert.equal((await store.jobs.get(job.id)).state, 'running');
});

it('lets one of many boots go by a name', async () => {
  const worker = newWorker();
  await Promise.all(Array.from({ length: 5 }, (_, i) => store.workers.register({ ...worker, bootId: `boot ${i}` })));
  const { rows } = await sql.query(`select count(*)::int as n from worker where name = $1 and state <> 'gone'`, [
    worker.name,
  ]);
  assert.equal(rows[0].n, 1);
});

it('shows a worker as it registered, until a day after it was last seen', async () => {
  const { bootId, ...worker } = newWorker();
  const { workerId } = await store.workers.register({ ...worker, bootId });
  await store.workers.setState(workerId, 'draining');
  const [view] = await find(worker.name);
  assert.ok(view !== undefined);
  const { startedAt, seenAt, ...rest } = view;
  assert.ok(startedAt <= seenAt);
  assert.deepEqual(rest, { ...worker, id: workerId, state: 'draining', attempts: [], eventLoopLagMs: 0 });
  await sql.query(`update worker set seen_at = now() - interval '25 hours' where id = $1`, [workerId]);
  assert.deepEqual(await find(worker.name), []);
});

it('ends what a worker still holds when it leaves', async () => {
  const { job, workerId } = await startJob(store);
  await store.workers.deregister(workerId);
  await store.workers.deregister(workerId);
  assert.equal((await store.jobs.get(job.id)).state, 'queued');
  await assert.rejects(store.workers.setState(workerId, 'ready'), hasCode('not-found'));
});
