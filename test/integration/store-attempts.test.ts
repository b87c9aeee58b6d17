import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { END_CODES, type EndCode } from '@crucible/contracts';
import { CHANNELS, type ClaimedJob } from '@crucible/store';
import { hasCode } from '../support/codes.ts';
import { withDatabase } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import {
  claim,
  dispatch,
  dispatchAll,
  METHOD_ERROR,
  newJob,
  newWorker,
  SUCCESS,
  startJob,
} from '../support/running-attempt.ts';

const { store, sql } = await withDatabase();

const failure = (endCode: EndCode) => ({ ...METHOD_ERROR, endCode });

describe('claim', () => {
  it('gives the worker what it needs and moves the job to running', async () => {
    const { job, attempt } = await startJob(store, { seed: 11 });
    const { attemptId, fence, ...rest } = attempt;
    assert.deepEqual(rest, {
      jobId: job.id,
      number: 1,
      method: 'zen-nas',
      methodVersion: '1',
      config: { generations: 3 },
      seed: 11,
      limits: job.limits,
      resume: null,
    });
    const now = await store.jobs.get(job.id);
    assert.equal(now.state, 'running');
    assert.notEqual(now.startedAt, null);
    const [view] = await store.attempts.list(job.id);
    assert.equal(view?.state, 'running');
    assert.equal(view?.id, attemptId);
    assert.equal(fence, 1);
  });

  it('succeeds once, and only for the worker that the attempt was dispatched to', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const { workerId: chosen } = await store.workers.register(newWorker());
    const { attemptId, fence } = await dispatch(store, job.id, chosen);
    const others = await Promise.all(Array.from({ length: 5 }, () => store.workers.register(newWorker())));
    const claims = await Promise.all(
      [chosen, chosen, ...others.map(({ workerId }) => workerId)].map((workerId) =>
        store.attempts.claim({ attemptId, fence, workerId, slots: [0] }),
      ),
    );
    assert.equal(claims.filter((claimed) => claimed !== null).length, 1);
  });

  it('gives nothing for a wrong fence, a wrong number of slots, another worker, one that is gone or a canceled job', async () => {
    const { workerId } = await store.workers.register(newWorker());
    const other = await store.workers.register(newWorker({ pool: 'other' }));
    const gone = await store.workers.register(newWorker());
    await store.workers.deregister(gone.workerId);
    const { value: job } = await store.jobs.submit(newJob());
    const { attemptId, fence } = await dispatch(store, job.id, workerId);
    const attempt = { attemptId, fence, workerId, slots: [0] };
    assert.equal(await store.attempts.claim({ ...attempt, slots: [0, 1] }), null);
    assert.equal(await store.attempts.claim({ ...attempt, fence: fence + 1 }), null);
    assert.equal(await store.attempts.claim({ ...attempt, workerId: other.workerId }), null);
    assert.equal(await store.attempts.claim({ ...attempt, workerId: gone.workerId }), null);
    await store.jobs.cancel(job.id);
    assert.equal(await store.attempts.claim(attempt), null);
    const [view] = await store.attempts.list(job.id);
    assert.deepEqual([view?.state, view?.outcome], ['ended', 'superseded']);
  });
});

describe('heartbeat', () => {
  it('renews leases, keeps progress and raises the version only when progress moved', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const beat = (done: number) =>
      store.attempts.heartbeat({
        workerId,
        eventLoopLagMs: 1.5,
        spoolBytes: 0,
        attempts: [{ ...attempt, step: done, progress: { phase: 'search', done, total: 9, message: '' } }],
      });
    await sql.query(`update attempt set lease_until = now() - interval '1 second' where id = $1`, [attempt.attemptId]);
    const before = await store.jobs.getVersion(job.id);
    assert.deepEqual(await beat(1), [{ attemptId: attempt.attemptId, command: 'none', graceMs: null }]);
    const { rows } = await sql.query(
      `select lease_until > now() + interval '25 seconds' as ok from attempt where id = $1`,
      [attempt.attemptId],
    );
    assert.equal(rows[0].ok, true);
    assert.equal((await store.jobs.get(job.id)).progress?.done, 1);
    assert.equal(await store.jobs.getVersion(job.id), before + 1);
    await beat(1);
    assert.equal(await store.jobs.getVersion(job.id), before + 1);
    const worker = (await store.workers.list()).find((view) => view.id === workerId);
    assert.equal(worker?.eventLoopLagMs, 1.5);
    assert.deepEqual(worker?.attempts, [{ jobId: job.id, number: 1, slots: [0] }]);
  });

  it('tells the worker to cancel, and fences what it does not own', async () => {
    const mine = await startJob(store);
    const other = await startJob(store);
    await store.jobs.cancel(mine.job.id);
    const entry = { step: 0, progress: null };
    const commands = await store.attempts.heartbeat({
      workerId: mine.workerId,
      eventLoopLagMs: 0,
      spoolBytes: 0,
      attempts: [
        { ...other.attempt, ...entry },
        { ...mine.attempt, ...entry },
        { ...mine.attempt, ...entry, fence: 99, attemptId: '00000000-0000-7000-8000-000000000000' },
      ],
    });
    assert.deepEqual(
      commands.map(({ command }) => command),
      ['fenced', 'cancel', 'fenced'],
    );
  });

  it('notifies of progress, also when it is too long for a notification', async () => {
    const { job, attempt, workerId } = await startJob(store);
    const heard: { maxStep: number; progress: unknown }[] = [];
    const heardBoth = new EventEmitter();
    const listener = await store.listen(CHANNELS.hints, (payload) => {
      const hint = JSON.parse(payload);
      if (hint.jobId !== job.id) return;
      heard.push({ maxStep: hint.maxStep, progress: hint.progress });
      if (heard.length === 2) heardBoth.emit('done');
    });
    const beat = (step: number, message: string) =>
      store.attempts.heartbeat({
        workerId,
        eventLoopLagMs: 0,
        spoolBytes: 0,
        attempts: [{ ...attempt, step, progress: { phase: 'train', done: step, total: 9, message } }],
      });
    const done = once(heardBoth, 'done');
    await beat(3, 'short');
    await beat(4, 'x'.repeat(9000));
    await done;
    await listener.close();
    assert.deepEqual(heard, [
      { maxStep: 3, progress: { phase: 'train', done: 3, total: 9, message: 'short' } },
      { maxStep: 4, progress: null },
    ]);
  });

  it('does not wait for ever on jobs that other statements move at the same time', async () => {
    const jobs = await Promise.all(Array.from({ length: 6 }, () => startJob(store)));
    const round = async (step: number) =>
      Promise.all(
        jobs.flatMap(({ attempt, workerId }) => [
          store.attempts.heartbeat({
            workerId,
            eventLoopLagMs: 0,
            spoolBytes: 0,
            attempts: [{ ...attempt, step, progress: { phase: 'p', done: step, total: 99, message: '' } }],
          }),
          store.attempts.setEngine(attempt, newWorker().engine),
        ]),
      );
    for (let step = 1; step <= 20; step++) await round(step);
    await Promise.all(
      jobs.flatMap(({ attempt, workerId }) => [
        store.attempts.heartbeat({
          workerId,
          eventLoopLagMs: 0,
          spoolBytes: 0,
          attempts: [{ ...attempt, step: 30, progress: null }],
        }),
        store.attempts.finish({ ...attempt, ...SUCCESS }),
      ]),
    );
  });
});

describe('finish', () => {
  it('ends the job with its summary, and answers a repeat with the state reached', async () => {
    const { job, attempt } = await startJob(store);
    assert.equal(await store.attempts.finish({ ...attempt, ...SUCCESS }), 'succeeded');
    assert.equal(await store.attempts.finish({ ...attempt, ...SUCCESS }), 'succeeded');
    const view = await store.jobs.get(job.id);
    assert.deepEqual([view.state, view.endCode, view.summary], ['succeeded', 'ok', { accuracy: 0.9 }]);
    assert.notEqual(view.endedAt, null);
  });

  it('refuses success while a stream is short', async () => {
    const { attempt } = await startJob(store);
    const early = { ...attempt, ...SUCCESS, streams: { metrics: 1, logs: 1 } };
    await assert.rejects(store.attempts.finish(early), hasCode('sequence-gap'));
    await store.metrics.appendBatch({ ...attempt, sequence: 1, points: [] });
    await assert.rejects(store.attempts.finish(early), hasCode('sequence-gap'));
    await store.logs.appendBatch({ ...attempt, sequence: 1, lines: [] });
    assert.equal(await store.attempts.finish(early), 'succeeded');
  });

  it('tries again within the budget of the cause, then fails with it; a user may grant a new budget', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const { workerId } = await store.workers.register(newWorker());
    const spend = async () => {
      for (let i = 0; i < END_CODES['checkpoint-corrupt'].retries; i++)
        assert.equal(
          await store.attempts.finish({ ...(await claim(store, job.id, workerId)), ...failure('checkpoint-corrupt') }),
          'queued',
        );
      // another cause has a budget of its own
      const pause = async () => sql.query('update job set not_before = null where id = $1', [job.id]);
      assert.equal(
        await store.attempts.finish({ ...(await claim(store, job.id, workerId)), ...failure('child-killed') }),
        'queued',
      );
      await pause();
      return store.attempts.finish({ ...(await claim(store, job.id, workerId)), ...failure('checkpoint-corrupt') });
    };
    assert.equal(await spend(), 'failed');
    const failed = await store.jobs.get(job.id);
    assert.deepEqual([failed.endCode, failed.detail], ['checkpoint-corrupt', 'it broke']);
    const retried = (await store.jobs.retry(job.id)).value;
    assert.deepEqual([retried.state, retried.endCode, retried.detail, retried.endedAt], ['queued', null, null, null]);
    assert.equal(await spend(), 'failed');
    assert.equal((await store.jobs.get(job.id)).attempts, 10);
  });

  it('makes a job wait after a killed child, and not after a lost worker', async () => {
    const { job, attempt, workerId } = await startJob(store);
    assert.equal(await store.attempts.finish({ ...attempt, ...failure('child-killed') }), 'queued');
    const { rows } = await sql.query(
      `select extract(epoch from not_before - queued_at)::float8 as waits from job where id = $1`,
      [job.id],
    );
    assert.ok(rows[0].waits >= 0 && rows[0].waits <= 5, `waits ${rows[0].waits} s`);
    await sql.query(`update job set not_before = now() + interval '5 seconds' where id = $1`, [job.id]);
    const { version } = await store.jobs.get(job.id);
    assert.deepEqual(await dispatchAll(store, [{ jobId: job.id, version, workerId, tier: 'normal' }]), []);
    const lost = await startJob(store);
    await sql.query(`update attempt set lease_until = now() - interval '1 second' where id = $1`, [
      lost.attempt.attemptId,
    ]);
    await store.scheduling.reconcile();
    assert.equal((await store.jobs.get(lost.job.id)).notBefore, null);
  });

  it('takes a cancel to its end, and none that nobody asked for', async () => {
    const { job, attempt } = await startJob(store);
    const canceled = { ...METHOD_ERROR, outcome: 'canceled', endCode: 'canceled', detail: null } as const;
    await assert.rejects(store.attempts.finish({ ...attempt, ...canceled }), hasCode('illegal-transition'));
    assert.equal((await store.jobs.cancel(job.id)).value.state, 'stopping');
    assert.equal((await store.jobs.cancel(job.id)).value.state, 'stopping');
    assert.equal(await store.attempts.finish({ ...attempt, ...canceled }), 'canceled');
    assert.equal((await store.jobs.get(job.id)).endCode, 'canceled');
  });
});

describe('release', () => {
  it('queues the job again for free, as often as workers shut down', async () => {
    const { value: job } = await store.jobs.submit(newJob());
    const { workerId } = await store.workers.register(newWorker());
    for (let i = 0; i < 15; i++) {
      const attempt = await claim(store, job.id, workerId);
      assert.equal(await store.attempts.release(attempt), 'queued');
    }
    const outcomes = (await store.attempts.list(job.id)).map((attempt) => [attempt.outcome, attempt.endCode].join(' '));
    assert.deepEqual([...new Set(outcomes)], ['released drained']);
  });

  it('cancels the job when a user had asked for that', async () => {
    const { job, attempt } = await startJob(store);
    await store.jobs.cancel(job.id);
    assert.equal(await store.attempts.release(attempt), 'canceled');
  });
});

describe('an attempt that lost its job', () => {
  it('is refused by every write, and changes nothing', async () => {
    const { job, attempt: old, workerId } = await startJob(store);
    await store.attempts.release(old);
    const current = await claim(store, job.id, workerId);
    const view = await store.jobs.get(job.id);
    const manifest = { format: 1, method: 'zen-nas', step: 1, state: {}, tensors: [] } as const;
    const stale = hasCode('stale-fence');
    const writes: (() => Promise<unknown>)[] = [
      () => store.metrics.appendBatch({ ...old, sequence: 1, points: [{ key: 'a', step: 1, value: 1, timeMs: 0 }] }),
      () => store.logs.appendBatch({ ...old, sequence: 1, lines: [] }),
      () => store.checkpoints.begin({ ...old, manifest: { ...manifest, tensors: [] } }),
      () => store.artifacts.store({ ...old, name: 'a', mediaType: 'text/plain', content: [] }),
      () => store.attempts.setEngine(old, newWorker().engine),
      () => store.attempts.markResumed(old, 3),
      () => store.attempts.finish({ ...old, ...SUCCESS }),
      () => store.attempts.finish({ ...old, ...failure('child-killed') }),
      // the right attempt with a wrong fence, and the wrong attempt with the right fence
      () => store.logs.appendBatch({ ...current, fence: old.fence, sequence: 1, lines: [] }),
      () => store.logs.appendBatch({ ...old, fence: current.fence, sequence: 1, lines: [] }),
    ];
    for (const write of writes) await assert.rejects(write(), stale);
    assert.deepEqual(await store.jobs.get(job.id), view);
    assert.deepEqual(await store.metrics.series(job.id), []);
    assert.equal(await store.attempts.finish({ ...current, ...SUCCESS }), 'succeeded');
    for (const write of writes.slice(0, 2)) await assert.rejects(write(), stale);
  });

  it('cannot slip a write in while its job changes hands: the write waits, and is refused', async () => {
    const isWaiting = async () =>
      (await sql.query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`))
        .rowCount === 1;
    const manifest = { format: 1 as const, method: 'zen-nas', step: 1, state: {}, tensors: [] };
    const writes = (attempt: ClaimedJob, checkpointId: string): (() => Promise<unknown>)[] => [
      () => store.metrics.appendBatch({ ...attempt, sequence: 1, points: [] }),
      () => store.logs.appendBatch({ ...attempt, sequence: 1, lines: [] }),
      () => store.checkpoints.begin({ ...attempt, manifest: { ...manifest, step: 2 } }),
      () => store.checkpoints.commit({ ...attempt, checkpointId }),
      () => store.artifacts.store({ ...attempt, name: 'a', mediaType: 'text/plain', content: [] }),
      () => store.attempts.finish({ ...attempt, ...SUCCESS }),
      () => store.attempts.release(attempt),
    ];
    for (let i = 0; i < 7; i++) {
      const { job, attempt } = await startJob(store);
      const { checkpointId } = await store.checkpoints.begin({ ...attempt, manifest });
      const other = await sql.connect();
      await other.query('begin');
      await other.query('update job set fence = fence + 1 where id = $1', [job.id]);
      let isSettled = false;
      const write = assert.rejects(
        async () => writes(attempt, checkpointId)[i]?.(),
        hasCode('stale-fence'),
        `write ${i}`,
      );
      const settled = write.finally(() => {
        isSettled = true;
      });
      await eventually('the write waits', async () => isSettled || (await isWaiting()));
      await other.query('commit');
      other.release();
      await settled;
    }
  });
});

it('keeps what an attempt says of its engine', async () => {
  const { job, attempt } = await startJob(store);
  const { engine } = newWorker();
  await store.attempts.setEngine(attempt, engine);
  assert.deepEqual((await store.attempts.list(job.id))[0]?.engine, engine);
});

it('tells of a cancel at once', async () => {
  const { job, attempt } = await startJob(store);
  const heard = new EventEmitter();
  const listener = await store.listen(CHANNELS.cancels, (payload) => heard.emit('cancel', payload));
  const told = once(heard, 'cancel');
  await store.jobs.cancel(job.id);
  assert.deepEqual(await told, [attempt.attemptId]);
  await listener.close();
});
