import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DispatchMessage, dispatchQueue, fits, type Slot } from '@crucible/contracts';
import type { ClaimedJob } from '@crucible/store';
import { type Job, Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { SlotPool } from './slot-pool.ts';

const LOCK_MS = 30_000;
/** Redelivery is harmless, since the claim decides; the default of 1 would fail a message after a second hiccup. */
const MAX_REDELIVERIES = 10;
/** Longest wait for a message in one call, and so for the loop to see that it is to stop. */
const FETCH_SECONDS = 2;
const RECONNECT_LIMIT_MS = 2000;
const PAUSE_AFTER_ERROR_MS = 1000;
const STOP_LIMIT_MS = 3000;

export interface ConsumerParts {
  redisUrl: string;
  pool: string;
  slots: SlotPool;
  /** takes the attempt in the database; null when it is no longer to be had */
  claim: (message: DispatchMessage, slot: Slot) => Promise<ClaimedJob | null>;
  /** starts a claimed attempt; the slot is its to release */
  start: (claimed: ClaimedJob, slot: Slot) => void;
  /** time in which a message that was fetched must be acknowledged, or somebody else gets it @defaultValue 30,000 */
  lockMs?: number;
  log: Logger;
}

/** Takes dispatched attempts from the queue of a pool. BullMQ's words end in this file. */
export interface Consumer {
  /** Takes no more attempts and disconnects. */
  stop(): Promise<void>;
}

/**
 * Starts taking attempts: reserve a slot, fetch a message, claim its row, acknowledge, start. A message is held for
 * milliseconds, so no lock of the queue can expire during a run and nothing of a run is lost with Redis.
 */
export function startConsumer({ redisUrl, pool, slots, claim, start, log, lockMs = LOCK_MS }: ConsumerParts): Consumer {
  const queue = new Worker<unknown>(dispatchQueue(pool), null, {
    autorun: false,
    connection: {
      url: redisUrl,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(50 * times, RECONNECT_LIMIT_MS),
    },
    drainDelay: FETCH_SECONDS,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    maxStalledCount: MAX_REDELIVERIES,
  });
  let isRedisAway = false;
  queue.on('error', (error) => {
    if (!isRedisAway) log.warn({ err: error }, 'the queue does not answer; running attempts go on');
    isRedisAway = true;
  });
  queue.on('ready', () => {
    isRedisAway = false;
  });
  let isStopping = false;
  const pause = new AbortController();
  const pauseAfter = async (error: unknown, what: string) => {
    log.warn({ err: error }, what);
    await delay(PAUSE_AFTER_ERROR_MS, undefined, { signal: pause.signal }).catch(() => {});
  };

  /** Fetches and claims one attempt for the slot; false: the slot is still free. */
  const takeOne = async (slot: Slot): Promise<boolean> => {
    const token = randomUUID();
    const job: Job<unknown> | undefined = await queue.getNextJob(token);
    if (job === undefined) return false;
    isRedisAway = false;
    if (isStopping) {
      await job.moveToWait(token);
      return false;
    }
    const message = job.data;
    if (!fits(DispatchMessage, message)) {
      await job.moveToFailed(new Error('the message does not fit its contract'), token, false);
      log.error({ message }, 'a message on the dispatch queue does not fit its contract');
      return false;
    }
    const claimed = await claim(message, slot).catch(async (error) => {
      await job.moveToWait(token);
      throw error;
    });
    if (claimed !== null) start(claimed, slot);
    else
      log.info({ attempt: message.attemptId, fence: message.fence }, 'superseded: the attempt is no longer to be had');
    // Failing to acknowledge costs a redelivery, which the claim will refuse.
    await job.moveToCompleted(claimed === null ? 'superseded' : 'claimed', token, false).catch((error) => {
      log.warn({ err: error }, 'a message could not be acknowledged');
    });
    return claimed !== null;
  };

  const loop = async (): Promise<void> => {
    while (!isStopping) {
      const slot = await slots.reserve();
      if (slot === null) return;
      const isTaken = await takeOne(slot).catch(async (error) => {
        if (!isStopping) await pauseAfter(error, 'no attempt could be taken');
        return false;
      });
      if (!isTaken) slots.release(slot);
    }
  };

  // With messages fetched by hand nobody else looks for those that a killed worker had fetched.
  const watching = queue.startStalledCheckTimer();
  const looped = loop();
  return {
    async stop() {
      isStopping = true;
      slots.close();
      pause.abort();
      await Promise.race([Promise.all([watching, looped]), delay(STOP_LIMIT_MS, undefined, { ref: false })]);
      await Promise.race([queue.close(true), delay(STOP_LIMIT_MS, undefined, { ref: false })]);
    },
  };
}
