import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { claim, newJob, newWorker, snapshot, startJob } from '../support/running-attempt.ts';

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
  const beat = { eventLoopLagMs: 0, spoolBytes: 0, attempts: [{ ...attempt, step: 1, progress: null }] };
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
  await store.workers.leave(workerId);
  const [view] = await find(worker.name);
  assert.ok(view !== undefined);
  const { startedAt, seenAt, ...rest } = view;
  assert.ok(startedAt <= seenAt);
  assert.deepEqual(rest, {
    ...worker,
    id: workerId,
    state: 'draining',
    hold: null,
    attempts: [],
    eventLoopLagMs: 0,
    spoolBytes: 0,
  });
  await sql.query(`update worker set seen_at = now() - interval '25 hours' where id = $1`, [workerId]);
  assert.deepEqual(await find(worker.name), []);
});

it('ends what a worker still holds when it leaves', async () => {
  const { job, workerId } = await startJob(store);
  await store.workers.deregister(workerId);
  await store.workers.deregister(workerId);
  assert.equal((await store.jobs.get(job.id)).state, 'queued');
  await assert.rejects(store.workers.leave(workerId), hasCode('not-found'));
  await assert.rejects(store.workers.hold(workerId, 'cordoned'), hasCode('not-found'));
});

describe('an operator', () => {
  const pools = async () => (await snapshot(store)).workers.map(({ pool }) => pool);
  const state = async (name: string) => (await find(name))[0]?.state;

  it('cordons a worker: it gets nothing new, keeps what it runs, and may work again', async () => {
    const { workerId } = await store.workers.register(newWorker({ name: 'cordoned', pool: 'cordon' }));
    assert.ok((await pools()).includes('cordon'));
    assert.equal((await store.workers.hold(workerId, 'cordoned')).state, 'cordoned');
    assert.ok(!(await pools()).includes('cordon'));
    await sql.query(`update worker set state = 'lost' where id = $1`, [workerId]);
    await store.attempts.heartbeat({ workerId, eventLoopLagMs: 0, spoolBytes: 5, attempts: [] });
    const [view] = await find('cordoned');
    assert.deepEqual([view?.state, view?.hold, view?.spoolBytes], ['cordoned', 'cordoned', 5]);
    assert.equal((await store.workers.hold(workerId, null)).state, 'ready');
  });

  it('drains a worker: it is told to give each attempt back, unless somebody stops the job anyway', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const beat = async () =>
      (
        await store.attempts.heartbeat({
          workerId,
          eventLoopLagMs: 0,
          spoolBytes: 0,
          attempts: [{ ...attempt, step: 0, progress: null }],
        })
      ).map(({ command, graceMs }) => ({ command, graceMs }));
    assert.deepEqual((await store.workers.hold(workerId, 'draining')).attempts.length, 1);
    assert.deepEqual(await beat(), [{ command: 'drain', graceMs: null }]);
    await store.jobs.cancel(job.id);
    const [stop] = await beat();
    assert.equal(stop?.command, 'cancel');
    assert.ok((stop?.graceMs ?? 0) > 8000 && (stop?.graceMs ?? 0) <= 10_000);
  });

  it('means the machine: what is asked of a worker outlasts its restart', async () => {
    const worker = newWorker({ name: 'held' });
    const first = await store.workers.register(worker);
    await store.workers.hold(first.workerId, 'draining');
    const second = await store.workers.register({ ...worker, bootId: 'second' });
    assert.equal(await state('held'), 'draining');
    await store.workers.hold(second.workerId, null);
    await store.workers.deregister(second.workerId);
    await store.workers.register({ ...worker, bootId: 'third' });
    assert.equal(await state('held'), 'ready');
  });

  it('cannot bring a worker back that shuts down', async () => {
    const { workerId } = await store.workers.register(newWorker({ name: 'leaving' }));
    await store.workers.leave(workerId);
    assert.equal((await store.workers.hold(workerId, null)).state, 'draining');
  });
});
