import { ForkJob, JobView, SubmitJob } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { idempotentRequest, replayable } from '../idempotent-request.ts';
import { IdempotencyHeader, JobParams, problems } from '../openapi/route-schemas.ts';
import { principalOf } from '../plugins/auth.ts';
import { bodyCheckedByRoute } from '../plugins/validation.ts';
import { checkFork, checkSubmission } from '../submission.ts';

const IDEMPOTENCY = ['idempotency-in-flight', 'idempotency-mismatch'] as const;
const BODY = ['invalid-request', 'payload-too-large', 'unsupported-media-type'] as const;
const CONFIG = ['invalid-config', 'unknown-method', 'unknown-preset'] as const;

const submitterOf = (request: FastifyRequest) => {
  const { name, userId, teamId } = principalOf(request);
  return { submittedBy: name, userId, teamId };
};

/** `/v1/jobs`: submit, cancel, retry, fork. Reading lives in job-reads.ts. */
export const jobRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { jobs } = app.store;

  app.post(
    '/jobs',
    {
      config: { access: 'jobs:write' },
      validatorCompiler: bodyCheckedByRoute,
      schema: {
        operationId: 'submitJob',
        summary: 'Submit a job',
        description: 'Stored as queued before the answer leaves, whether or not anything else of the system runs.',
        tags: ['jobs'],
        headers: IdempotencyHeader,
        body: SubmitJob,
        response: { 202: JobView, ...problems(...BODY, ...CONFIG, ...IDEMPOTENCY) },
      },
    },
    async (request, reply) => {
      const job = { ...checkSubmission(request.body), ...submitterOf(request) };
      const stored = replayable(reply, await jobs.submit(job, idempotentRequest(request)));
      return reply.code(202).header('location', `/v1/jobs/${stored.id}`).send(stored);
    },
  );

  app.post(
    '/jobs/:id/fork',
    {
      config: { access: 'jobs:write', object: 'source-job' },
      validatorCompiler: bodyCheckedByRoute,
      schema: {
        operationId: 'forkJob',
        summary: 'Submit a new job from the config of an old one, with changes',
        tags: ['jobs'],
        headers: IdempotencyHeader,
        params: JobParams,
        body: ForkJob,
        response: { 202: JobView, ...problems('not-found', ...BODY, ...CONFIG, ...IDEMPOTENCY) },
      },
    },
    async (request, reply) => {
      const old = await jobs.get(request.params.id);
      const fork = checkFork(old, request.body);
      const submitter = submitterOf(request);
      // Readers of the new job need not know of a job that only its submitter may see.
      const forkedFrom = old.team === submitter.teamId ? old.id : null;
      const job = { ...fork, ...submitter, forkedFrom };
      const stored = replayable(reply, await jobs.submit(job, idempotentRequest(request)));
      return reply.code(202).header('location', `/v1/jobs/${stored.id}`).send(stored);
    },
  );

  app.post(
    '/jobs/:id/cancel',
    {
      config: { access: 'jobs:write', object: 'own-job' },
      schema: {
        operationId: 'cancelJob',
        summary: 'Cancel a job',
        description: 'A queued job ends at once; a running one is `stopping` until its worker has stopped it.',
        tags: ['jobs'],
        headers: IdempotencyHeader,
        params: JobParams,
        response: { 202: JobView, ...problems('not-found', 'illegal-transition', ...IDEMPOTENCY) },
      },
    },
    async (request, reply) =>
      reply.code(202).send(replayable(reply, await jobs.cancel(request.params.id, idempotentRequest(request)))),
  );

  app.post(
    '/jobs/:id/retry',
    {
      config: { access: 'jobs:write', object: 'own-job' },
      schema: {
        operationId: 'retryJob',
        summary: 'Queue a failed or canceled job again',
        description: 'It goes on from its last committed checkpoint.',
        tags: ['jobs'],
        headers: IdempotencyHeader,
        params: JobParams,
        response: { 202: JobView, ...problems('not-found', 'illegal-transition', ...IDEMPOTENCY) },
      },
    },
    async (request, reply) =>
      reply.code(202).send(replayable(reply, await jobs.retry(request.params.id, idempotentRequest(request)))),
  );
};
