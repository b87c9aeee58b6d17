/**
 * @file T5, all that Redis held is lost, and Redis is killed: with two hundred jobs in all states nothing is lost,
 * nothing runs twice, and dispatch goes on within 15 s each time, also of what lay in the queues.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { createLogger, DispatchQueues, type Election, startElection } from '@crucible/api';
import { eachRound } from '../support/fault-rounds.ts';
import { endsOf, withOwnCluster } from '../support/own-cluster.ts';
import { eventually } from '../support/poll.ts';
import { newJob, newWorker } from '../support/running-attempt.ts';
import { type SimulatedConfig, type SimulatedWorker, startSimulatedWorker } from '../support/simulated-worker.ts';

const NUM = { long: 150, short: 20, blocked: 10, paused: 10, canceled: 5, failing: 5 };
const NUM_JOBS = Object.values(NUM).reduce((sum, num) => sum + num, 0);
const RESUMES_MS = 15_000;
const LIMIT_MS = 120_000;
/** Slots of a worker that is known but takes nothing yet, so that its messages lie in Redis. */
const LATE_SLOTS = 4;

const { store, sql, servers, redis } = await withOwnCluster();
const log = createLogger('silent');

describe('T5: Redis forgets, and restarts', () => {
  let queues: DispatchQueues;
  let election: Election;
  before(() => {
    queues = new DispatchQueues(servers.redis.url, log);
    election = startElection({ store, queues, log });
  });
  after(async () => {
    await election.stop();
    await queues.close();
  });

  eachRound('loses nothing, runs nothing twice and dispatches again', async (draw) => {
    await sql.query('truncate job cascade');
    const pool = `t05-${randomUUID().slice(0, 8)}`;
    const workers: SimulatedWorker[] = [];
    const start = async (slots: number, over: { name?: string; bootId?: string } = {}) => {
      workers.push(await startSimulatedWorker({ store, pool, slots, redisUrl: servers.redis.url, ...over }));
    };
    const submit = async (config: Partial<SimulatedConfig>, over: Parameters<typeof newJob>[0] = {}) => {
      const whole = { steps: 100 + draw(150), checkpointEach: 0, ...config };
      const job = newJob({ method: 'simulated', config: whole, resources: { pool, slots: 1 }, ...over });
      return (await store.jobs.submit(job)).value.id;
    };
    const several = (num: number, make: () => Promise<string>) => Promise.all(Array.from({ length: num }, make));
    const countOf = async (text: string, values: unknown[] = []): Promise<number> =>
      Number((await sql.query(`select count(*) as num from ${text}`, values)).rows[0]?.num);
    /** Attempts that were claimed later than this; by the clock of the database. */
    const claimsAfter = (time: Date) => countOf('attempt where claimed_at > $1', [time]);
    const now = async (): Promise<Date> => (await sql.query<{ now: Date }>('select now() as now')).rows[0]?.now as Date;

    try {
      for (const slots of [3, 3, 2]) await start(slots);
      await several(NUM.short, () => submit({ steps: 1 }, { priority: 90 }));
      await several(NUM.failing, () => submit({ steps: 1, isFailing: true }, { priority: 90 }));
      const long = await several(NUM.long, () => submit({}));
      const needs = [{ job: long[0] ?? '', on: 'success' as const }];
      await several(NUM.blocked, () => submit({}, { needs }));
      const paused = await several(NUM.paused, () => submit({}, { isPaused: true }));
      for (const id of await several(NUM.canceled, () => submit({}, { priority: 0 }))) await store.jobs.cancel(id);

      const late = { name: `late-${pool}`, bootId: randomUUID() };
      const slots = Array.from(
        { length: LATE_SLOTS },
        (_, index) => ({ index, kind: 'cpu', model: 'test', memoryMib: null }) as const,
      );
      const { workerId } = await store.workers.register(newWorker({ ...late, pool, slots: [...slots] }));
      const lying = `attempt a join outbox o on o.attempt_id = a.id where a.worker_id = $1 and o.sent_at is not null`;
      await eventually('messages that nobody takes', async () => (await countOf(lying, [workerId])) === LATE_SLOTS);
      const { rows: held } = await sql.query<{ id: string }>('select id from attempt where worker_id = $1', [workerId]);
      await eventually('jobs in all states', async () => {
        const { states } = await endsOf({ sql });
        return ['queued', 'running', 'paused', 'blocked', 'succeeded', 'failed', 'canceled'].every(
          (state) => (states[state] ?? 0) > 0,
        );
      });
      assert.equal((await endsOf({ sql })).jobs, NUM_JOBS);

      const flushedAt = await now();
      await redis.flushall();
      await start(LATE_SLOTS, late);
      await eventually('a claim after the loss', async () => (await claimsAfter(flushedAt)) > LATE_SLOTS, RESUMES_MS);
      const claimedOfHeld = () =>
        countOf('attempt where id = any($1) and claimed_at is not null', [held.map(({ id }) => id)]);
      await eventually('what lay in Redis', async () => (await claimedOfHeld()) === LATE_SLOTS, RESUMES_MS);

      await servers.redis.kill();
      // Slots fall free and are given out while nothing can be announced.
      await eventually(
        'dispatches that wait',
        async () => (await countOf('outbox where sent_at is null')) >= 5,
        LIMIT_MS,
      );
      await servers.redis.start();
      const backAt = await now();
      await eventually('a claim after the restart', async () => (await claimsAfter(backAt)) >= 5, RESUMES_MS);

      for (const id of paused) await store.jobs.resume(id);
      await eventually(
        'the end of all jobs',
        async () => (await countOf(`job where state not in ('succeeded', 'failed', 'canceled')`)) === 0,
        LIMIT_MS,
      );
      const ends = await endsOf({ sql });
      const { canceled, failing: failed } = NUM;
      assert.deepEqual(ends.states, { succeeded: NUM_JOBS - canceled - failed, failed, canceled });
      assert.equal(ends.notOnce, 0, 'each job ends once');
      assert.equal(ends.ranTwice, 0, 'no job is claimed twice');
      const started = workers.reduce((sum, worker) => sum + worker.started, 0);
      assert.equal(started, NUM_JOBS - canceled, 'no attempt starts twice');
      assert.equal(await countOf(`attempt where outcome not in ('succeeded', 'failed')`), 0, 'no attempt was given up');
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  });
});
