import { CrucibleError } from '@crucible/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import type { Principal } from '../access.ts';
import { SharedBuckets } from '../rates/shared-buckets.ts';
import { type Bucket, MINUTE_MS } from '../rates/token-bucket.ts';

/** Requests a minute; 0: any number. */
export interface RateLimits {
  readonly readsPerKey: number;
  readonly writesPerKey: number;
  readonly writesPerTeam: number;
}

/** What a request counts as. Telemetry counts as nothing: its cost is in points, which have limits of their own. */
export type RateClass = 'read' | 'write' | 'none';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** @defaultValue `read` for GET and HEAD, `write` for everything else */
    rate?: RateClass;
  }
  interface FastifyInstance {
    /** Counts a request of a caller. @throws CrucibleError `rate-limited` */
    countRequest(request: FastifyRequest, reply: FastifyReply, principal: Principal): Promise<void>;
  }
}

const classOf = ({ method, routeOptions }: FastifyRequest): RateClass =>
  routeOptions.config.rate ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'write');

function bucketsOf(rate: RateClass, { id, teamId }: Principal, limits: RateLimits): Bucket[] {
  if (rate === 'none') return [];
  const buckets =
    rate === 'read'
      ? [{ name: `read:key:${id}`, perMinute: limits.readsPerKey }]
      : [
          { name: `write:key:${id}`, perMinute: limits.writesPerKey },
          { name: `write:team:${teamId}`, perMinute: limits.writesPerTeam },
        ];
  return buckets.filter(({ perMinute }) => perMinute > 0);
}

/**
 * Limits how many requests a key, and the keys of a team together, may make. `RateLimit-*` headers tell of the bucket
 * that is nearest to being empty. Without `limits` nothing is counted.
 */
export const rateLimits = plugin<{ redisUrl: string | undefined; limits: RateLimits | undefined }>(
  async (app, { redisUrl, limits }) => {
    if (limits === undefined || redisUrl === undefined) {
      app.decorate('countRequest', async () => {});
      return;
    }
    const shared = new SharedBuckets(redisUrl, app.log);
    app.addHook('onClose', async () => shared.close());

    app.decorate('countRequest', async (request, reply, principal) => {
      const buckets = bucketsOf(classOf(request), principal, limits);
      if (buckets.length === 0) return;
      const { isAllowed, left } = await shared.take(buckets);
      const states = buckets.map(({ name, perMinute }, i) => ({ name, perMinute, left: left[i] ?? 0 }));
      const tightest = states.reduce((a, b) => (b.left / b.perMinute < a.left / a.perMinute ? b : a));
      const secondsUntil = (tokens: number): number =>
        Math.ceil((Math.max(0, tokens - tightest.left) * MINUTE_MS) / tightest.perMinute / 1000);
      reply.header('ratelimit-limit', tightest.perMinute);
      reply.header('ratelimit-remaining', Math.floor(tightest.left));
      reply.header('ratelimit-reset', secondsUntil(tightest.perMinute));
      if (isAllowed) return;
      const waitSeconds = Math.max(1, secondsUntil(1));
      reply.header('retry-after', waitSeconds);
      const [kind, whose] = tightest.name.split(':');
      throw new CrucibleError(
        'rate-limited',
        `This ${whose} has used up its ${tightest.perMinute} ${kind} requests a minute. Try again in ${waitSeconds} s; send many jobs by POST /v1/job-batches.`,
      );
    });
  },
  { name: 'rate-limits' },
);
