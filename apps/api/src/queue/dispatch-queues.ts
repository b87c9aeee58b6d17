import { CrucibleError, type DispatchMessage, dispatchQueue } from '@crucible/contracts';
import { Queue } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import { Redis } from 'ioredis';

const COMMAND_TIMEOUT_MS = 2000;
const HOUR_SECONDS = 3600;

/** Kept short: uniqueness and retries are the business of Postgres, Redis only delivers. */
const JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: { age: HOUR_SECONDS, count: 1000 },
  removeOnFail: { age: 24 * HOUR_SECONDS, count: 5000 },
} as const;

/** Length of BullMQ's own event stream, which nothing here reads. */
const EVENT_STREAM_LENGTH = 1000;

/** The sending side of the dispatch queues. It fails at once while Redis is away, instead of waiting. */
export class DispatchQueues {
  readonly #redis: Redis;
  readonly #queues = new Map<string, Queue<DispatchMessage>>();
  readonly #log: Pick<FastifyBaseLogger, 'warn' | 'info'>;
  #onReady: () => void = () => {};

  constructor(redisUrl: string, log: Pick<FastifyBaseLogger, 'warn' | 'info'>) {
    this.#log = log;
    this.#redis = new Redis(redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (times) => Math.min(50 * times, 1000),
    });
    let isAway = false;
    this.#redis.on('error', (error) => {
      if (!isAway) this.#log.warn({ err: error }, 'Redis is away: jobs are accepted, their dispatch waits');
      isAway = true;
    });
    this.#redis.on('ready', () => {
      if (isAway) this.#log.info('Redis is back');
      isAway = false;
      this.#onReady();
    });
  }

  /** Calls `listener` whenever Redis can be used (again). One listener: the relay. */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }

  /**
   * Puts attempts on the queue of a pool. The queue id is the attempt's, so that a second announcement is ignored.
   *
   * @throws CrucibleError `unavailable` while Redis is away; some of the messages may have arrived
   */
  async announce(pool: string, messages: readonly DispatchMessage[]): Promise<void> {
    try {
      await this.#queueOf(pool).addBulk(
        messages.map((message) => ({ name: 'attempt', data: message, opts: { jobId: message.attemptId } })),
      );
    } catch (cause) {
      this.#forget(pool);
      throw new CrucibleError('unavailable', 'Redis does not take messages.', { cause });
    }
  }

  /** True when Redis answers. */
  async isReady(): Promise<boolean> {
    if (this.#redis.status !== 'ready') return false;
    return this.#redis.ping().then(
      () => true,
      () => false,
    );
  }

  /** Memory that Redis uses over what it may use, or over its machine's when it has no limit; null while it is away. */
  async usedRatio(): Promise<number | null> {
    if (this.#redis.status !== 'ready') return null;
    const text = await this.#redis.info('memory').catch(() => '');
    const numberOf = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    const limit = numberOf('maxmemory') || numberOf('total_system_memory');
    return limit === 0 ? null : numberOf('used_memory') / limit;
  }

  async close(): Promise<void> {
    for (const pool of [...this.#queues.keys()]) this.#forget(pool);
    this.#redis.disconnect();
  }

  #queueOf(pool: string): Queue<DispatchMessage> {
    // A queue that is made while Redis is away would wait for it without end.
    if (this.#redis.status !== 'ready') throw new Error(`connection is ${this.#redis.status}`);
    let queue = this.#queues.get(pool);
    if (queue === undefined) {
      queue = new Queue<DispatchMessage>(dispatchQueue(pool), {
        connection: this.#redis,
        defaultJobOptions: JOB_OPTIONS,
        streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
      });
      queue.on('error', () => {}); // the connection's own listener reports
      this.#queues.set(pool, queue);
    }
    return queue;
  }

  /** A queue whose first contact failed never recovers; the next announcement makes a new one. */
  #forget(pool: string): void {
    const queue = this.#queues.get(pool);
    this.#queues.delete(pool);
    queue?.close().catch((error: unknown) => this.#log.warn({ err: error, pool }, 'a queue did not close'));
  }
}
