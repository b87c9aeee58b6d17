import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Waiting } from '@crucible/contracts';
import { withDatabase } from '../support/database.ts';
import { claim, dispatch, METHOD_ERROR, newJob, newWorker, startJob } from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

beforeEach(() => sql.query('truncate job, worker, event, reconcile_pass cascade'));

const slot = (index: number) => ({ index, kind: 'cpu' as const, model: 'test', memoryMib: null });
const ago = (seconds: number) => `now() - interval '${seconds} seconds'`;
const sendAll = async () => {
  const rows = await store.outbox.takeUnsent(100);
  await store.outbox.markSent(rows.map((row) => row.id));
  return rows;
};

describe('a snapshot', () => {
  it('holds the queue in order, and the slots of ready workers with what takes them', async () => {
    await store.workers.register(newWorker({ name: 'b', slots: [slot(0), slot(1)] }));
    const { workerId: busy } = await store.workers.register(newWorker({ name: 'a' }));
    const { workerId: draining } = await store.workers.register(newWorker({ name: 'c' }));
    await store.workers.leave(draining);
    const submit = async (name: string, priority: number) =>
      (await store.jobs.submit(newJob({ name, priority }))).value;
    const running = await submit('running', 50);
    await claim(store, running.id, busy);
    await submit('low', 10);
    await submit('second', 50);
    const dispatched = await submit('dispatched', 50);
    await dispatch(store, dispatched.id);
    await submit('high', 90);
    await store.jobs.submit(newJob({ name: 'elsewhere', resources: { pool: 'gpu', slots: 1 } }));
    const { now, queued, pools } = await store.scheduling.snapshot();
    assert.ok(Math.abs(now - Date.now()) < 60_000);
    assert.deepEqual(
      queued.map((job) => [job.name, job.pool, job.isDispatched, job.notBefore]),
      [
        ['high', 'default', false, null],
        ['second', 'default', false, null],
        ['dispatched', 'default', true, null],
        ['elsewhere', 'gpu', false, null],
        ['low', 'default', false, null],
      ],
    );
    assert.equal(queued[2]?.version, (await store.jobs.get(dispatched.id)).version);
    assert.equal(queued[2]?.submittedAt, Date.parse(dispatched.submittedAt));
    assert.deepEqual(
      pools.map(({ name, total, busy: taken, workers }) => [name, total, taken, workers.map((w) => [w.name, w.busy])]),
      [
        [
          'default',
          3,
          2,
          [
            ['a', 1],
            ['b', 0],
          ],
        ],
        ['gpu', 0, 0, []],
      ],
    );
    const queue = await store.scheduling.queue(null);
    assert.deepEqual(queue.slots, { total: 3, busy: 2 });
    assert.deepEqual(queue.data.map((entry) => [entry.name, entry.waiting.code]).slice(1, 3), [
      ['second', 'priority'],
      ['dispatched', 'dispatched'],
    ]);
  });
});

describe('dispatch', () => {
  it('makes attempt, fence and message in one go, once per job', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const decision = { jobId: job.id, version: job.version };
    const made = (await Promise.all(Array.from({ length: 5 }, () => store.scheduling.dispatch([decision])))).flat();
    assert.equal(made.length, 1);
    const [attempt] = made;
    assert.deepEqual([attempt?.jobId, attempt?.fence, attempt?.number], [job.id, 1, 1]);
    assert.deepEqual(
      (await store.outbox.takeUnsent(10)).map(({ pool, message }) => ({ pool, message })),
      [{ pool: 'default', message: { attemptId: attempt?.attemptId, fence: 1 } }],
    );
    assert.equal((await store.jobs.get(job.id)).waiting?.code, 'dispatched');
  });

  it('passes over jobs that changed since the snapshot and keeps the order of the others', async () => {
    const jobs = [];
    for (let i = 0; i < 4; i++) jobs.push((await store.jobs.submit(newJob())).value);
    const decisions = jobs.map(({ id, version }) => ({ jobId: id, version })).reverse();
    await store.jobs.cancel(jobs[1]?.id ?? '');
    const made = await store.scheduling.dispatch([
      ...decisions,
      { jobId: '00000000-0000-7000-8000-000000000000', version: 1 },
    ]);
    assert.deepEqual(
      made.map((attempt) => attempt.jobId),
      [jobs[3]?.id, jobs[2]?.id, jobs[0]?.id],
    );
    assert.deepEqual(await store.scheduling.dispatch([]), []);
  });

  it('cannot give a job a second live attempt, by the database itself', async () => {
    const { job } = await startJob(store);
    const second = `insert into attempt (id, job_id, number, fence) values (gen_random_uuid(), $1, 2, 2)`;
    await assert.rejects(sql.query(second, [job.id]), /attempt_one_live_per_job/);
  });
});

describe('setWaiting', () => {
  it('writes only what changed, and nothing for jobs that no longer wait', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const { job: running } = await startJob(store);
    const waiting: Waiting = {
      code: 'resources',
      message: 'all 1 slots are busy',
      position: 1,
      estimatedStart: null,
      blocking: [],
    };
    const reasons = [
      { jobId: job.id, waiting },
      { jobId: running.id, waiting },
    ];
    assert.equal(await store.scheduling.setWaiting(reasons), 1);
    assert.deepEqual((await store.jobs.get(job.id)).waiting, waiting);
    assert.equal((await store.jobs.get(job.id)).version, 2);
    assert.equal(await store.scheduling.setWaiting(reasons), 0);
    assert.equal(await store.scheduling.setWaiting([{ jobId: job.id, waiting: { ...waiting, position: 2 } }]), 1);
    assert.equal((await store.jobs.get(running.id)).waiting, null);
  });
});

describe('reconcile', () => {
  const quiet = { isBlind: false, lost: 0, reannounced: 0, late: 0, notClaimed: 0, lostWorkers: 0 };

  it('queues a job again whose lease ran out, and fences the attempt', async () => {
    const { job, attempt } = await startJob(store);
    assert.deepEqual(await store.scheduling.reconcile(), quiet);
    await sql.query(`update attempt set lease_until = ${ago(1)}`);
    assert.deepEqual(await store.scheduling.reconcile(), { ...quiet, lost: 1 });
    const now = await store.jobs.get(job.id);
    assert.deepEqual([now.state, now.endCode], ['queued', null]);
    const [view] = await store.attempts.list(job.id);
    assert.deepEqual([view?.outcome, view?.endCode], ['lost', 'worker-lost']);
    await assert.rejects(store.attempts.finish({ ...attempt, ...METHOD_ERROR }), /no longer owns/);
    assert.deepEqual(await store.scheduling.reconcile(), quiet);
  });

  it('leaves every lease alone after a pause in which it could not see', async () => {
    await startJob(store);
    await store.scheduling.reconcile();
    await sql.query(`update attempt set lease_until = ${ago(1)}`);
    await sql.query(`update worker set seen_at = ${ago(100)}`);
    await sql.query(`update reconcile_pass set finished_at = ${ago(16)}`);
    const blind = { ...quiet, isBlind: true };
    assert.deepEqual(await store.scheduling.reconcile(), blind);
    assert.deepEqual(await store.scheduling.reconcile(), blind); // it sees again, but not for a whole lease yet
    const { rows } = await sql.query(`select blind_until > now() + interval '28 seconds' as ok from reconcile_pass`);
    assert.equal(rows[0].ok, true);
    await sql.query(`update reconcile_pass set blind_until = ${ago(1)}`);
    assert.deepEqual(await store.scheduling.reconcile(), { ...quiet, lost: 1, lostWorkers: 1 });
  });

  it('leaves leases alone when Postgres was started since the last pass', async () => {
    await startJob(store);
    await store.scheduling.reconcile();
    await sql.query(`update attempt set lease_until = ${ago(1)}`);
    await sql.query(`update reconcile_pass set finished_at = pg_postmaster_start_time() - interval '1 second'`);
    assert.equal((await store.scheduling.reconcile()).isBlind, true);
  });

  it('announces a dispatched attempt again that nobody claimed for ten seconds', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const { attemptId, fence } = await dispatch(store, job.id);
    assert.equal((await store.scheduling.reconcile()).reannounced, 0, 'not sent yet');
    await sendAll();
    assert.equal((await store.scheduling.reconcile()).reannounced, 0, 'sent just now');
    await sql.query(`update outbox set sent_at = ${ago(11)}`);
    assert.equal((await store.scheduling.reconcile()).reannounced, 1);
    assert.equal((await store.scheduling.reconcile()).reannounced, 0, 'it waits to be sent');
    assert.deepEqual(
      (await sendAll()).map((row) => row.message),
      [{ attemptId, fence }],
    );
  });

  it('gives an attempt up that nobody claimed for a minute, with a new fence for the next', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const old = await dispatch(store, job.id);
    await sql.query(`update attempt set dispatched_at = ${ago(600)}`);
    assert.equal((await store.scheduling.reconcile()).notClaimed, 0, 'while the queue is away it is not given up');
    await sendAll();
    await sql.query(`update outbox set sent_at = ${ago(61)}`);
    assert.equal((await store.scheduling.reconcile()).notClaimed, 1);
    const now = await store.jobs.get(job.id);
    assert.deepEqual([now.state, now.waiting], ['queued', null]);
    const [view] = await store.attempts.list(job.id);
    assert.deepEqual([view?.state, view?.outcome, view?.endCode], ['ended', 'lost', 'not-claimed']);
    const { workerId } = await store.workers.register(newWorker());
    assert.equal(await store.attempts.claim({ ...old, workerId, slot: 0 }), null);
    const next = await dispatch(store, job.id);
    assert.deepEqual([next.number, next.fence], [2, 2]);
    assert.notEqual(await store.attempts.claim({ ...next, workerId, slot: 0 }), null);
  });

  it('notices a silent worker, which is ready again at its next heartbeat', async () => {
    const { workerId } = await store.workers.register(newWorker());
    await store.scheduling.reconcile();
    await sql.query(`update worker set seen_at = ${ago(31)}`);
    assert.equal((await store.scheduling.reconcile()).lostWorkers, 1);
    assert.equal((await store.workers.list(null))[0]?.state, 'lost');
    assert.equal((await store.scheduling.snapshot()).pools.length, 0);
    await store.attempts.heartbeat({ workerId, eventLoopLagMs: 0, spoolBytes: 0, attempts: [] });
    assert.equal((await store.workers.list(null))[0]?.state, 'ready');
  });

  it('ends a job whose attempt was lost while a user had asked to cancel it', async () => {
    const { job } = await startJob(store);
    await store.scheduling.reconcile();
    await store.jobs.cancel(job.id);
    await sql.query(`update attempt set lease_until = ${ago(1)}`);
    await store.scheduling.reconcile();
    assert.equal((await store.jobs.get(job.id)).state, 'canceled');
  });
});

it('sweeps messages an hour after they were sent, unless their attempt still waits', async () => {
  const { value: waiting } = await store.jobs.submit(newJob());
  await dispatch(store, waiting.id);
  await startJob(store);
  await sendAll();
  await sql.query(`update outbox set sent_at = ${ago(3700)}`);
  assert.equal(await store.outbox.sweep(), 1);
});
