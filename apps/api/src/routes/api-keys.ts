import { ApiKeyList, ApiKeysQuery, CreateApiKey, NewApiKey, RotateApiKey } from '@crucible/contracts';
import type { MadeKey } from '@crucible/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { manageableKeys, scopesOfNewKey, scopesOfNextKey } from '../key-rights.ts';
import { problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';
import { principalOf } from '../plugins/auth.ts';

const KeyParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9]{12}$', description: 'id of the key' }) });
const BODY = ['invalid-request', 'payload-too-large', 'unsupported-media-type'] as const;
const SECONDS_PER_HOUR = 3600;
const ONCE = 'The secret is in this answer and nowhere else; an `Idempotency-Key` has no effect.';

/** `/v1/api-keys`: who speaks for whom. No key gives more than it has. */
export const apiKeyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  // The caller's next request may come before the notification of its own change.
  app.addHook('onSend', async ({ method }) => {
    if (method !== 'GET') app.verifiedKeys.forget();
  });

  const { keys } = app.store;
  /** What is known of a new key, with its secret. */
  const shown = async ({ id, key }: MadeKey): Promise<NewApiKey> => {
    const { userId: _, clusterRole: __, ...view } = await keys.get(id, { teamId: null, userId: null });
    return { ...view, key };
  };

  app.get(
    '/api-keys',
    {
      config: { access: 'keys:write' },
      schema: {
        operationId: 'listApiKeys',
        summary: 'List your keys in this team, newest first, or all that you may manage',
        tags: ['access'],
        querystring: strictQuery(ApiKeysQuery),
        response: { 200: ApiKeyList, ...problems('invalid-request', 'forbidden') },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { teamId, userId } = principal;
      return { data: await keys.list(request.query.all ? manageableKeys(principal) : { teamId, userId }) };
    },
  );

  app.post(
    '/api-keys',
    {
      config: { access: 'keys:write' },
      schema: {
        operationId: 'createApiKey',
        summary: 'Make a key: for yourself, for a member of your team, or, as an operator, for anyone',
        description: `Its scopes are at most those of the key that makes it. ${ONCE}`,
        tags: ['access'],
        body: CreateApiKey,
        response: { 201: NewApiKey, ...problems('not-found', 'forbidden', ...BODY) },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { name, days, scopes, user = principal.userName, team = principal.teamId } = request.body;
      const own = { userId: principal.userId, clusterRole: principal.clusterRole };
      const isOwn = user === principal.userName && team === principal.teamId;
      // Rights come first: a team that is not the caller's is refused alike, there or not.
      if (team !== principal.teamId) scopesOfNewKey(principal, { ...own, teamId: team }, undefined);
      const holder = { ...(isOwn ? own : await keys.holder(user, team)), teamId: team };
      const terms = { days, userId: holder.userId, teamId: team, scopes: scopesOfNewKey(principal, holder, scopes) };
      return reply.code(201).send(await shown(await keys.create(name, terms)));
    },
  );

  app.post(
    '/api-keys/:id/rotate',
    {
      config: { access: 'keys:write' },
      schema: {
        operationId: 'rotateApiKey',
        summary: 'Make a key that takes the place of another, which expires after an overlap',
        description: ONCE,
        tags: ['access'],
        params: KeyParams,
        body: RotateApiKey,
        response: { 201: NewApiKey, ...problems('not-found', 'forbidden', ...BODY) },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { days, overlapHours } = request.body;
      const old = await keys.get(request.params.id, manageableKeys(principal));
      const scopes = scopesOfNextKey(principal, { ...old, teamId: old.team }, old.scopes);
      const made = await keys.rotate(old.id, { days, scopes }, overlapHours * SECONDS_PER_HOUR);
      return reply.code(201).send(await shown(made));
    },
  );

  app.delete(
    '/api-keys/:id',
    {
      config: { access: 'keys:write' },
      schema: {
        operationId: 'revokeApiKey',
        summary: 'Revoke a key, at once and for good',
        tags: ['access'],
        params: KeyParams,
        response: { 204: Type.Null({ description: 'revoked' }), ...problems('not-found', 'forbidden') },
      },
    },
    async (request, reply) => {
      const { id } = await keys.get(request.params.id, manageableKeys(principalOf(request)));
      await keys.revoke(id);
      return reply.code(204).send(null);
    },
  );
};
