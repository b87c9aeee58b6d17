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
  workerName: string;
  slots: SlotPool;
  /** takes the attempt in the database; null when it is no longer to be had */
  claim: (message: DispatchMessage, slots: readonly Slot[]) => Promise<ClaimedJob | null>;
  /** starts a claimed attempt; the slots are its to release */
  start: (claimed: ClaimedJob, slots: readonly Slot[]) => void;
  /** time in which a message that was fetched must be acknowledged, or somebody else gets it @defaultValue 30,000 */
  lockMs?: number;
  log: Logger;
}

/** Takes the attempts that were dispatched to this worker. BullMQ's words end in this file. */
export interface Consumer {
  /** Takes no more attempts and disconnects. */
  stop(): Promise<void>;
}

/**
 * Starts taking attempts: fetch a message, set its slots aside, claim its row, acknowledge, start. The scheduler sends
 * only what fits, so a message is held for milliseconds: no lock of the queue can expire during a run and nothing of a
 * run is lost with Redis.
 */
export function startConsumer({
  redisUrl,
  workerName,
  slots,
  claim,
  start,
  log,
  lockMs = LOCK_MS,
}: ConsumerParts): Consumer {
  const queue = new Worker<unknown>(dispatchQueue(workerName), null, {
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

  /** Claims the attempt of a message and starts it; gives back the slots that no attempt holds. */
  const take = async (message: DispatchMessage): Promise<'claimed' | 'superseded' | 'stopped'> => {
    const reserved = await slots.reserve(message.slots);
    if (reserved === null) return 'stopped';
    let claimed: ClaimedJob | null = null;
    try {
      claimed = await claim(message, reserved);
      if (claimed !== null) start(claimed, reserved);
    } finally {
      if (claimed === null) slots.release(reserved);
    }
    return claimed === null ? 'superseded' : 'claimed';
  };

  /** Fetches one message and takes its attempt. */
  const takeOne = async (): Promise<void> => {
    const token = randomUUID();
    const job: Job<unknown> | undefined = await queue.getNextJob(token);
    if (job === undefined) return;
    isRedisAway = false;
    const message = job.data;
    if (!fits(DispatchMessage, message)) {
      await job.moveToFailed(new Error('the message does not fit its contract'), token, false);
      log.error({ message }, 'a message on the dispatch queue does not fit its contract');
      return;
    }
    const end = await (isStopping ? Promise.resolve('stopped' as const) : take(message)).catch(async (error) => {
      await job.moveToWait(token);
      throw error;
    });
    if (end === 'stopped') {
      await job.moveToWait(token);
      return;
    }
    if (end === 'superseded')
      log.info({ attempt: message.attemptId, fence: message.fence }, 'superseded: the attempt is no longer to be had');
    // Failing to acknowledge costs a redelivery, which the claim will refuse.
    await job.moveToCompleted(end, token, false).catch((error) => {
      log.warn({ err: error }, 'a message could not be acknowledged');
    });
  };

  const loop = async (): Promise<void> => {
    while (!isStopping)
      await takeOne().catch(async (error) => {
        if (!isStopping) await pauseAfter(error, 'no attempt could be taken');
      });
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
