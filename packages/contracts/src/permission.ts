import { type Static, Type } from 'typebox';

/** What a route may ask of its caller. Each is also a scope, to which a key can be narrowed. */
export const PERMISSIONS = [
  'jobs:read', // jobs with all they report: metrics, logs, attempts, artifacts, events
  'jobs:write', // submit and fork; command one's own jobs
  'jobs:manage', // command the jobs of others, too
  'checkpoints:read', // list and download
  'checkpoints:write', // pin and delete those of one's own jobs
  'cluster:read', // workers, queue
  'cluster:operate', // drain workers; make teams and users, set quotas
  'keys:write', // make, rotate and revoke one's own keys
  'team:read', // quotas and members
  'team:manage', // members, and the keys of members
  'audit:read',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const VIEWER = ['jobs:read', 'checkpoints:read', 'cluster:read', 'keys:write', 'team:read'] as const;
const MEMBER = [...VIEWER, 'jobs:write', 'checkpoints:write'] as const;
const MAINTAINER = [...MEMBER, 'jobs:manage'] as const;
const TEAM_ADMIN = [...MAINTAINER, 'team:manage', 'audit:read'] as const;

/** What a member of a team may do in this team. */
export const TEAM_ROLES = {
  viewer: VIEWER,
  member: MEMBER,
  maintainer: MAINTAINER,
  'team-admin': TEAM_ADMIN,
} as const satisfies Record<string, readonly Permission[]>;
export type TeamRole = keyof typeof TEAM_ROLES;
export const TEAM_ROLE_NAMES = Object.keys(TEAM_ROLES) as TeamRole[];

const AUDITOR = ['jobs:read', 'checkpoints:read', 'cluster:read', 'keys:write', 'team:read', 'audit:read'] as const;

/** What the holder of a role over the whole cluster may do in every team, member or not. */
export const CLUSTER_ROLES = {
  operator: [...AUDITOR, 'jobs:manage', 'team:manage', 'cluster:operate'],
  auditor: AUDITOR,
} as const satisfies Record<string, readonly Permission[]>;
export type ClusterRole = keyof typeof CLUSTER_ROLES;
export const CLUSTER_ROLE_NAMES = Object.keys(CLUSTER_ROLES) as ClusterRole[];

/** A list of permissions to which a key is narrowed. */
export const Scopes = Type.Array(Type.Enum([...PERMISSIONS]), { minItems: 1, uniqueItems: true });
export type Scopes = Static<typeof Scopes>;

/** What a caller may do: in the team of its key, and in every team. */
export interface Granted {
  inTeam: readonly Permission[];
  everywhere: readonly Permission[];
}

/**
 * The permissions of a key: those of its owner's roles, without what its scopes leave out.
 *
 * @param role null: no member of the team
 * @param scopes null: everything that the roles allow
 */
export function grantedTo(
  role: TeamRole | null,
  clusterRole: ClusterRole | null,
  scopes: readonly Permission[] | null,
): Granted {
  const narrowed = (permissions: readonly Permission[]): Permission[] =>
    permissions.filter((each) => scopes === null || scopes.includes(each));
  return {
    inTeam: role === null ? [] : narrowed(TEAM_ROLES[role]),
    everywhere: clusterRole === null ? [] : narrowed(CLUSTER_ROLES[clusterRole]),
  };
}
