import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createLogger, DispatchQueues, startElection } from '@crucible/api';
import { type DispatchMessage, dispatchQueue, type JobView, type QueueView, type Readiness } from '@crucible/contracts';
import { createStore } from '@crucible/store';
import { Queue } from 'bullmq';
import { eventually } from '../support/poll.ts';
import { runApi, testRedisUrl } from '../support/running-api.ts';
import { newWorker } from '../support/running-attempt.ts';
import { openTcpGate } from '../support/tcp-gate.ts';

const redis = new URL(testRedisUrl());
const gate = await openTcpGate(redis.hostname, Number(redis.port || 6379));
const gatedUrl = new URL(redis.href);
gatedUrl.hostname = '127.0.0.1';
gatedUrl.port = String(gate.port);

const api = await runApi({ redisUrl: gatedUrl.href });

describe('the way from submit to the queue', () => {
  const queues: Queue<DispatchMessage>[] = [];
  after(async () => {
    await api.close();
    await gate.shut();
    for (const queue of queues) {
      await queue.obliterate({ force: true });
      await queue.close();
    }
  });

  /** The queue of a worker as it sees it, past the gate. */
  const queueOf = (worker: string): Queue<DispatchMessage> => {
    const queue = new Queue<DispatchMessage>(dispatchQueue(worker), { connection: { url: redis.href } });
    queues.push(queue);
    return queue;
  };
  const submit = async (pool: string, priority = 50): Promise<JobView> => {
    const { status, body } = await api.post<JobView>('/v1/jobs', { method: 'zen-nas', priority, resources: { pool } });
    assert.equal(status, 202);
    return body;
  };
  const attemptOf = async (jobId: string) => {
    const { rows } = await api.sql.query<{ attemptId: string; fence: number }>(
      'select id as "attemptId", fence from attempt where job_id = $1',
      [jobId],
    );
    return rows[0];
  };
  const announced = (queue: Queue<DispatchMessage>, jobId: string) =>
    eventually(`the announcement of job ${jobId}`, async () => {
      const attempt = await attemptOf(jobId);
      return attempt !== undefined && (await queue.getJob(attempt.attemptId)) !== undefined && attempt;
    });
  const waitingOf = async (jobId: string) => (await api.get<JobView>(`/v1/jobs/${jobId}`)).body.waiting;

  it('announces a submitted job to a ready worker, as an id, a fence and a size', async () => {
    const pool = `${api.pool}-a`;
    const queue = queueOf(pool);
    await api.store.workers.register(newWorker({ pool, name: pool }));
    const job = await submit(pool);
    const attempt = await announced(queue, job.id);
    const message = await queue.getJob(attempt.attemptId);
    assert.deepEqual(message?.data, { attemptId: attempt.attemptId, fence: attempt.fence, slots: 1 });
    assert.equal((await waitingOf(job.id))?.code, 'dispatched');
    const { rows } = await api.sql.query('select from outbox where sent_at is null');
    assert.equal(rows.length, 0);
  });

  it('never dispatches more than the slots, larger priority first, and tells the others why they wait', async () => {
    const pool = `${api.pool}-b`;
    const low = await submit(pool, 10);
    const high = await submit(pool, 90);
    const middle = await submit(pool, 50);
    await eventually('a reason', async () => (await waitingOf(low.id))?.code === 'pool-offline');
    await api.store.workers.register(newWorker({ pool, name: pool }));
    await eventually('the reasons', async () => (await waitingOf(low.id))?.code === 'priority');
    const reasons = [await waitingOf(high.id), await waitingOf(middle.id), await waitingOf(low.id)];
    assert.deepEqual(
      reasons.map((waiting) => waiting?.code),
      ['dispatched', 'resources', 'priority'],
    );
    const { body } = await api.get<QueueView>(`/v1/queue?pool=${pool}`);
    assert.deepEqual(
      body.data.map(({ jobId, waiting }) => [jobId, waiting.position]),
      [
        [high.id, 1],
        [middle.id, 1],
        [low.id, 2],
      ],
    );
    assert.deepEqual(body.slots, { total: 1, busy: 1 });
    assert.equal((await api.get<QueueView>(`/v1/queue?pool=${pool}&limit=1`)).body.data.length, 2);
    await api.post(`/v1/jobs/${high.id}/cancel`);
    await eventually('the next in line', async () => (await waitingOf(middle.id))?.code === 'dispatched');
  });

  it('accepts jobs while Redis is away and dispatches them once it is back', async () => {
    const pool = `${api.pool}-c`;
    const queue = queueOf(pool);
    await api.store.workers.register(newWorker({ pool, name: pool }));
    await gate.shut();
    const degraded = await eventually('the loss of Redis', async () => {
      const { status, body } = await api.get<Readiness>('/readyz');
      return body.redis === false && { status, body };
    });
    assert.equal(degraded.status, 200);
    assert.deepEqual([degraded.body.status, degraded.body.degraded], ['degraded', ['dispatch']]);
    const job = await submit(pool);
    await eventually('the decision', () => attemptOf(job.id));
    const attempt = await attemptOf(job.id);
    assert.equal(await queue.getJob(attempt?.attemptId ?? ''), undefined);
    await gate.open();
    await announced(queue, job.id);
    assert.equal((await api.get<JobView>(`/v1/jobs/${job.id}`)).body.attempts, 1);
    await eventually('readiness', async () => (await api.get<Readiness>('/readyz')).body.status === 'ready');
  });

  it('announces again what Redis has lost', async () => {
    const pool = `${api.pool}-d`;
    const queue = queueOf(pool);
    await api.store.workers.register(newWorker({ pool, name: pool }));
    const job = await submit(pool);
    const { attemptId } = await announced(queue, job.id);
    await queue.remove(attemptId);
    await api.sql.query(`update outbox set sent_at = now() - interval '20 seconds' where attempt_id = $1`, [attemptId]);
    await announced(queue, job.id);
  });

  it('hands the lead to another process when the leader goes', async () => {
    const store = createStore({ databaseUrl: api.databaseUrl, applicationName: 'second', poolSize: 4 });
    const log = createLogger('silent');
    const second = new DispatchQueues(redis.href, log);
    const election = startElection({ store, queues: second, log });
    const pool = `${api.pool}-e`;
    const queue = queueOf(pool);
    await store.workers.register(newWorker({ pool, name: pool }));
    try {
      const { rows } = await api.sql.query(
        `select pid from pg_stat_activity where datname = current_database() and application_name like '%leader'`,
      );
      for (const { pid } of rows) await api.sql.query('select pg_terminate_backend($1)', [pid]);
      await eventually('a leader', () => store.leader.isLed());
      const job = await submit(pool);
      await announced(queue, job.id);
    } finally {
      await election.stop();
      await second.close();
      await store.close();
    }
  });
});
