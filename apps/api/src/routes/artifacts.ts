import { Readable } from 'node:stream';
import { ArtifactList } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { isNoneMatch } from '../etag.ts';
import { JobParams, problems } from '../openapi/route-schemas.ts';

const MEDIA_TYPE = /^[a-z0-9.+-]+\/[a-z0-9.+-]+(; ?[a-z-]+=[a-z0-9-]+)*$/i;

/** RFC 6266 with the encoding of RFC 8187: any name, whatever its characters. */
const attachment = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;

/** `/v1/jobs/:id/artifacts`: the files that a job left. */
export const artifactRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { artifacts } = app.store;

  app.get(
    '/jobs/:id/artifacts',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'listArtifacts',
        summary: 'List the artifacts of a job',
        tags: ['results'],
        params: JobParams,
        response: { 200: ArtifactList, ...problems('not-found') },
      },
    },
    async (request) => ({ data: await artifacts.list(request.params.id) }),
  );

  app.get(
    '/jobs/:id/artifacts/:name',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'downloadArtifact',
        summary: 'Download an artifact',
        description: 'Its `ETag` is the SHA-256 of its bytes.',
        tags: ['results'],
        params: Type.Object({ ...JobParams.properties, name: Type.String({ minLength: 1, maxLength: 200 }) }),
        response: {
          200: {
            description: 'the bytes',
            content: { 'application/octet-stream': { schema: Type.Unsafe<unknown>({ type: 'string' }) } },
          },
          304: Type.Null({ description: 'the bytes of the tag' }),
          ...problems('not-found', 'checkpoint-corrupt'),
        },
      },
    },
    async (request, reply) => {
      const { view, chunks } = await artifacts.open(request.params.id, request.params.name);
      const tag = `"${view.sha256}"`;
      reply.header('etag', tag).header('cache-control', 'private, no-cache');
      if (isNoneMatch(request.headers['if-none-match'], tag)) return reply.code(304).send(null);
      return reply
        .type(MEDIA_TYPE.test(view.mediaType) ? view.mediaType : 'application/octet-stream')
        .header('content-length', view.bytes)
        .header('content-disposition', attachment(view.name))
        .send(Readable.from(chunks, { objectMode: false }));
    },
  );
};
