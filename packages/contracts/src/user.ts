import { type Static, Type } from 'typebox';
import { CLUSTER_ROLE_NAMES, PERMISSIONS, TEAM_ROLE_NAMES } from './permission.ts';
import { TeamId, TeamView } from './team.ts';

/** Name of a user, by which the API knows it. */
export const UserName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$' });

const ClusterRoleOrNone = Type.Union([Type.Enum(CLUSTER_ROLE_NAMES), Type.Null()]);

export const UserView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: UserName,
    clusterRole: ClusterRoleOrNone,
    createdAt: Type.String({ format: 'date-time' }),
  },
  { $id: 'User' },
);
export type UserView = Static<typeof UserView>;
export const UserList = Type.Object({ data: Type.Array(UserView) }, { $id: 'UserList' });
export type UserList = Static<typeof UserList>;

/** Body of `POST /v1/users`. */
export const CreateUser = Type.Object(
  {
    name: UserName,
    clusterRole: Type.Union([Type.Enum(CLUSTER_ROLE_NAMES), Type.Null()], {
      default: null,
      description: 'role over the whole cluster',
    }),
  },
  { $id: 'CreateUser', additionalProperties: false },
);
export type CreateUser = Static<typeof CreateUser>;

const Permissions = Type.Array(Type.Enum([...PERMISSIONS]));

/** Who the caller is, and what the key in use may do. */
export const MeView = Type.Object(
  {
    user: UserName,
    userId: Type.String({ format: 'uuid' }),
    team: TeamId,
    role: Type.Union([Type.Enum(TEAM_ROLE_NAMES), Type.Null()], { description: 'null: no member of the team' }),
    clusterRole: ClusterRoleOrNone,
    key: Type.Object({
      id: Type.String(),
      name: Type.String(),
      scopes: Type.Union([Permissions, Type.Null()], { description: 'null: all that the roles allow' }),
      expiresAt: Type.String({ format: 'date-time' }),
    }),
    granted: Type.Object(
      { inTeam: Permissions, everywhere: Permissions },
      { description: 'what roles and scopes leave: in the team, and in every team' },
    ),
    limits: Type.Pick(TeamView, ['guaranteedSlots', 'maxSlots', 'maxSlotsPerUser', 'maxQueued', 'urgentSlotHours']),
  },
  { $id: 'Me' },
);
export type MeView = Static<typeof MeView>;
