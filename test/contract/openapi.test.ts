import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fits, METHOD_IDS, MethodList, MethodView, Readiness, VersionView } from '@crucible/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { runApi } from '../support/running-api.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: unknown[];
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { required?: string[] }>; securitySchemes: Record<string, unknown> };
}

/** Every route that the service promises. */
const ROUTES = [
  'delete /v1/checkpoints/{id}',
  'get /healthz',
  'get /readyz',
  'get /v1/checkpoints/{id}',
  'get /v1/checkpoints/{id}/content',
  'get /v1/checkpoints/{id}/manifest',
  'get /v1/events',
  'get /v1/jobs',
  'get /v1/jobs/{id}',
  'get /v1/jobs/{id}/artifacts',
  'get /v1/jobs/{id}/artifacts/{name}',
  'get /v1/jobs/{id}/attempts',
  'get /v1/jobs/{id}/checkpoints',
  'get /v1/jobs/{id}/checkpoints/preview',
  'get /v1/jobs/{id}/logs',
  'get /v1/jobs/{id}/logs/stream',
  'get /v1/jobs/{id}/metrics',
  'get /v1/jobs/{id}/metrics/points',
  'get /v1/methods',
  'get /v1/methods/{id}',
  'get /v1/queue',
  'get /v1/stream',
  'get /v1/usage/storage',
  'get /v1/version',
  'get /v1/workers',
  'patch /v1/checkpoints/{id}',
  'patch /v1/jobs/{id}',
  'post /v1/checkpoints/{id}/verify',
  'post /v1/job-batches',
  'post /v1/jobs',
  'post /v1/jobs/{id}/attempts/{number}/metrics',
  'post /v1/jobs/{id}/cancel',
  'post /v1/jobs/{id}/fork',
  'post /v1/jobs/{id}/kill',
  'post /v1/jobs/{id}/pause',
  'post /v1/jobs/{id}/resume',
  'post /v1/jobs/{id}/retry',
  'post /v1/metrics/query',
  'post /v1/workers/{id}/cordon',
  'post /v1/workers/{id}/drain',
  'post /v1/workers/{id}/uncordon',
  'post /v1/workers/{id}/undrain',
];

const api = await runApi({ leads: false });
const { body: document } = await api.get<Document>('/openapi.json');
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, operation })),
);

describe('the contract over HTTP', () => {
  after(() => api.close());

  describe('the OpenAPI document', () => {
    it('is a valid OpenAPI 3.1 document', async () => {
      const validator = new Validator();
      const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
      assert.deepEqual(result.errors ?? [], []);
      assert.equal(validator.version, '3.1');
      assert.equal(result.valid, true);
    });

    it('names every route, and no other', () => {
      assert.deepEqual(operations.map(({ route }) => route).sort(), ROUTES.toSorted());
    });

    it('tells of each route what it does, what it answers, and how it fails', () => {
      const ids = new Set<string>();
      for (const { route, operation } of operations) {
        assert.ok(operation.summary && operation.tags?.length === 1 && operation.operationId, route);
        ids.add(operation.operationId);
        assert.ok(
          Object.keys(operation.responses).some((status) => status.startsWith('2')),
          route,
        );
        if (route.includes('/v1/')) {
          const schema = operation.responses['401']?.content?.['application/problem+json']?.schema;
          assert.equal(schema?.$ref, '#/components/schemas/Problem', route);
          assert.equal(operation.security, undefined, route);
        } else assert.deepEqual(operation.security, [], route);
      }
      assert.equal(ids.size, operations.length);
    });

    it('has every schema as a component, with no reference that leads nowhere', () => {
      const references = new Set(
        [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference),
      );
      for (const reference of references) {
        const name = /^#\/components\/schemas\/([A-Z][A-Za-z]+)$/.exec(reference ?? '')?.[1];
        assert.ok(name !== undefined && name in document.components.schemas, reference);
      }
      assert.ok(!JSON.stringify(document).includes('"$id"'));
      assert.ok(references.size >= 20, `${references.size} references`);
    });

    it('asks of a submit nothing but the method', () => {
      assert.deepEqual(document.components.schemas.SubmitJob?.required, ['method']);
    });
  });

  describe('routes that need no job', () => {
    it('answer as their schemas say', async () => {
      const methods = await api.get<MethodList>('/v1/methods');
      assert.ok(fits(MethodList, methods.body));
      assert.deepEqual(
        methods.body.data.map(({ id }) => id),
        METHOD_IDS,
      );
      for (const id of METHOD_IDS) {
        const { body } = await api.get<MethodView>(`/v1/methods/${id}`);
        assert.ok(fits(MethodView, body));
        const { properties } = body.config as { properties: Record<string, unknown> };
        assert.ok(Object.keys(properties).length > 0, id);
        assert.ok(body.presets.length > 0 && body.metrics.length > 0 && body.artifacts.length > 0, id);
      }
      const version = await api.get<VersionView>('/v1/version');
      assert.ok(fits(VersionView, version.body));
      assert.match(version.body.version, /^\d+\.\d+\.\d+/);
      const { status, body } = await api.get('/readyz');
      assert.ok(fits(Readiness, body));
      assert.deepEqual([status, body.status, body.degraded], [200, 'degraded', ['dispatch', 'feed']]);
    });
  });
});
