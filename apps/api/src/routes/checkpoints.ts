import {
  ChangeCheckpoint,
  CheckpointCheck,
  CheckpointList,
  CheckpointManifest,
  CheckpointView,
  KeepPreview,
  KeepQuery,
  StorageUsage,
} from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { CheckpointParams, JobParams, problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';
import { principalOf } from '../plugins/auth.ts';

const BODY = ['invalid-request', 'payload-too-large', 'unsupported-media-type'] as const;

/** `/v1/checkpoints` and those of a job: see, keep, remove, verify. Their bytes are in checkpoint-content.ts. */
export const checkpointRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { checkpoints } = app.store;

  app.get(
    '/jobs/:id/checkpoints',
    {
      config: { access: 'checkpoints:read', object: 'job' },
      schema: {
        operationId: 'listCheckpoints',
        summary: 'List the checkpoints of a job, newest first, with why each stays',
        tags: ['checkpoints'],
        params: JobParams,
        response: { 200: CheckpointList, ...problems('not-found') },
      },
    },
    async (request) => ({ data: await checkpoints.list(request.params.id) }),
  );

  app.get(
    '/jobs/:id/checkpoints/preview',
    {
      config: { access: 'checkpoints:read', object: 'job' },
      schema: {
        operationId: 'previewKeep',
        summary: 'Tell what a keep rule would remove now, and the bytes that it would free',
        description: 'What the query leaves out is as the rule of the job has it. Nothing is changed.',
        tags: ['checkpoints'],
        params: JobParams,
        querystring: strictQuery(KeepQuery),
        response: { 200: KeepPreview, ...problems('invalid-request', 'not-found') },
      },
    },
    async (request) => checkpoints.previewKeep(request.params.id, request.query),
  );

  app.get(
    '/checkpoints/:id',
    {
      config: { access: 'checkpoints:read', object: 'job' },
      schema: {
        operationId: 'getCheckpoint',
        summary: 'Read a checkpoint',
        tags: ['checkpoints'],
        params: CheckpointParams,
        response: { 200: CheckpointView, ...problems('not-found') },
      },
    },
    async (request) => checkpoints.get(request.params.id),
  );

  app.patch(
    '/checkpoints/:id',
    {
      config: { access: 'checkpoints:write', object: 'own-job' },
      schema: {
        operationId: 'changeCheckpoint',
        summary: 'Pin, unpin or annotate a checkpoint',
        description: 'No rule removes a pinned one. A checkpoint without bytes, removed or damaged, is not found.',
        tags: ['checkpoints'],
        params: CheckpointParams,
        body: ChangeCheckpoint,
        response: { 200: CheckpointView, ...problems('not-found', ...BODY) },
      },
    },
    async (request) => checkpoints.change(request.params.id, request.body),
  );

  app.delete(
    '/checkpoints/:id',
    {
      config: { access: 'checkpoints:write', object: 'own-job' },
      schema: {
        operationId: 'removeCheckpoint',
        summary: 'Remove a checkpoint that nothing needs',
        tags: ['checkpoints'],
        params: CheckpointParams,
        response: { 204: Type.Null({ description: 'removed' }), ...problems('not-found', 'checkpoint-in-use') },
      },
    },
    async (request, reply) => {
      await checkpoints.remove(request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/checkpoints/:id/manifest',
    {
      config: { access: 'checkpoints:read', object: 'job' },
      schema: {
        operationId: 'getCheckpointManifest',
        summary: 'Read the manifest of a checkpoint: the state of its method, its tensors and their chunks',
        tags: ['checkpoints'],
        params: CheckpointParams,
        response: { 200: CheckpointManifest, ...problems('not-found') },
      },
    },
    async (request) => checkpoints.manifest(request.params.id),
  );

  app.post(
    '/checkpoints/:id/verify',
    {
      config: { access: 'checkpoints:write', object: 'job' },
      schema: {
        operationId: 'verifyCheckpoint',
        summary: 'Read every byte of a checkpoint and compare it with its hash',
        description: 'A damaged one is taken out of use; the next attempt at its job uses the one before.',
        tags: ['checkpoints'],
        params: CheckpointParams,
        response: { 200: CheckpointCheck, ...problems('not-found', 'checkpoint-corrupt') },
      },
    },
    async (request) => checkpoints.verify(request.params.id),
  );

  app.get(
    '/usage/storage',
    {
      config: { access: 'checkpoints:read' },
      schema: {
        operationId: 'getStorageUsage',
        summary: 'Tell what the checkpoints and artifacts of your team take',
        tags: ['checkpoints'],
        response: { 200: StorageUsage, ...problems() },
      },
    },
    async (request) => checkpoints.usage(principalOf(request).teamId),
  );
};
