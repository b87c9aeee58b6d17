import { CreateUser, MeView, UserList, UserView } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problems } from '../openapi/route-schemas.ts';
import { principalOf } from '../plugins/auth.ts';

/** `/v1/me` and `/v1/users`: who the caller is, and who there is. */
export const userRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/me',
    {
      config: { access: 'any-key' },
      schema: {
        operationId: 'getMe',
        summary: 'Tell who you are and what this key may do',
        tags: ['access'],
        response: { 200: MeView, ...problems() },
      },
    },
    async (request) => {
      const { id, name, userId, userName, teamId, role, clusterRole, scopes, granted, expiresAt } =
        principalOf(request);
      const { guaranteedSlots, maxSlots, maxSlotsPerUser, maxQueued, urgentSlotHours } =
        await app.store.teams.get(teamId);
      return {
        user: userName,
        userId,
        team: teamId,
        role,
        clusterRole,
        key: { id, name, scopes: scopes === null ? null : [...scopes], expiresAt },
        granted: { inTeam: [...granted.inTeam], everywhere: [...granted.everywhere] },
        limits: { guaranteedSlots, maxSlots, maxSlotsPerUser, maxQueued, urgentSlotHours },
      };
    },
  );

  app.get(
    '/users',
    {
      config: { access: 'cluster:operate' },
      schema: {
        operationId: 'listUsers',
        summary: 'List all users by name',
        tags: ['access'],
        response: { 200: UserList, ...problems('forbidden') },
      },
    },
    async () => ({ data: await app.store.users.list() }),
  );

  app.post(
    '/users',
    {
      config: { access: 'cluster:operate' },
      schema: {
        operationId: 'createUser',
        summary: 'Make a user',
        description: 'Without a role yet, unless it gets one over the cluster: `PUT /v1/teams/{id}/members/{user}`.',
        tags: ['access'],
        body: CreateUser,
        response: {
          201: UserView,
          ...problems('conflict', 'forbidden', 'invalid-request', 'payload-too-large', 'unsupported-media-type'),
        },
      },
    },
    async (request, reply) => reply.code(201).send(await app.store.users.create(request.body)),
  );
};
