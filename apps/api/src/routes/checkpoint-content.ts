import { Readable } from 'node:stream';
import { CrucibleError } from '@crucible/contracts';
import { safetensorsOf } from '@crucible/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { byteRangeOf, isRangeOf } from '../byte-range.ts';
import { isNoneMatch } from '../etag.ts';
import { CheckpointParams, problems } from '../openapi/route-schemas.ts';

const BYTES = {
  content: { 'application/octet-stream': { schema: Type.Unsafe<unknown>({ type: 'string' }) } },
};

/** The pieces as a stream. The first is read before, so that an error in it is still answered as one. */
async function streamOf(pieces: AsyncGenerator<Uint8Array>): Promise<Readable> {
  const first = await pieces.next();
  const all = async function* () {
    if (!first.done) yield first.value;
    yield* pieces;
  };
  return Readable.from(all(), { objectMode: false });
}

/** `/v1/checkpoints/:id/content`: the bytes of a checkpoint as a file. */
export const checkpointContentRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { checkpoints } = app.store;

  app.get(
    '/checkpoints/:id/content',
    {
      config: { access: 'key' },
      schema: {
        operationId: 'downloadCheckpoint',
        summary: 'Download a checkpoint in the safetensors format',
        description:
          'Every chunk is verified before it is sent; a connection that breaks off before `Content-Length` means that ' +
          'one was damaged. The `ETag` is the SHA-256 of the manifest. One range at a time, with `If-Range`.',
        tags: ['checkpoints'],
        params: CheckpointParams,
        response: {
          200: { description: 'the bytes', ...BYTES },
          206: { description: 'the bytes of the range', ...BYTES },
          304: Type.Null({ description: 'the bytes of the tag' }),
          ...problems('not-found', 'range-not-satisfiable', 'checkpoint-corrupt'),
        },
      },
    },
    async (request, reply) => {
      const { view, manifest, sizes, read } = await checkpoints.open(request.params.id);
      const file = safetensorsOf(manifest, sizes, read);
      const tag = `"${view.rootSha256}"`;
      const { headers } = request;
      reply.header('cache-control', 'private, no-cache').header('accept-ranges', 'bytes');
      if (isNoneMatch(headers['if-none-match'], tag)) return reply.code(304).header('etag', tag).send(null);
      const asked = isRangeOf(headers['if-range'] as string | undefined, tag)
        ? byteRangeOf(headers.range, file.size)
        : null;
      if (asked === 'unsatisfiable') {
        reply.header('content-range', `bytes */${file.size}`);
        throw new CrucibleError('range-not-satisfiable', `The content has ${file.size} bytes.`);
      }
      const range = asked ?? { first: 0, last: file.size - 1 };
      const body = request.method === 'HEAD' ? Readable.from([]) : await streamOf(file.bytes(range));
      if (asked !== null) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${file.size}`);
      return reply
        .type('application/octet-stream')
        .header('etag', tag)
        .header('content-length', range.last - range.first + 1)
        .header('content-disposition', `attachment; filename="${view.id}.safetensors"`)
        .send(body);
    },
  );
};
