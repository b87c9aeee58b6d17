import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ClaimedJob, createStore, type Store } from '@crucible/store';
import { type AttemptRun, type AttemptRunParts, createSpoolBudget, startAttempt } from '@crucible/worker/testing';
import { withDatabase } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { claim, newJob, newWorker } from '../support/running-attempt.ts';
import { openTcpGate } from '../support/tcp-gate.ts';
import { TINY_SLOT, tinyAttemptParts } from '../support/tiny-attempts.ts';

/** Long enough for whoever listens. */
const TIMES = { messageMs: 20_000, termMs: 10_000 };
const { databaseUrl, store, sql } = await withDatabase();

describe('an attempt', () => {
  let folder = '';
  let parts: AttemptRunParts;
  before(async () => {
    parts = await tinyAttemptParts(store);
    folder = parts.dataDir;
  });
  after(() => rm(folder, { recursive: true }));

  const submit = async (config: Record<string, unknown>): Promise<string> => {
    const { value } = await store.jobs.submit(
      newJob({ method: 'tiny', config: { steps: 6, every: 2, at: -1, fault: 'none', ...config } }),
    );
    return value.id;
  };
  const claimIt = async (jobId: string): Promise<ClaimedJob> =>
    claim(store, jobId, (await store.workers.register(newWorker())).workerId);
  const start = (claimed: ClaimedJob, over: Partial<AttemptRunParts> = {}): AttemptRun =>
    startAttempt(claimed, [TINY_SLOT], { ...parts, ...over });
  /** Runs the job's next attempt to its end. */
  const runNext = async (jobId: string): Promise<void> => start(await claimIt(jobId)).ended;

  const points = async (jobId: string, from: Store = store) => {
    const { steps, values } = await from.metrics.points(jobId, { key: 'train/loss', maxPoints: 5000 });
    return { steps, values };
  };
  const weights = async (jobId: string): Promise<string> => {
    const hash = createHash('sha256');
    for await (const chunk of (await store.artifacts.open(jobId, 'weights.bin')).chunks) hash.update(chunk);
    return hash.digest('hex');
  };
  /** Takes the fault out of a job that would meet it again, and lets it start at once. */
  const mend = (jobId: string) =>
    sql.query(`update job set config = jsonb_set(config, '{fault}', '"none"'), not_before = null where id = $1`, [
      jobId,
    ]);
  const reached = (run: AttemptRun, step: number) => eventually(`step ${step}`, async () => run.step >= step);
  const assertSameResult = async (jobId: string, as: string): Promise<void> => {
    assert.deepEqual(await points(jobId), await points(as));
    assert.equal(await weights(jobId), await weights(as));
  };

  it('that succeeds has stored all it reported, and leaves nothing on disk', async () => {
    const jobId = await submit({});
    await runNext(jobId);
    const job = await store.jobs.get(jobId);
    assert.equal(job.state, 'succeeded');
    assert.deepEqual(job.summary, { steps: 6 });
    assert.deepEqual((await points(jobId)).steps, [1, 2, 3, 4, 5, 6]);
    const checkpoints = await store.checkpoints.list(jobId);
    assert.ok(checkpoints.every(({ state }) => state === 'committed' || state === 'deleted'));
    assert.equal(checkpoints[0]?.step, 6);
    const [attempt] = await store.attempts.list(jobId);
    assert.equal(attempt?.engine?.device, 'plain numbers');
    const { data: lines } = await store.logs.page(jobId, { limit: 100 });
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['Attempt 1 starts from the beginning.', 'tiny begins'],
    );
    assert.deepEqual(await readdir(join(folder, 'spool')), []);
    assert.deepEqual(await readdir(join(folder, 'children')), []);
  });

  it('that is asked to release its job saves a checkpoint, and the next ends bit-equal to one that never stopped', async () => {
    const whole = await submit({ steps: 400, every: 50 });
    await runNext(whole);
    const jobId = await submit({ steps: 400, every: 50, at: 60, fault: 'idle' });
    const run = start(await claimIt(jobId));
    await reached(run, 60);
    run.stop('release', TIMES);
    await run.ended;
    assert.equal((await store.jobs.get(jobId)).state, 'queued');
    await runNext(jobId);
    const [first, second] = await store.attempts.list(jobId);
    assert.equal(first?.endCode, 'drained');
    assert.equal(second?.resumedFromStep, 61);
    await assertSameResult(jobId, whole);
  });

  it('whose child is killed is tried again from the last checkpoint', async () => {
    const whole = await submit({ steps: 9 });
    await runNext(whole);
    const jobId = await submit({ steps: 9, at: 5, fault: 'abort' });
    await runNext(jobId);
    const [killed] = await store.attempts.list(jobId);
    assert.deepEqual([killed?.outcome, killed?.endCode], ['failed', 'child-killed']);
    assert.match(killed?.detail ?? '', /Signal SIGKILL/);
    const { state, waiting } = await store.jobs.get(jobId);
    assert.equal(state, 'queued', JSON.stringify(waiting));
    await mend(jobId);
    await runNext(jobId);
    assert.equal((await store.attempts.list(jobId))[1]?.resumedFromStep, 4);
    await assertSameResult(jobId, whole);
  });

  it('that goes on from the checkpoint of another engine warns of it in the log of its job', async () => {
    const jobId = await submit({ steps: 9, at: 5, fault: 'abort' });
    await runNext(jobId);
    await sql.query(`update attempt set engine = jsonb_set(engine, '{threads}', '8') where job_id = $1`, [jobId]);
    await mend(jobId);
    await runNext(jobId);
    assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
    const { data: lines } = await store.logs.page(jobId, { limit: 100 });
    const warnings = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    assert.match(warnings.join(), /comes from another engine \(cpu on plain numbers, 8 thread\(s\)\)/);
  });

  it('of a method that fails ends the job with the reason', async () => {
    const jobId = await submit({ at: 3, fault: 'data' });
    await runNext(jobId);
    const { state, endCode, detail } = await store.jobs.get(jobId);
    assert.deepEqual([state, endCode, detail], ['failed', 'data-error', 'no such data']);
    assert.deepEqual((await points(jobId)).steps, [1, 2, 3]);
    const { data: lines } = await store.logs.page(jobId, { limit: 100, level: 'error' });
    assert.equal(lines[0]?.message, 'no such data');
  });

  it('that is canceled stops, also when its method does not listen', async () => {
    for (const fault of ['none', 'deaf']) {
      const jobId = await submit({ steps: 1_000_000, every: 1_000_000, at: 3, fault });
      const run = start(await claimIt(jobId));
      await reached(run, 3);
      await store.jobs.cancel(jobId);
      const from = performance.now();
      run.stop('cancel', { messageMs: 1000, termMs: 1000 });
      await run.ended;
      assert.ok(performance.now() - from < 5000);
      assert.equal((await store.jobs.get(jobId)).state, 'canceled');
    }
  });

  it('that is paused or preempted saves a checkpoint first, and one that is killed does not', async () => {
    for (const [intent, outcome] of [
      ['pause', 'paused'],
      ['preempt', 'preempted'],
      ['kill', 'canceled'],
    ] as const) {
      const jobId = await submit({ steps: 400, every: 50, at: 60, fault: intent === 'kill' ? 'deaf' : 'idle' });
      const run = start(await claimIt(jobId));
      await reached(run, 60);
      await sql.query(`update job set state = 'stopping', stop_intent = $2 where id = $1`, [jobId, intent]);
      const from = performance.now();
      run.stop(intent, intent === 'kill' ? undefined : TIMES);
      await run.ended;
      assert.ok(performance.now() - from < 5000);
      const [attempt] = await store.attempts.list(jobId);
      assert.deepEqual([attempt?.outcome, attempt?.endCode], [outcome, outcome]);
      assert.equal((await store.checkpoints.latest(jobId))?.manifest.step, intent === 'kill' ? 50 : 61);
    }
  });

  it('that is preempted and then shut down keeps the shorter deadline and the stronger cause', async () => {
    const jobId = await submit({ steps: 400, every: 50, at: 60, fault: 'deaf' });
    const run = start(await claimIt(jobId));
    await reached(run, 60);
    await sql.query(`update job set state = 'stopping', stop_intent = 'preempt' where id = $1`, [jobId]);
    run.stop('preempt', { messageMs: 3_600_000, termMs: 1000 });
    run.stop('release', { messageMs: 50, termMs: 1000 });
    await run.ended;
    assert.equal((await store.attempts.list(jobId))[0]?.outcome, 'preempted');
  });

  it('that does not get on for too long is ended as stalled', async () => {
    const jobId = await submit({ steps: 10, at: 3, fault: 'idle' });
    const claimed = await claimIt(jobId);
    await start({ ...claimed, limits: { ...claimed.limits, stallSeconds: 1 } }).ended;
    const [attempt] = await store.attempts.list(jobId);
    assert.deepEqual([attempt?.outcome, attempt?.endCode], ['failed', 'stalled']);
    assert.match(attempt?.detail ?? '', /no new step for 1 seconds \(limits\.stallSeconds\)/);
  });

  it('writes nothing past its lease, computes on, and stores it all once a heartbeat is answered', async () => {
    const jobId = await submit({ steps: 3000, every: 100 });
    const claimed = await claimIt(jobId);
    const run = startAttempt(claimed, [TINY_SLOT], { ...parts, leaseMs: 50_000 }, performance.now() - 60_000);
    await reached(run, 3000);
    assert.deepEqual(await store.metrics.series(jobId), []);
    run.renew(performance.now());
    await run.ended;
    assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
    assert.equal((await points(jobId)).steps.length, 3000);
  });

  it('that lost its job ends its child and stores nothing more', async () => {
    const jobId = await submit({ steps: 1_000_000, every: 10 });
    const claimed = await claimIt(jobId);
    const run = start(claimed);
    await eventually('a checkpoint', async () => (await store.checkpoints.latest(jobId)) !== null);
    const [{ worker_id: workerId }] = (await sql.query('select worker_id from attempt where id = $1', [run.attemptId]))
      .rows;
    await store.workers.deregister(workerId);
    await run.ended; // the next batch is refused, and that ends it
    const [lost] = await store.attempts.list(jobId);
    assert.equal(lost?.outcome, 'lost');
    assert.equal((await store.jobs.get(jobId)).state, 'queued');
    assert.deepEqual(await readdir(join(folder, 'children')), []);
  });

  it('goes on from the checkpoint before when the last one is damaged', async () => {
    const whole = await submit({ steps: 9 });
    await runNext(whole);
    const jobId = await submit({ steps: 9, at: 5, fault: 'throw' });
    await runNext(jobId);
    await mend(jobId);
    const newest = await store.checkpoints.latest(jobId);
    assert.equal(newest?.manifest.step, 4);
    const sha256 = newest?.manifest.tensors[0]?.chunks[0] ?? '';
    await sql.query(
      `update chunk set data = set_byte(data, 0, get_byte(data, 0) # 1) where sha256 = decode($1, 'hex')`,
      [sha256],
    );
    await store.jobs.retry(jobId);
    await runNext(jobId);
    assert.equal((await store.attempts.list(jobId))[1]?.resumedFromStep, 2);
    assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
    await assertSameResult(jobId, whole);
  });

  it('computes through an outage of the database and then stores everything, once and in order', async () => {
    const address = new URL(databaseUrl);
    const gate = await openTcpGate(address.hostname, Number(address.port));
    address.host = `127.0.0.1:${gate.port}`;
    const behind = createStore({ databaseUrl: address.href, applicationName: 'behind the gate', poolSize: 4 });
    const whole = await submit({ steps: 3000, every: 100 });
    await runNext(whole);
    const jobId = await submit({ steps: 3000, every: 100 });
    const run = start(await claimIt(jobId), { store: behind });
    await reached(run, 200);
    await gate.shut();
    await reached(run, 3000); // the child does not wait for the database
    await gate.open();
    await run.ended;
    assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
    await assertSameResult(jobId, whole);
    await behind.close();
    await gate.shut();
  });

  it('is held back while the spool is full, and goes on to the very same result', async () => {
    const address = new URL(databaseUrl);
    const gate = await openTcpGate(address.hostname, Number(address.port));
    address.host = `127.0.0.1:${gate.port}`;
    const behind = createStore({ databaseUrl: address.href, applicationName: 'behind the gate', poolSize: 4 });
    const steps = 30_000;
    const whole = await submit({ steps, every: 10_000 });
    await runNext(whole);
    const jobId = await submit({ steps, every: 10_000 });
    const budget = createSpoolBudget(100_000);
    const run = start(await claimIt(jobId), { store: behind, budget });
    await reached(run, 10);
    await gate.shut();
    await eventually('a full spool', async () => budget.isFull);
    let last = -1;
    let seen = 0;
    await eventually('a child that waits', async () => {
      seen = run.step === last ? seen + 1 : 0;
      last = run.step;
      return seen === 20;
    });
    assert.ok(last < steps, `${last}`);
    await gate.open();
    await run.ended;
    assert.equal((await store.jobs.get(jobId)).state, 'succeeded');
    await assertSameResult(jobId, whole);
    assert.equal(budget.bytes, 0);
    await behind.close();
    await gate.shut();
  });

  it('of a method that does not wait ends once nothing more can be kept', async () => {
    const jobId = await submit({ at: 3, fault: 'chatter' });
    const budget = createSpoolBudget(100_000, 100_000);
    const heard: boolean[] = [];
    budget.watch((isFull) => heard.push(isFull));
    // Nothing can be stored before a heartbeat is answered.
    const run = startAttempt(
      await claimIt(jobId),
      [TINY_SLOT],
      { ...parts, leaseMs: 1000, budget },
      performance.now() - 2000,
    );
    await eventually('more than it may keep', async () => heard.length === 2); // full, then given up
    run.renew(performance.now() + 60_000);
    await run.ended;
    const [attempt] = await store.attempts.list(jobId);
    assert.deepEqual([attempt?.outcome, attempt?.endCode], ['failed', 'infrastructure']);
    assert.match(attempt?.detail ?? '', /MiB wait on disk to be stored/);
  });
});
