import { CrucibleError, DISPATCH_QUEUES, type DispatchMessage, dispatchQueue } from '@crucible/contracts';
import { Queue } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import { Redis } from 'ioredis';

const COMMAND_TIMEOUT_MS = 2000;
const HOUR_SECONDS = 3600;

/** Kept short: uniqueness and retries are the business of Postgres, Redis only delivers. */
const JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: { age: HOUR_SECONDS, count: 10 },
  removeOnFail: { age: HOUR_SECONDS, count: 10 },
} as const;

/** What BullMQ puts before every key. */
const QUEUE_PREFIX = 'bull';

/** Length of BullMQ's own event stream, which nothing here reads. */
const EVENT_STREAM_LENGTH = 10;

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
   * Puts attempts on the queue of a worker. The queue id is the attempt's, so that a second announcement is ignored.
   *
   * @throws CrucibleError `unavailable` while Redis is away; some of the messages may have arrived
   */
  async announce(worker: string, messages: readonly DispatchMessage[]): Promise<void> {
    try {
      await this.#queueOf(worker).addBulk(
        messages.map((message) => ({ name: 'attempt', data: message, opts: { jobId: message.attemptId } })),
      );
    } catch (cause) {
      this.#forget(worker);
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

  /**
   * Removes the queues of all workers but these, with what lies in them: nobody will take it any more.
   *
   * @param workers names
   * @returns how many queues were removed
   */
  async removeOthers(workers: readonly string[]): Promise<number> {
    const kept = new Set(workers);
    const found = await this.#workersWithQueue();
    const others = found.filter((worker) => !kept.has(worker));
    for (const worker of others) {
      await this.#queueOf(worker).obliterate({ force: true });
      this.#forget(worker);
    }
    return others.length;
  }

  /** Names of the workers that have a queue in Redis. */
  async #workersWithQueue(): Promise<string[]> {
    const begin = `${QUEUE_PREFIX}:${DISPATCH_QUEUES}`;
    const end = ':meta';
    const names: string[] = [];
    let cursor = '0';
    do {
      const [next, keys] = await this.#redis.scan(cursor, 'MATCH', `${begin}*${end}`, 'COUNT', 1000);
      names.push(...keys.map((key) => key.slice(begin.length, -end.length)));
      cursor = next;
    } while (cursor !== '0');
    return names;
  }

  async close(): Promise<void> {
    for (const worker of [...this.#queues.keys()]) this.#forget(worker);
    this.#redis.disconnect();
  }

  #queueOf(worker: string): Queue<DispatchMessage> {
    // A queue that is made while Redis is away would wait for it without end.
    if (this.#redis.status !== 'ready') throw new Error(`connection is ${this.#redis.status}`);
    let queue = this.#queues.get(worker);
    if (queue === undefined) {
      queue = new Queue<DispatchMessage>(dispatchQueue(worker), {
        connection: this.#redis,
        prefix: QUEUE_PREFIX,
        defaultJobOptions: JOB_OPTIONS,
        streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
      });
      queue.on('error', () => {}); // the connection's own listener reports
      this.#queues.set(worker, queue);
    }
    return queue;
  }

  /** A queue whose first contact failed never recovers; the next announcement makes a new one. */
  #forget(worker: string): void {
    const queue = this.#queues.get(worker);
    this.#queues.delete(worker);
    queue?.close().catch((error: unknown) => this.#log.warn({ err: error, worker }, 'a queue did not close'));
  }
}
