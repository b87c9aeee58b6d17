import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import {
  type ClusterRole,
  CrucibleError,
  type Granted,
  grantedTo,
  type Permission,
  type TeamRole,
} from '@crucible/contracts';
import type { Database } from './database.ts';

/** An API key as it may be shown: without its secret. Times are RFC 3339. */
export interface ApiKeyView {
  id: string;
  name: string;
  createdAt: string;
  expiresAt: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

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
  granted: Granted;
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
  /** Makes a key. The `key` cannot be shown again. */
  create(name: string, terms?: KeyTerms): Promise<{ id: string; key: string }>;
  /** Whose key this is; null when it is malformed, unknown, expired or revoked, or its user has no role any more. */
  verify(key: string): Promise<VerifiedKey | null>;
  /** Newest first. */
  list(): Promise<ApiKeyView[]>;
  /** @throws `not-found` */
  revoke(id: string): Promise<void>;
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
  is_valid: boolean;
  is_use_stale: boolean;
}

export function createKeys({ pool, prisma }: Database): Keys {
  return {
    async create(name, { days = DEFAULT_DAYS, userId = FIRST_USER, teamId = FIRST_TEAM, scopes = null } = {}) {
      const id = drawId();
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      await pool.query(
        `insert into api_key (id, name, secret_sha256, expires_at, user_id, team_id, scopes)
         values ($1, $2, $3, now() + $4 * interval '1 day', $5, $6, $7)`,
        [id, name, hashOf(secret), days, userId, teamId, scopes],
      );
      return { id, key: `crk_${id}_${secret}` };
    },
    async verify(key) {
      const [, id, secret] = KEY_FORM.exec(key) ?? [];
      if (id === undefined || secret === undefined) return null;
      const { rows } = await pool.query<KeyRow>(
        `select k.name, k.user_id, u.name as user_name, k.team_id, m.role, u.cluster_role, k.scopes, k.secret_sha256,
           k.expires_at > now() and k.revoked_at is null and (m.role is not null or u.cluster_role is not null) as is_valid,
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
        granted: grantedTo(row.role, row.cluster_role, row.scopes),
      };
    },
    async list() {
      const rows = await prisma.apiKey.findMany({ orderBy: { createdAt: 'desc' }, omit: { secretSha256: true } });
      return rows.map(({ id, name, createdAt, expiresAt, lastUsedAt, revokedAt }) => ({
        id,
        name,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        lastUsedAt: lastUsedAt?.toISOString() ?? null,
        revokedAt: revokedAt?.toISOString() ?? null,
      }));
    },
    async revoke(id) {
      const { rowCount } = await pool.query(
        'update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1',
        [id],
      );
      if (rowCount === 0) throw new CrucibleError('not-found', `There is no API key ${id}.`);
    },
  };
}
