import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import {
  type ApiKeyView,
  type ClusterRole,
  CrucibleError,
  type Granted,
  grantedTo,
  type Permission,
  type TeamRole,
} from '@crucible/contracts';
import type { Database, Queryable } from './database.ts';
import { transaction } from './transaction.ts';

/** Who asks, and what it may do. A key speaks for one user in one team. */
export interface VerifiedKey {
  id: string;
  name: string;
  userId: string;
  userName: string;
  teamId: string;
  /** null: no member of the team, a role over the cluster alone */
  role: TeamRole | null;
  clusterRole: ClusterRole | null;
  /** null: all that the roles allow */
  scopes: readonly Permission[] | null;
  granted: Granted;
  /** RFC 3339 */
  expiresAt: string;
}

/** Which keys a caller may see, and so manage: of one team and of one user there, null: of every. */
export interface KeyFilter {
  teamId: string | null;
  userId: string | null;
}

/** A key with whose it is. */
export interface KeyRecord extends ApiKeyView {
  userId: string;
  clusterRole: ClusterRole | null;
}

/** A key that was just made. The `key` cannot be shown again. */
export interface MadeKey {
  id: string;
  key: string;
}

/** What may be said of a new key. */
export interface KeyTerms {
  /** until it expires @defaultValue 90 */
  days?: number;
  /** @defaultValue the first user, an operator */
  userId?: string;
  /** @defaultValue `default` */
  teamId?: string;
  /** null: all that the user's roles allow @defaultValue null */
  scopes?: readonly Permission[] | null;
}

/** API keys of the form `crk_ID_SECRET`. Only the SHA-256 of the secret is kept. */
export interface Keys {
  /** Makes a key. */
  create(name: string, terms?: KeyTerms): Promise<MadeKey>;
  /** Whose key this is; null when it is malformed, unknown, expired or revoked, or its user has no role any more. */
  verify(key: string): Promise<VerifiedKey | null>;
  /** Newest first, a thousand at most. */
  list(filter: KeyFilter): Promise<ApiKeyView[]>;
  /** @throws `not-found` also for a key that the filter leaves out */
  get(id: string, filter: KeyFilter): Promise<KeyRecord>;
  /**
   * Makes a key with the name, user and team of another, which expires after `overlapSeconds` unless it does before.
   *
   * @throws `not-found` when that one is unknown, expired or revoked by now
   */
  rotate(id: string, terms: Required<Pick<KeyTerms, 'days' | 'scopes'>>, overlapSeconds: number): Promise<MadeKey>;
  /** @throws `not-found` */
  revoke(id: string): Promise<void>;
  /**
   * Id and role over the cluster of the user of that name who has a role that counts in the team.
   *
   * @throws `not-found`
   */
  holder(user: string, teamId: string): Promise<{ userId: string; clusterRole: ClusterRole | null }>;
}

const KEY_FORM = /^crk_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 12;
const SECRET_BYTES = 32;
const DEFAULT_DAYS = 90;

/** The secret is 256 random bits, so that a fast hash is enough. */
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Compared with when the id is unknown, so that an unknown id takes as long as a wrong secret. */
const NO_HASH = Buffer.alloc(SECRET_BYTES);

const drawId = (): string =>
  Array.from({ length: ID_LENGTH }, () => ID_LETTERS.charAt(randomInt(ID_LETTERS.length))).join('');

/** Made by the migration, so that a new cluster has someone to make the first key for. */
const FIRST_USER = '00000000-0000-7000-8000-000000000001';
const FIRST_TEAM = 'default';

interface KeyRow {
  name: string;
  user_id: string;
  user_name: string;
  team_id: string;
  role: TeamRole | null;
  cluster_role: ClusterRole | null;
  scopes: Permission[] | null;
  secret_sha256: Buffer;
  expires_at: Date;
  is_valid: boolean;
  is_use_stale: boolean;
}

interface ListedRow {
  id: string;
  name: string;
  user_id: string;
  user_name: string;
  cluster_role: ClusterRole | null;
  team_id: string;
  scopes: Permission[] | null;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const LISTED = `
  select k.id, k.name, k.user_id, u.name as user_name, u.cluster_role, k.team_id, k.scopes, k.created_at, k.expires_at,
    k.last_used_at, k.revoked_at
  from api_key k join user_account u on u.id = k.user_id
  where ($1::text is null or k.team_id = $1) and ($2::uuid is null or k.user_id = $2)`;
const MAX_LISTED = 1000;

const toApiKeyView = (row: ListedRow): ApiKeyView => ({
  id: row.id,
  name: row.name,
  user: row.user_name,
  team: row.team_id,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
});

const missing = (id: string): CrucibleError => new CrucibleError('not-found', `There is no API key ${id}.`);

async function insert(client: Queryable, name: string, terms: Required<KeyTerms>): Promise<MadeKey> {
  const id = drawId();
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  await client.query(
    `insert into api_key (id, name, secret_sha256, expires_at, user_id, team_id, scopes)
     values ($1, $2, $3, now() + $4 * interval '1 day', $5, $6, $7)`,
    [id, name, hashOf(secret), terms.days, terms.userId, terms.teamId, terms.scopes],
  );
  return { id, key: `crk_${id}_${secret}` };
}

export function createKeys({ pool }: Database): Keys {
  return {
    create: (name, { days = DEFAULT_DAYS, userId = FIRST_USER, teamId = FIRST_TEAM, scopes = null } = {}) =>
      insert(pool, name, { days, userId, teamId, scopes }),
    async verify(key) {
      const [, id, secret] = KEY_FORM.exec(key) ?? [];
      if (id === undefined || secret === undefined) return null;
      const { rows } = await pool.query<KeyRow>(
        `select k.name, k.user_id, u.name as user_name, k.team_id, m.role, u.cluster_role, k.scopes, k.secret_sha256,
           k.expires_at, k.expires_at > now() and k.revoked_at is null and (m.role is not null or u.cluster_role is not null) as is_valid,
           k.last_used_at is null or k.last_used_at < now() - interval '1 minute' as is_use_stale
         from api_key k join user_account u on u.id = k.user_id
           left join membership m on m.user_id = k.user_id and m.team_id = k.team_id
         where k.id = $1`,
        [id],
      );
      const [row] = rows;
      const isRight = timingSafeEqual(hashOf(secret), row?.secret_sha256 ?? NO_HASH);
      if (row === undefined || !isRight || !row.is_valid) return null;
      if (row.is_use_stale) await pool.query('update api_key set last_used_at = now() where id = $1', [id]);
      return {
        id,
        name: row.name,
        userId: row.user_id,
        userName: row.user_name,
        teamId: row.team_id,
        role: row.role,
        clusterRole: row.cluster_role,
        scopes: row.scopes,
        granted: grantedTo(row.role, row.cluster_role, row.scopes),
        expiresAt: row.expires_at.toISOString(),
      };
    },
    async list({ teamId, userId }) {
      const { rows } = await pool.query<ListedRow>(
        `${LISTED} order by k.created_at desc, k.id desc limit ${MAX_LISTED}`,
        [teamId, userId],
      );
      return rows.map(toApiKeyView);
    },
    async get(id, { teamId, userId }) {
      const { rows } = await pool.query<ListedRow>(`${LISTED} and k.id = $3`, [teamId, userId, id]);
      const [row] = rows;
      if (row === undefined) throw missing(id);
      return {
        ...toApiKeyView(row),
        userId: row.user_id,
        clusterRole: row.cluster_role,
      };
    },
    rotate(id, { days, scopes }, overlapSeconds) {
      return transaction(pool, async (client) => {
        const { rows } = await client.query<{ name: string; user_id: string; team_id: string }>(
          `update api_key set expires_at = least(expires_at, now() + $2 * interval '1 second')
           where id = $1 and revoked_at is null and expires_at > now() returning name, user_id, team_id`,
          [id, overlapSeconds],
        );
        const [old] = rows;
        if (old === undefined)
          throw new CrucibleError('not-found', `The API key ${id} is expired or revoked; make a new one.`);
        return insert(client, old.name, { days, scopes, userId: old.user_id, teamId: old.team_id });
      });
    },
    async holder(user, teamId) {
      const { rows } = await pool.query<{ id: string; cluster_role: ClusterRole | null }>(
        `select u.id, u.cluster_role from user_account u
           left join membership m on m.user_id = u.id and m.team_id = $2
         where u.name = $1 and (m.role is not null or u.cluster_role is not null)
           and exists (select from team where id = $2)`,
        [user, teamId],
      );
      const [row] = rows;
      if (row === undefined) throw new CrucibleError('not-found', `Team ${teamId} has no member ${user}.`);
      return { userId: row.id, clusterRole: row.cluster_role };
    },
    async revoke(id) {
      const { rowCount } = await pool.query(
        'update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1',
        [id],
      );
      if (rowCount === 0) throw missing(id);
    },
  };
}
