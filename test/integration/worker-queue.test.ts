import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DispatchQueues } from '@crucible/api';
import type { DispatchMessage, Slot } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { type Consumer, createSlotPool, silentLog, startConsumer } from '@crucible/worker/testing';
import { eventually } from '../support/poll.ts';
import { testRedisUrl } from '../support/running-api.ts';

const SLOTS: Slot[] = [{ index: 0, kind: 'cpu', model: 'test', memoryMib: null }];

const claimedOf = ({ attemptId, fence }: DispatchMessage): ClaimedJob => ({
  attemptId,
  fence,
  jobId: randomUUID(),
  number: 1,
  method: 'zen-nas',
  methodVersion: '1',
  config: {},
  seed: 1,
  precision: null,
  limits: { maxRunSeconds: null, maxQueueSeconds: null, stallSeconds: null },
  teamId: 'default',
  tier: 'normal',
  waitedSeconds: 0,
  dispatchSeconds: 0,
  resume: null,
  teamId: 'default',
  tier: 'normal',
  waitedSeconds: 0,
  dispatchSeconds: 0,
});

describe('a consumer', () => {
  let pool = '';
  let queues: DispatchQueues;
  let consumers: Consumer[] = [];
  beforeEach(async () => {
    pool = `test-${randomUUID().slice(0, 8)}`;
    consumers = [];
    queues = new DispatchQueues(testRedisUrl(), silentLog());
    await eventually('Redis', () => queues.isReady());
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await queues.close();
  });

  const message = (fence = 1): DispatchMessage => ({ attemptId: randomUUID(), fence });
  /** Starts a consumer whose claims `answer` decides, and notes what it claimed and started. */
  const start = (answer: (message: DispatchMessage) => ClaimedJob | null = claimedOf) => {
    const slots = createSlotPool(SLOTS);
    const claims: string[] = [];
    const started: string[] = [];
    const consumer = startConsumer({
      redisUrl: testRedisUrl(),
      pool,
      slots,
      claim: async (taken) => {
        claims.push(taken.attemptId);
        return answer(taken);
      },
      start: ({ attemptId }) => started.push(attemptId),
      log: silentLog(),
    });
    consumers.push(consumer);
    return { consumer, slots, claims, started };
  };

  it('takes as many attempts as it has slots, and the next when one is free', async () => {
    const [first, second] = [message(), message()];
    const { slots, claims, started } = start();
    await queues.announce(pool, [first, second]);
    await eventually('the first', async () => started.length === 1);
    const other = start();
    await eventually('the second, elsewhere', async () => other.started.length === 1);
    assert.deepEqual([...started, ...other.started].sort(), [first.attemptId, second.attemptId].sort());
    const third = message();
    await queues.announce(pool, [third]);
    slots.release(SLOTS[0] as Slot);
    await eventually('the third', async () => started.length === 2);
    assert.equal(started[1], third.attemptId);
    assert.equal(claims.length, 2);
  });

  it('drops a message whose attempt is no longer to be had, and keeps its slot', async () => {
    const [past, present] = [message(), message()];
    const { started, slots, claims } = start((taken) => (taken.attemptId === past.attemptId ? null : claimedOf(taken)));
    await queues.announce(pool, [past, present]);
    await eventually('the other attempt', async () => started.length === 1);
    assert.deepEqual(started, [present.attemptId]);
    assert.deepEqual(claims, [past.attemptId, present.attemptId]);
    assert.equal(slots.busy, 1);
  });

  it('gives a message back when the database is away, for itself or another', async () => {
    let tries = 0;
    const { started, claims } = start((taken) => {
      tries += 1;
      if (tries === 1) throw new Error('away');
      return claimedOf(taken);
    });
    const only = message();
    await queues.announce(pool, [only]);
    await eventually('the attempt', async () => started.length === 1);
    assert.deepEqual(claims, [only.attemptId, only.attemptId]);
  });

  it('takes nothing once it is stopped; what comes later waits for the next', async () => {
    const first = start();
    await first.consumer.stop();
    const late = message();
    await queues.announce(pool, [late]);
    const next = start();
    await eventually('the attempt', async () => next.started.length === 1);
    assert.deepEqual(first.claims, []);
  });
});
