import type { FastifyBaseLogger } from 'fastify';
import { Redis } from 'ioredis';
import { type Bucket, LocalBuckets, MINUTE_MS, type Taken } from './token-bucket.ts';

/** `LocalBuckets.take` inside of Redis, by the clock of Redis: one bucket for all API processes. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = {}
local taken = 1
for i, key in ipairs(KEYS) do
  local size = tonumber(ARGV[i])
  local held = redis.call('HMGET', key, 'tokens', 'at')
  local elapsed = math.max(0, now - (tonumber(held[2]) or now))
  left[i] = math.min(size, (tonumber(held[1]) or size) + elapsed * size / ${MINUTE_MS})
  if left[i] < 1 then taken = 0 end
end
for i, key in ipairs(KEYS) do
  left[i] = tostring(left[i] - taken)
  redis.call('HSET', key, 'tokens', left[i], 'at', now)
  redis.call('PEXPIRE', key, ${MINUTE_MS})
end
return {taken, unpack(left)}`;

const PREFIX = 'crucible:rate:';
/** No request waits longer than this for Redis. */
const PATIENCE_MS = 100;
/** Time for which Redis is not asked again after it did not answer. */
const AWAY_MS = 5000;

/**
 * Token buckets in Redis; in this process while Redis is away or slow. Each process then allows the full rate, which
 * errs to the side of serving.
 */
export class SharedBuckets {
  readonly #redis: Redis;
  readonly #local = new LocalBuckets();
  readonly #log: Pick<FastifyBaseLogger, 'warn'>;
  #awayUntilMs = 0;

  constructor(redisUrl: string, log: Pick<FastifyBaseLogger, 'warn'>) {
    this.#log = log;
    this.#redis = new Redis(redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: PATIENCE_MS,
      retryStrategy: (times) => Math.min(50 * times, 1000),
    });
    this.#redis.on('error', () => {}); // the connection of the dispatch queues reports
  }

  /** Takes a token from every bucket, or from none when one is empty. */
  async take(buckets: readonly Bucket[]): Promise<Taken> {
    const nowMs = performance.now();
    if (this.#redis.status !== 'ready' || nowMs < this.#awayUntilMs) return this.#local.take(buckets, nowMs);
    try {
      const keys = buckets.map(({ name }) => PREFIX + name);
      const sizes = buckets.map(({ perMinute }) => perMinute);
      const [taken, ...left] = (await this.#redis.eval(TAKE, keys.length, ...keys, ...sizes)) as [number, ...string[]];
      return { isAllowed: taken === 1, left: left.map(Number) };
    } catch (error) {
      this.#awayUntilMs = performance.now() + AWAY_MS;
      this.#log.warn({ err: error }, 'Redis does not count requests: this process counts its own');
      return this.#local.take(buckets, performance.now());
    }
  }

  close(): void {
    this.#redis.disconnect();
  }
}
