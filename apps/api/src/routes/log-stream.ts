import { CrucibleError, isTerminal, LogsQuery } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { SseConnection } from '../feed/sse-connection.ts';
import { JobParams, problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';

/** Lines that are read at once. */
const PAGE_LINES = 200;
/** Between two looks for lines; a worker sends what it has each second. */
const LOOK_MS = 1000;

const { level, contains, after, tail } = LogsQuery.properties;
const StreamQuery = Type.Object({ level, contains, after, tail });

const PLACE = /^\d{1,9}:\d{1,9}$/;

/** @throws CrucibleError `invalid-request` */
function lastEventId(header: string | string[] | undefined): string | null {
  if (header === undefined || header === '') return null;
  if (typeof header !== 'string' || !PLACE.test(header))
    throw new CrucibleError('invalid-request', 'Last-Event-ID must be the id of a line of this stream.');
  return header;
}

/** `/v1/jobs/:id/logs/stream`: the lines of a job as they come. */
export const logStreamRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { jobs, logs } = app.store;

  app.get(
    '/jobs/:id/logs/stream',
    {
      config: { access: 'key' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'followLogs',
        summary: 'Follow what a job logs as server-sent events',
        description:
          'One `line` per event, its id goes into `Last-Event-ID` to resume. `end` follows the last line of a job that has ended; coming back after it is answered 204, which tells an event source to stop.',
        tags: ['results'],
        params: JobParams,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
        querystring: strictQuery(StreamQuery),
        response: {
          200: {
            description: 'the stream',
            content: { 'text/event-stream': { schema: Type.Unsafe<unknown>({ type: 'string' }) } },
          },
          204: Type.Null({ description: 'the job has ended and its last line was read' }),
          ...problems('invalid-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (app.feed.isStopped) throw new CrucibleError('unavailable', 'This process is shutting down.');
      const resumed = lastEventId(request.headers['last-event-id']);
      const { after: asked, tail: wanted, ...filter } = request.query;
      let place = resumed ?? asked;
      const read = () =>
        logs.page(id, {
          ...filter,
          limit: PAGE_LINES,
          ...(place === undefined ? (wanted === undefined ? {} : { tail: wanted }) : { after: place }),
        });
      let job = await jobs.get(id); // asked before the lines: what it wrote before its end is stored by then
      let page = await read();
      if (resumed !== null && isTerminal(job.state) && page.data.length === 0) return reply.code(204).send(null);

      const gone = new AbortController();
      const connection = new SseConnection(reply, () => gone.abort());
      try {
        while (connection.isOpen && !app.feed.isStopped) {
          for (const line of page.data) {
            place = `${line.attempt}:${line.line}`;
            connection.send({ event: 'line', id: place, data: line });
            await connection.flushed();
          }
          if (page.data.length === 0) {
            if (isTerminal(job.state)) {
              connection.send({ event: 'end', data: { state: job.state } });
              break;
            }
            place ??= '0:0'; // `tail` is for the first look
            await nextLook(gone.signal);
            job = await jobs.get(id);
          }
          page = await read();
        }
      } catch (error) {
        request.log.warn({ err: error }, 'a log cannot be followed; the client will come back');
      }
      connection.end();
      return reply;

      /** Resolves at a change of the job, after a while, or when the client is gone. */
      async function nextLook(signal: AbortSignal): Promise<void> {
        const given = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
        await app.feed.waitFor([`job:${id}`], 0, given);
      }
    },
  );
};
