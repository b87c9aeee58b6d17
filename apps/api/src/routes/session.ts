import { CrucibleError, SessionView } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { problems } from '../openapi/route-schemas.ts';
import { bearerKeyOf, principalOf } from '../plugins/auth.ts';

const holderOf = (request: FastifyRequest) => {
  const { userName, teamId, role, clusterRole } = principalOf(request);
  return { user: userName, team: teamId, role, clusterRole };
};

/** `/v1/session`: signing in and out of the dashboard. */
export const sessionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/session',
    {
      config: { access: 'any-key' },
      schema: {
        operationId: 'signIn',
        summary: 'Exchange an API key for a session of a browser',
        description:
          'Sets a cookie that takes the place of the key for 12 hours, or until the key ends. Requests with the cookie that change something need `csrfToken` in the header `X-CSRF-Token`.',
        tags: ['session'],
        response: { 200: SessionView, ...problems('invalid-request') },
      },
    },
    async (request, reply) => {
      const key = bearerKeyOf(request);
      if (key === null) throw new CrucibleError('invalid-request', 'Send the key: `Authorization: Bearer crk_...`.');
      return { ...holderOf(request), ...app.sessions.begin(request, reply, key) };
    },
  );

  app.get(
    '/session',
    {
      config: { access: 'any-key' },
      schema: {
        operationId: 'getSession',
        summary: 'Read who is signed in',
        tags: ['session'],
        response: { 200: SessionView, ...problems() },
      },
    },
    async (request) => {
      const isByKey = bearerKeyOf(request) !== null;
      const current = isByKey ? null : app.sessions.read(request);
      return { ...holderOf(request), ...(current ?? { csrfToken: null, expiresAt: null }) };
    },
  );

  app.delete(
    '/session',
    {
      config: { access: 'any-key' },
      schema: {
        operationId: 'signOut',
        summary: 'Take the session from the browser',
        tags: ['session'],
        response: { 204: Type.Null(), ...problems() },
      },
    },
    async (_request, reply) => {
      app.sessions.end(reply);
      return reply.code(204).send(null);
    },
  );
};
