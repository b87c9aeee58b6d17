import { type JobView as Job, JobView } from '@crucible/contracts';
import type { Answer, IdempotentRequest } from '@crucible/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { idempotentRequest, replayable } from '../idempotent-request.ts';
import { IdempotencyHeader, JobParams, problems } from '../openapi/route-schemas.ts';
import { principalOf } from '../plugins/auth.ts';

interface Command {
  summary: string;
  description: string;
  run(id: string, request: IdempotentRequest | undefined, from: FastifyRequest): Promise<Answer<Job>>;
}

/** `POST /v1/jobs/:id/VERB`: what may be asked of a job that is there. */
export const jobCommandRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { jobs } = app.store;
  const COMMANDS: Record<string, Command> = {
    pause: {
      summary: 'Pause a job',
      description:
        'A job that waits is paused at once; a running one is `stopping` until it has saved a checkpoint. It then waits for `resume`.',
      run: jobs.pause,
    },
    resume: {
      summary: 'Queue a paused job again',
      description: 'It goes on from its last checkpoint, or is `blocked` while it needs other jobs.',
      run: jobs.resume,
    },
    cancel: {
      summary: 'Cancel a job',
      description: 'A job that waits ends at once; a running one is `stopping` until its worker has stopped it.',
      run: jobs.cancel,
    },
    kill: {
      summary: 'Cancel a running job at once',
      description: 'Its process gets no time: what it has not stored is lost.',
      run: jobs.kill,
    },
    retry: {
      summary: 'Queue a failed or canceled job again',
      description:
        'It goes on from its last committed checkpoint. One that ended as `poison` may be retried by an operator only.',
      run: (id, request, from) => jobs.retry(id, request, principalOf(from).userId),
    },
  };
  for (const [verb, { summary, description, run }] of Object.entries(COMMANDS))
    app.post(
      `/jobs/:id/${verb}`,
      {
        config: { access: 'jobs:write', object: 'own-job' },
        schema: {
          operationId: `${verb}Job`,
          summary,
          description,
          tags: ['jobs'],
          headers: IdempotencyHeader,
          params: JobParams,
          response: {
            202: JobView,
            ...problems(
              'not-found',
              'illegal-transition',
              'idempotency-in-flight',
              'idempotency-mismatch',
              ...(verb === 'retry' ? (['forbidden'] as const) : []),
            ),
          },
        },
      },
      async (request, reply) => {
        const answer = await run(request.params.id, idempotentRequest(request), request);
        return reply.code(202).send(replayable(reply, answer));
      },
    );
};
