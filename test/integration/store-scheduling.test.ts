import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { JobView, Waiting } from '@crucible/contracts';
import { plan } from '@crucible/scheduler';
import type { NewJob, NewWorker } from '@crucible/store';
import { withDatabase } from '../support/database.ts';
import {
  claim,
  dispatch,
  dispatchAll,
  METHOD_ERROR,
  newJob,
  newWorker,
  SUCCESS,
  snapshot,
  startJob,
} from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

beforeEach(() => sql.query('truncate job, worker, event, reconcile_pass, team_share, scheduling_pass cascade'));

const slot = (index: number) => ({ index, kind: 'cpu' as const, model: 'test', memoryMib: null });
const ago = (seconds: number) => `now() - interval '${seconds} seconds'`;
const sendAll = async () => {
  const rows = await store.outbox.takeUnsent(100);
  await store.outbox.markSent(rows.map((row) => row.id));
  return rows;
};

/** A decision to dispatch a job as it is now. */
const decisionOf = ({ id, version, tier }: JobView, workerId: string) => ({ jobId: id, version, workerId, tier });
const submit = async (over: Partial<NewJob> = {}): Promise<JobView> => (await store.jobs.submit(newJob(over))).value;
const register = async (over: Partial<NewWorker> = {}): Promise<string> =>
  (await store.workers.register(newWorker(over))).workerId;

describe('a snapshot', () => {
  it('holds what waits, what is held, and the workers that take attempts', async () => {
    const b = await register({ name: 'b', slots: [slot(0), slot(1)] });
    const a = await register({ name: 'a' });
    await store.workers.hold(await register({ name: 'c' }), 'cordoned');
    const running = await submit({ limits: { maxRunSeconds: 600, maxQueueSeconds: null, stallSeconds: null } });
    await claim(store, running.id, a);
    const dispatched = await submit({ resources: { pool: 'default', slots: 2 }, tier: 'low' });
    await dispatch(store, dispatched.id, b);
    const waiting = await submit({ priority: 90, tier: 'urgent', notBefore: '2030-01-01T00:00:00.000Z' });
    const seen = await snapshot(store);
    const { now, jobs, held, workers, teams } = seen;
    assert.ok(Math.abs(now - Date.now()) < 60_000);
    const submittedAt = Date.parse(waiting.submittedAt);
    const notBefore = Date.parse('2030-01-01T00:00:00.000Z');
    assert.deepEqual(jobs, [
      {
        id: waiting.id,
        version: waiting.version,
        hasReason: false,
        pool: 'default',
        team: 'default',
        user: '00000000-0000-7000-8000-000000000001',
        method: 'zen-nas',
        slots: 1,
        tier: 'urgent',
        priority: 90,
        submittedAt,
        waitingSince: notBefore,
        notBefore,
        hasFailed: false,
        maxRunSeconds: null,
        avoidWorker: null,
      },
    ]);
    assert.deepEqual(
      held.map((each) => [each.jobId, each.workerId, each.state, each.slots, each.tier, each.maxRunSeconds]),
      [
        [running.id, a, 'running', 1, 'normal', 600],
        [dispatched.id, b, 'dispatched', 2, 'low', null],
      ],
    );
    assert.deepEqual(
      workers.map(({ id, name, slots, coolOffUntil }) => [id, name, slots, coolOffUntil]),
      [
        [a, 'a', 1, null],
        [b, 'b', 2, null],
      ],
    );
    assert.deepEqual(
      teams.map(({ id }) => id),
      ['default'],
    );
    assert.deepEqual(
      plan(seen, now).waiting.map(({ code }) => code),
      ['not-before'],
    );
  });

  it('names the worker of the last failure, and lets one rest that was lost twice', async () => {
    const first = await startJob(store);
    const name = 'shaky';
    const lose = async (): Promise<string> => {
      const workerId = await register({ name });
      await claim(store, first.job.id, workerId);
      await register({ name }); // a new boot ends what the old one held
      return workerId;
    };
    await store.attempts.release(first.attempt);
    await lose();
    assert.equal((await snapshot(store)).jobs[0]?.avoidWorker, name);
    const restOf = async () => (await snapshot(store)).workers.find((worker) => worker.name === name)?.coolOffUntil;
    assert.equal(await restOf(), null, 'once may happen');
    await lose();
    const { now } = await snapshot(store);
    const rest = ((await restOf()) ?? 0) - now;
    assert.ok(rest > 590_000 && rest <= 600_000, `rests ${rest} ms`);
  });

  it('adds up what a team has used, with decay, whether it is charged yet or not', async () => {
    const { attempt } = await startJob(store);
    const used = async () => (await snapshot(store)).teams[0]?.usedSlotSeconds ?? 0;
    await sql.query(`update attempt set claimed_at = ${ago(1000)}`);
    assert.ok(Math.abs((await used()) - 1000 * (1 - (1000 / 86_400) * (Math.LN2 / 2))) < 2, `${await used()}`);
    await store.attempts.finish({ ...attempt, ...METHOD_ERROR });
    const before = await used();
    await store.scheduling.chargeUse(86_400);
    assert.ok(Math.abs((await used()) - before) < 1, 'charging changes nothing that is read');
    await store.scheduling.chargeUse(86_400);
    assert.ok(Math.abs((await used()) - before) < 1, 'and charges once');
    await sql.query(`update team_share set as_of = ${ago(86_400)}`);
    assert.ok(Math.abs((await used()) - before / 2) < 1, 'half of it is left after a half-life');
  });

  it('knows the median run of a method and the urgent hours of a week', async () => {
    for (const seconds of [100, 300, 200]) {
      const { attempt } = await startJob(store, { tier: 'urgent' });
      await sql.query(`update attempt set claimed_at = ${ago(seconds)}, tier = 'urgent' where id = $1`, [
        attempt.attemptId,
      ]);
      await store.attempts.finish({ ...attempt, ...SUCCESS });
    }
    const { medianRunSeconds, urgentHours } = await store.scheduling.slowFacts();
    assert.ok(Math.abs((medianRunSeconds['zen-nas'] ?? 0) - 200) < 2);
    assert.ok(Math.abs((urgentHours.default ?? 0) - 600 / 3600) < 0.01);
  });
});

describe('dispatch', () => {
  it('makes attempt, fence and message in one go, once per job', async () => {
    const job = await submit();
    const workerId = await register({ name: 'w' });
    const decision = decisionOf(job, workerId);
    const made = (await Promise.all(Array.from({ length: 5 }, () => dispatchAll(store, [decision])))).flat();
    assert.equal(made.length, 1);
    const [attempt] = made;
    assert.deepEqual([attempt?.jobId, attempt?.fence, attempt?.number], [job.id, 1, 1]);
    assert.deepEqual(
      (await store.outbox.takeUnsent(10)).map(({ worker, message }) => ({ worker, message })),
      [{ worker: 'w', message: { attemptId: attempt?.attemptId, fence: 1, slots: 1 } }],
    );
    assert.equal((await store.jobs.get(job.id)).waiting?.code, 'dispatched');
  });

  it('never gives a worker more than its slots, whoever decides at once', async () => {
    const workerId = await register({ slots: [slot(0), slot(1), slot(2)] });
    const jobs = await Promise.all(Array.from({ length: 8 }, () => submit()));
    const wide = await submit({ resources: { pool: 'default', slots: 2 } });
    const decisions = [...jobs.slice(0, 4), wide, ...jobs.slice(4)].map((job) => decisionOf(job, workerId));
    await Promise.all([0, 3, 6].map((from) => dispatchAll(store, decisions.slice(from))));
    const { rows } = await sql.query(
      `select coalesce(sum(j.slots), 0)::int as taken from attempt a join job j on j.id = a.job_id where a.state <> 'ended'`,
    );
    assert.equal(rows[0].taken, 3);
  });

  it('passes over a worker that takes no attempts, is of another pool or is unknown', async () => {
    const job = await submit();
    const cordoned = await register();
    await store.workers.hold(cordoned, 'cordoned');
    const elsewhere = await register({ pool: 'gpu' });
    for (const workerId of [cordoned, elsewhere, '00000000-0000-7000-8000-000000000000'])
      assert.deepEqual(await dispatchAll(store, [decisionOf(job, workerId)]), []);
  });

  it('passes over jobs that changed since the snapshot and keeps the order of the others', async () => {
    const jobs = [];
    for (let i = 0; i < 4; i++) jobs.push((await store.jobs.submit(newJob())).value);
    const workerId = await register({ slots: Array.from({ length: 9 }, (_, index) => slot(index)) });
    const decisions = jobs.map((job) => decisionOf(job, workerId)).reverse();
    await store.jobs.cancel(jobs[1]?.id ?? '');
    const unknown = { jobId: '00000000-0000-7000-8000-000000000000', version: 1, workerId, tier: 'normal' } as const;
    const made = await dispatchAll(store, [...decisions, unknown]);
    assert.deepEqual(
      made.map((attempt) => attempt.jobId),
      [jobs[3]?.id, jobs[2]?.id, jobs[0]?.id],
    );
    assert.deepEqual(await dispatchAll(store, []), []);
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
    const { attemptId, fence } = await dispatch(store, job.id, await register());
    assert.equal((await store.scheduling.reconcile()).reannounced, 0, 'not sent yet');
    await sendAll();
    assert.equal((await store.scheduling.reconcile()).reannounced, 0, 'sent just now');
    await sql.query(`update outbox set sent_at = ${ago(11)}`);
    assert.equal((await store.scheduling.reconcile()).reannounced, 1);
    assert.equal((await store.scheduling.reconcile()).reannounced, 0, 'it waits to be sent');
    assert.deepEqual(
      (await sendAll()).map((row) => row.message),
      [{ attemptId, fence, slots: 1 }],
    );
  });

  it('gives an attempt up that nobody claimed for a minute, with a new fence for the next', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const workerId = await register();
    const old = await dispatch(store, job.id, workerId);
    await sql.query(`update attempt set dispatched_at = ${ago(600)}`);
    assert.equal((await store.scheduling.reconcile()).notClaimed, 0, 'while the queue is away it is not given up');
    await sendAll();
    await sql.query(`update outbox set sent_at = ${ago(61)}`);
    assert.equal((await store.scheduling.reconcile()).notClaimed, 1);
    const now = await store.jobs.get(job.id);
    assert.deepEqual([now.state, now.waiting], ['queued', null]);
    const [view] = await store.attempts.list(job.id);
    assert.deepEqual([view?.state, view?.outcome, view?.endCode], ['ended', 'lost', 'not-claimed']);
    assert.equal(await store.attempts.claim({ ...old, workerId, slots: [0] }), null);
    const next = await dispatch(store, job.id, workerId);
    assert.deepEqual([next.number, next.fence], [2, 2]);
    assert.notEqual(await store.attempts.claim({ ...next, workerId, slots: [0] }), null);
  });

  it('takes back at once what is on its way to a worker that is lost or drains', async () => {
    const [lost, draining] = [await register(), await register()];
    const [first, second] = [await submit(), await submit()];
    await dispatch(store, first.id, lost);
    await dispatch(store, second.id, draining);
    await store.scheduling.reconcile();
    await sql.query(`update worker set seen_at = ${ago(31)} where id = $1`, [lost]);
    await store.workers.hold(draining, 'draining');
    assert.equal((await store.scheduling.reconcile()).notClaimed, 2);
    const endOf = async (id: string) => (await store.attempts.list(id))[0]?.endCode;
    assert.deepEqual([await endOf(first.id), await endOf(second.id)], ['not-claimed', 'drained']);
  });

  it('notices a silent worker, which is ready again at its next heartbeat', async () => {
    const { workerId } = await store.workers.register(newWorker());
    await store.scheduling.reconcile();
    await sql.query(`update worker set seen_at = ${ago(31)}`);
    assert.equal((await store.scheduling.reconcile()).lostWorkers, 1);
    assert.equal((await store.workers.list(null))[0]?.state, 'lost');
    assert.equal((await snapshot(store)).workers.length, 0);
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
  await dispatch(store, waiting.id, await register());
  await startJob(store);
  await sendAll();
  await sql.query(`update outbox set sent_at = ${ago(3700)}`);
  assert.equal(await store.outbox.sweep(), 1);
});

describe('preemption', () => {
  it('asks the attempt that was meant to stop, with a deadline, and no other', async () => {
    const { job, attempt } = await startJob(store);
    const { job: other } = await startJob(store);
    const apply = (fence: number) =>
      store.scheduling.apply({ dispatch: [], preempt: [{ jobId: job.id, fence }], graceSeconds: 120 });
    assert.deepEqual((await apply(attempt.fence + 1)).preempted, [], 'it has changed hands since');
    assert.deepEqual((await apply(attempt.fence)).preempted, [job.id]);
    assert.deepEqual((await apply(attempt.fence)).preempted, [], 'it is stopping already');
    const view = await store.jobs.get(job.id);
    assert.deepEqual(
      [view.state, view.stopIntent, (await store.jobs.get(other.id)).state],
      ['stopping', 'preempt', 'running'],
    );
    const { rows } = await sql.query(
      `select extract(epoch from stop_deadline - now())::int as left from job where id = $1`,
      [job.id],
    );
    assert.ok(rows[0].left > 110 && rows[0].left <= 120);
    assert.equal((await snapshot(store)).held.find(({ jobId }) => jobId === job.id)?.state, 'stopping');
  });
});

describe('admission', () => {
  it('refuses what no worker of the pool could ever hold, and takes jobs for a pool without workers', async () => {
    const two = (pool: string) => submit({ resources: { pool, slots: 2 } });
    await register();
    await assert.rejects(two('default'), { code: 'unsatisfiable' });
    assert.equal((await two('gpu')).state, 'queued');
    await register({ slots: [slot(0), slot(1)] });
    assert.equal((await two('default')).state, 'queued');
  });

  it('refuses a job beyond the most that a team may have waiting', async () => {
    await sql.query('update team set max_queued = 2');
    try {
      const first = await submit();
      await submit();
      await assert.rejects(submit(), { code: 'quota-exceeded' });
      await store.jobs.cancel(first.id);
      assert.equal((await submit()).state, 'queued');
    } finally {
      await sql.query('update team set max_queued = 10000');
    }
  });
});

describe('records of passes', () => {
  it('give back what was stored, newest first, and keep to a number and a time', async () => {
    const record = (now: number) =>
      store.scheduling.recordPass({
        now,
        numDispatched: 1,
        numPreempted: 2,
        numRefused: 3,
        document: { now, plan: ['x'] },
      });
    const now = Date.now();
    await record(now - 90_000_000); // more than a day ago
    for (let index = 0; index < 503; index++) await record(now + index);
    const passes = await store.scheduling.passes(1000);
    assert.equal(passes.length, 500);
    assert.deepEqual(passes[0], {
      id: passes[0]?.id,
      time: new Date(now + 502).toISOString(),
      numDispatched: 1,
      numPreempted: 2,
      numRefused: 3,
    });
    assert.deepEqual(await store.scheduling.pass(passes[0]?.id ?? ''), { now: now + 502, plan: ['x'] });
    await assert.rejects(store.scheduling.pass('1'), { code: 'not-found' });
  });
});
