import { CrucibleError, EventPage, EventsQuery, Topics } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { parseTopics } from '../feed/audience.ts';
import { SseConnection } from '../feed/sse-connection.ts';
import { StreamSession } from '../feed/stream-session.ts';
import { problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';
import { shownTeamOf } from '../plugins/auth.ts';

const StreamQuery = Type.Object({
  topics: Type.Optional(Topics),
  after: Type.Optional(Type.Integer({ minimum: 0, description: 'as `Last-Event-ID`, which goes before it' })),
});

const LAST_EVENT_ID = /^\d{1,15}$/;

/** @throws CrucibleError `invalid-request` */
function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined || header === '') return null;
  if (typeof header !== 'string' || !LAST_EVENT_ID.test(header))
    throw new CrucibleError('invalid-request', 'Last-Event-ID must be the id of an event of this stream.');
  return Number(header);
}

/** `/v1/events` and `/v1/stream`: every change, in order, by long poll or as server-sent events. */
export const feedRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { events } = app.store;

  app.get(
    '/events',
    {
      config: { access: 'jobs:read' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'listEvents',
        summary: 'Read changes after a place in the feed, or wait for one',
        description: '`next` goes into `after`.',
        tags: ['feed'],
        querystring: strictQuery(EventsQuery),
        response: { 200: EventPage, ...problems('invalid-request') },
      },
    },
    async (request, reply) => {
      const { after, wait, limit } = request.query;
      const audience = { topics: parseTopics(request.query.topics), team: shownTeamOf(request) };
      const read = async () => {
        const newest = await events.newest(); // before the events, so that `next` never skips one
        const data = await events.after(after, audience.topics, limit, audience.team);
        const last = data.at(-1)?.seq ?? 0;
        return { data, next: data.length === limit ? last : Math.max(newest, last) };
      };
      if (wait === 0) return read();

      const given = new AbortController();
      // Listening begins before reading: an event between the two would be waited for in vain.
      const heard = app.feed.waitFor(audience, after, given.signal);
      const timer = setTimeout(() => given.abort(), wait * 1000);
      reply.raw.once('close', () => given.abort());
      try {
        const first = await read();
        if (first.data.length > 0 || after > first.next) return first; // a place of another feed: no use in waiting
        await heard;
        return await read();
      } finally {
        clearTimeout(timer);
        given.abort();
      }
    },
  );

  app.get(
    '/stream',
    {
      config: { access: 'jobs:read' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamEvents',
        summary: 'Follow changes as server-sent events',
        description:
          'Events `job` and `worker` have the place in the feed as their id; resume with `Last-Event-ID`. `progress` tells, at most once a second per job and never stored, that a running job moved. `reset`: too much was missed, read everything anew.',
        tags: ['feed'],
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
        querystring: strictQuery(StreamQuery),
        response: {
          200: {
            description: 'the stream',
            content: { 'text/event-stream': { schema: Type.Unsafe<unknown>({ type: 'string' }) } },
          },
          ...problems('invalid-request'),
        },
      },
    },
    async (request, reply) => {
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? null;
      if (app.feed.isStopped) throw new CrucibleError('unavailable', 'This process is shutting down.');
      let leave = (): void => {};
      const connection = new SseConnection(reply, () => leave());
      const audience = { topics: parseTopics(request.query.topics), team: shownTeamOf(request) };
      const session = new StreamSession(connection, app.feed, audience);
      leave = session.join();
      try {
        await session.catchUp(events, after);
      } catch (error) {
        request.log.warn({ err: error }, 'a stream could not catch up; the client will come back');
        leave();
        connection.end();
      }
      return reply;
    },
  );
};
