import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import plugin from 'fastify-plugin';
import { asComponent, asInput, NAMED_SCHEMAS, withReferences } from '../openapi/named-schemas.ts';
import { registerOpen } from './auth.ts';

const TAGS = [
  { name: 'methods', description: 'What can be run: config schemas, metrics, artifacts, presets' },
  { name: 'jobs', description: 'Submit, read and command jobs' },
  { name: 'results', description: 'What a job reports: metrics, logs, attempts, checkpoints, artifacts' },
  { name: 'feed', description: 'Every change, in order, by long poll or as a stream' },
  { name: 'cluster', description: 'Workers and the queue' },
  { name: 'session', description: 'Signing in and out of the dashboard' },
  { name: 'health', description: 'Open to everyone' },
];

const DESCRIPTION = `Submit jobs, follow them and read their results.

Every error is \`application/problem+json\` with a stable \`code\`. Every POST takes an \`Idempotency-Key\`: a repeat
gets the first answer, with \`Idempotency-Replayed: true\`. Metric values that are no finite numbers travel as the
strings \`"NaN"\`, \`"Infinity"\` and \`"-Infinity"\`.`;

/** A route's schema as the document shows it. */
const documented = ({ querystring, ...schema }: FastifySchema): FastifySchema => ({
  ...(withReferences(schema) as FastifySchema),
  ...(querystring !== undefined && { querystring: asInput(querystring) }),
});

/** The OpenAPI 3.1 document at `/openapi.json`, made from the schemas of the routes, and a page to browse it at `/docs`. */
export const openapi = plugin<{ version: string }>(
  async (app, { version }) => {
    for (const schema of NAMED_SCHEMAS) app.addSchema(asComponent(schema));
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Crucible', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
        tags: TAGS,
        components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'crk_...' } } },
        security: [{ apiKey: [] }],
      },
      transform: ({ schema, url }) => ({ schema: documented(schema ?? {}), url }),
      refResolver: { buildLocalReference: (json) => String(json.$id) },
    });
    await registerOpen(app, async (scope) => {
      await scope.register(swaggerUi, { routePrefix: '/docs' });
      scope.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
    });
  },
  { name: 'openapi', dependencies: ['auth', 'validation'] },
);
