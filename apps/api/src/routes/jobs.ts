import { ForkJob, JobView, PatchJob, SubmitBatch, SubmitJob, SubmittedBatch } from '@crucible/contracts';
import type { NewJob } from '@crucible/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { checkBatch } from '../batch-submission.ts';
import { matchedVersion, versionTag } from '../etag.ts';
import { idempotentRequest, replayable } from '../idempotent-request.ts';
import { IdempotencyHeader, JobParams, problems } from '../openapi/route-schemas.ts';
import { principalOf } from '../plugins/auth.ts';
import { bodyCheckedByRoute } from '../plugins/validation.ts';
import { checkFork, checkSubmission } from '../submission.ts';

const IDEMPOTENCY = ['idempotency-in-flight', 'idempotency-mismatch'] as const;
const BODY = ['invalid-request', 'payload-too-large', 'unsupported-media-type'] as const;
const CONFIG = ['invalid-config', 'unknown-method', 'unknown-preset', 'unsatisfiable', 'quota-exceeded'] as const;

/** A thousand jobs with large configs. */
const BATCH_BYTES = 8 * 2 ** 20;

const submitterOf = (request: FastifyRequest) => {
  const { name, userId, teamId } = principalOf(request);
  return { submittedBy: name, userId, teamId };
};

/** `/v1/jobs`: submit, fork, change. Reading lives in job-reads.ts, commands in job-commands.ts. */
export const jobRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { jobs } = app.store;
  const submit = (request: FastifyRequest, job: NewJob) =>
    app.traceSubmit(request, ({ traceparent }) => jobs.submit({ ...job, traceparent }, idempotentRequest(request)));

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
      const stored = replayable(reply, await submit(request, job));
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
      const submitter = submitterOf(request);
      // Readers of the new job need not know of a job that only its submitter may see.
      const forkedFrom = old.team === submitter.teamId ? old.id : null;
      const job = { ...checkFork(old, request.body), ...submitter, forkedFrom };
      const stored = replayable(reply, await submit(request, job));
      return reply.code(202).header('location', `/v1/jobs/${stored.id}`).send(stored);
    },
  );

  app.post(
    '/job-batches',
    {
      config: { access: 'jobs:write' },
      bodyLimit: BATCH_BYTES,
      validatorCompiler: bodyCheckedByRoute,
      schema: {
        operationId: 'submitBatch',
        summary: 'Submit up to 1,000 jobs, all or none',
        description: 'Jobs of a batch may need one another, and read from one another, by their `ref`.',
        tags: ['jobs'],
        headers: IdempotencyHeader,
        body: SubmitBatch,
        response: { 202: SubmittedBatch, ...problems(...BODY, ...CONFIG, ...IDEMPOTENCY) },
      },
    },
    async (request, reply) => {
      const submitter = submitterOf(request);
      const batch = checkBatch(request.body).map((job) => ({ ...job, ...submitter }));
      const stored = await app.traceSubmit(request, ({ traceparent }) =>
        jobs.submitBatch(
          batch.map((job) => ({ ...job, traceparent })),
          idempotentRequest(request),
        ),
      );
      return reply.code(202).send(replayable(reply, stored));
    },
  );

  app.patch(
    '/jobs/:id',
    {
      config: { access: 'jobs:write', object: 'own-job' },
      schema: {
        operationId: 'patchJob',
        summary: 'Change name, tags, priority, limits, checkpoints to keep or retries of a job',
        description:
          'With `If-Match` only if its version is still that of the tag. After success: name, tags and keep.',
        tags: ['jobs'],
        headers: Type.Object({
          'if-match': Type.Optional(Type.String({ description: 'the `ETag` with which the job was read' })),
        }),
        params: JobParams,
        body: PatchJob,
        response: { 200: JobView, ...problems('not-found', 'illegal-transition', 'stale-version', ...BODY) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const job = await jobs.patch(id, request.body, matchedVersion(request.headers['if-match']));
      return reply.header('etag', versionTag(job.version)).send(job);
    },
  );
};
