import {
  CrucibleError,
  isMethodId,
  METHOD_IDS,
  METHODS,
  type MethodDescriptor,
  MethodList,
  MethodView,
} from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { problems } from '../openapi/route-schemas.ts';

const viewOf = (method: MethodDescriptor): MethodView => ({
  id: method.id,
  version: method.version,
  title: method.title,
  description: method.description,
  paper: method.paper,
  config: method.config,
  summary: method.summary,
  metrics: [...method.metrics],
  artifacts: [...method.artifacts],
  presets: Object.entries(method.presets).map(([name, preset]) => ({ name, ...preset })),
});

/** `/v1/methods`: what can be run and which config it takes. */
export const methodRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/methods',
    {
      config: { access: 'any-key' },
      schema: {
        operationId: 'listMethods',
        summary: 'List the methods',
        tags: ['methods'],
        response: { 200: MethodList, ...problems() },
      },
    },
    async () => ({
      data: METHOD_IDS.map((each) => {
        const { id, version, title, description, paper } = METHODS[each];
        return { id, version, title, description, paper };
      }),
    }),
  );

  app.get(
    '/methods/:id',
    {
      config: { access: 'any-key' },
      schema: {
        operationId: 'getMethod',
        summary: 'Read a method: the JSON Schema of its config, metrics, artifacts, presets',
        tags: ['methods'],
        params: Type.Object({ id: Type.String({ maxLength: 64, description: 'method id' }) }),
        response: { 200: MethodView, ...problems('not-found') },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!isMethodId(id))
        throw new CrucibleError('not-found', `There is no method "${id}"; known are ${METHOD_IDS.join(', ')}.`);
      return viewOf(METHODS[id]);
    },
  );
};
