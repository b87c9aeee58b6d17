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
});

describe('a consumer', () => {
  let workerName = '';
  let queues: DispatchQueues;
  let consumers: Consumer[] = [];
  beforeEach(async () => {
    workerName = `test-${randomUUID().slice(0, 8)}`;
    consumers = [];
    queues = new DispatchQueues(testRedisUrl(), silentLog());
    await eventually('Redis', () => queues.isReady());
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await queues.close();
  });

  const message = (fence = 1): DispatchMessage => ({ attemptId: randomUUID(), fence, slots: 1 });
  /** Starts a consumer whose claims `answer` decides, and notes what it claimed and started. */
  const start = (answer: (message: DispatchMessage) => ClaimedJob | null = claimedOf, all: readonly Slot[] = SLOTS) => {
    const slots = createSlotPool(all);
    const claims: string[] = [];
    const held: number[][] = [];
    const started: string[] = [];
    const consumer = startConsumer({
      redisUrl: testRedisUrl(),
      workerName,
      slots,
      claim: async (taken) => {
        claims.push(taken.attemptId);
        return answer(taken);
      },
      start: ({ attemptId }, taken) => {
        started.push(attemptId);
        held.push(taken.map(({ index }) => index));
      },
      log: silentLog(),
    });
    consumers.push(consumer);
    return { consumer, slots, claims, started, held };
  };

  it('takes as many attempts as it has slots, and the next when one is free', async () => {
    const [first, second] = [message(), message()];
    const { slots, claims, started } = start();
    await queues.announce(workerName, [first, second]);
    await eventually('the first', async () => started.length === 1);
    assert.deepEqual(claims, [first.attemptId], 'the second is not claimed while no slot is free');
    slots.release(SLOTS);
    await eventually('the second', async () => started.length === 2);
    assert.equal(started[1], second.attemptId);
  });

  it('sets aside as many slots as an attempt asks for', async () => {
    const three: Slot[] = [0, 1, 2].map((index) => ({ index, kind: 'gpu', model: 'test', memoryMib: null }));
    const { slots, held } = start(claimedOf, three);
    await queues.announce(workerName, [{ ...message(), slots: 2 }, message()]);
    await eventually('both', async () => held.length === 2);
    assert.deepEqual(held, [[0, 1], [2]]);
    assert.equal(slots.busy, 3);
  });

  it('drops a message whose attempt is no longer to be had, and keeps its slot', async () => {
    const [past, present] = [message(), message()];
    const { started, slots, claims } = start((taken) => (taken.attemptId === past.attemptId ? null : claimedOf(taken)));
    await queues.announce(workerName, [past, present]);
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
    await queues.announce(workerName, [only]);
    await eventually('the attempt', async () => started.length === 1);
    assert.deepEqual(claims, [only.attemptId, only.attemptId]);
  });

  it('takes nothing once it is stopped; what comes later waits for the next', async () => {
    const first = start();
    await first.consumer.stop();
    const late = message();
    await queues.announce(workerName, [late]);
    const next = start();
    await eventually('the attempt', async () => next.started.length === 1);
    assert.deepEqual(first.claims, []);
  });
});
