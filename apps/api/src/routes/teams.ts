import { CreateTeam, MemberList, MemberView, PatchTeam, PutMember, TeamList, TeamView } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { matchedVersion, versionTag } from '../etag.ts';
import { problems } from '../openapi/route-schemas.ts';
import { shownTeamOf } from '../plugins/auth.ts';

// Any text: what is no id or name is answered as what is not there.
const TeamParams = Type.Object({ id: Type.String({ description: 'id of the team' }) });
const MemberParams = Type.Object({ ...TeamParams.properties, user: Type.String({ description: 'name of the user' }) });
const BODY = ['invalid-request', 'payload-too-large', 'unsupported-media-type'] as const;

/** `/v1/teams`: what a team may use, and who belongs to it. */
export const teamRoutes: FastifyPluginAsyncTypebox = async (app) => {
  // The caller's next request may come before the notification of its own change.
  app.addHook('onSend', async ({ method }) => {
    if (method !== 'GET') app.verifiedKeys.forget();
  });

  const { teams } = app.store;

  app.get(
    '/teams',
    {
      config: { access: 'team:read' },
      schema: {
        operationId: 'listTeams',
        summary: 'List the teams that you see, with their quotas',
        tags: ['access'],
        response: { 200: TeamList, ...problems('forbidden') },
      },
    },
    async (request) => ({ data: await teams.list(shownTeamOf(request)) }),
  );

  app.post(
    '/teams',
    {
      config: { access: 'cluster:operate' },
      schema: {
        operationId: 'createTeam',
        summary: 'Make a team',
        tags: ['access'],
        body: CreateTeam,
        response: { 201: TeamView, ...problems('conflict', 'forbidden', ...BODY) },
      },
    },
    async (request, reply) => reply.code(201).send(await teams.create(request.body)),
  );

  app.patch(
    '/teams/:id',
    {
      config: { access: 'cluster:operate', object: 'team' },
      schema: {
        operationId: 'patchTeam',
        summary: 'Change the quotas of a team',
        description: 'With `If-Match: "vN"` only if its `version` is still N.',
        tags: ['access'],
        headers: Type.Object({
          'if-match': Type.Optional(Type.String({ description: '`"vN"`, the version that was read' })),
        }),
        params: TeamParams,
        body: PatchTeam,
        response: { 200: TeamView, ...problems('not-found', 'forbidden', 'stale-version', ...BODY) },
      },
    },
    async (request, reply) => {
      const team = await teams.patch(request.params.id, request.body, matchedVersion(request.headers['if-match']));
      return reply.header('etag', versionTag(team.version)).send(team);
    },
  );

  app.get(
    '/teams/:id/members',
    {
      config: { access: 'team:read', object: 'team' },
      schema: {
        operationId: 'listMembers',
        summary: 'List the members of a team with their roles',
        tags: ['access'],
        params: TeamParams,
        response: { 200: MemberList, ...problems('not-found', 'forbidden') },
      },
    },
    async (request) => ({ data: await teams.members(request.params.id) }),
  );

  app.put(
    '/teams/:id/members/:user',
    {
      config: { access: 'team:manage', object: 'team' },
      schema: {
        operationId: 'putMember',
        summary: 'Add a user to a team, or change the role there',
        tags: ['access'],
        params: MemberParams,
        body: PutMember,
        response: { 200: MemberView, ...problems('not-found', 'forbidden', ...BODY) },
      },
    },
    async (request) => teams.putMember(request.params.id, request.params.user, request.body.role),
  );

  app.delete(
    '/teams/:id/members/:user',
    {
      config: { access: 'team:manage', object: 'team' },
      schema: {
        operationId: 'removeMember',
        summary: 'Take a user out of a team',
        description: 'The keys of the user in this team stop at once, unless a role over the cluster carries them.',
        tags: ['access'],
        params: MemberParams,
        response: { 204: Type.Null({ description: 'removed' }), ...problems('not-found', 'forbidden') },
      },
    },
    async (request, reply) => {
      await teams.removeMember(request.params.id, request.params.user);
      return reply.code(204).send(null);
    },
  );
};
