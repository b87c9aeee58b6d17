import type {
  ApiKeyView,
  AuditPage,
  AuditQuery,
  CreateApiKey,
  CreateTeam,
  CreateUser,
  MemberView,
  MeView,
  NewApiKey,
  PatchTeam,
  RotateApiKey,
  TeamRole,
  TeamView,
  UserView,
} from '@crucible/contracts';
import type { CallOptions } from './call-options.ts';
import { type Http, queryOf } from './http.ts';

/** Who may do what: the caller, keys, teams, users, and the record of changes. */
export interface AccessCalls {
  /** Who this key speaks for, and what it may do. */
  me(options?: CallOptions): Promise<MeView>;
  readonly keys: {
    /** Newest first: the caller's own, or with `all` those that it may manage. */
    list(query?: { all?: boolean }, options?: CallOptions): Promise<ApiKeyView[]>;
    /** The answer holds the secret, which is never shown again. */
    create(body: Pick<CreateApiKey, 'name'> & Partial<CreateApiKey>, options?: CallOptions): Promise<NewApiKey>;
    /** A new key; the old one expires after the overlap. */
    rotate(id: string, body?: Partial<RotateApiKey>, options?: CallOptions): Promise<NewApiKey>;
    revoke(id: string, options?: CallOptions): Promise<void>;
  };
  readonly teams: {
    list(options?: CallOptions): Promise<TeamView[]>;
    create(body: CreateTeam, options?: CallOptions): Promise<TeamView>;
    /** Changes quotas; with `version` only if that is still its version. */
    patch(id: string, changes: PatchTeam, options?: CallOptions & { version?: number }): Promise<TeamView>;
    members(id: string, options?: CallOptions): Promise<MemberView[]>;
    /** Adds a user, by name, or changes its role. */
    putMember(id: string, user: string, role: TeamRole, options?: CallOptions): Promise<MemberView>;
    removeMember(id: string, user: string, options?: CallOptions): Promise<void>;
  };
  readonly users: {
    list(options?: CallOptions): Promise<UserView[]>;
    create(body: Pick<CreateUser, 'name'> & Partial<CreateUser>, options?: CallOptions): Promise<UserView>;
  };
  /** One page of the requests that changed something or were refused to, newest first. */
  audit(query?: Partial<AuditQuery>, options?: CallOptions): Promise<AuditPage>;
}

const at = (...parts: string[]): string => ['/v1', ...parts.map(encodeURIComponent)].join('/');

/** The calls of {@link AccessCalls} over HTTP. */
export function accessCalls(http: Http): AccessCalls {
  const list = async <T>(path: string, signal?: AbortSignal): Promise<T[]> =>
    (await http.get<{ data: T[] }>(path, signal)).data;
  const change = async <T>(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: unknown,
    { signal, headers = {} }: CallOptions & { headers?: Record<string, string> },
  ): Promise<T> => (await http.send(path, { method, body, headers, signal })).json() as Promise<T>;
  const remove = async (path: string, signal?: AbortSignal): Promise<void> => {
    await http.send(path, { method: 'DELETE', signal });
  };
  return {
    me: ({ signal } = {}) => http.get('/v1/me', signal),
    keys: {
      list: ({ all } = {}, { signal } = {}) => list(`/v1/api-keys${all === true ? '?all=true' : ''}`, signal),
      create: (body, options = {}) => change('POST', '/v1/api-keys', body, options),
      rotate: (id, body = {}, options = {}) => change('POST', at('api-keys', id, 'rotate'), body, options),
      revoke: (id, { signal } = {}) => remove(at('api-keys', id), signal),
    },
    teams: {
      list: ({ signal } = {}) => list('/v1/teams', signal),
      create: (body, options = {}) => change('POST', '/v1/teams', body, options),
      patch: (id, changes, { version, signal } = {}) =>
        change('PATCH', at('teams', id), changes, {
          signal,
          headers: version === undefined ? {} : { 'if-match': `"v${version}"` },
        }),
      members: (id, { signal } = {}) => list(at('teams', id, 'members'), signal),
      putMember: (id, user, role, options = {}) => change('PUT', at('teams', id, 'members', user), { role }, options),
      removeMember: (id, user, { signal } = {}) => remove(at('teams', id, 'members', user), signal),
    },
    users: {
      list: ({ signal } = {}) => list('/v1/users', signal),
      create: (body, options = {}) => change('POST', '/v1/users', body, options),
    },
    audit: (query = {}, { signal } = {}) => http.get(`/v1/audit${queryOf(query)}`, signal),
  };
}
