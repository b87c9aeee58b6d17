import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { CrucibleError } from '@crucible/contracts';
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

export interface VerifiedKey {
  id: string;
  name: string;
  userId: string;
  teamId: string;
}

/** API keys of the form `crk_ID_SECRET`. Only the SHA-256 of the secret is kept. */
export interface Keys {
  /**
   * Makes a key. The `key` cannot be shown again.
   *
   * @param days until it expires @defaultValue 90
   */
  create(name: string, days?: number): Promise<{ id: string; key: string }>;
  /** Whose key this is; null when it is malformed, unknown, expired or revoked. */
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

interface KeyRow {
  name: string;
  user_id: string;
  team_id: string;
  secret_sha256: Buffer;
  is_valid: boolean;
  is_use_stale: boolean;
}

export function createKeys({ pool, prisma }: Database): Keys {
  return {
    async create(name, days = DEFAULT_DAYS) {
      const id = drawId();
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      await pool.query(
        `insert into api_key (id, name, secret_sha256, expires_at, user_id, team_id)
         values ($1, $2, $3, now() + $4 * interval '1 day', '00000000-0000-7000-8000-000000000001', 'default')`,
        [id, name, hashOf(secret), days],
      );
      return { id, key: `crk_${id}_${secret}` };
    },
    async verify(key) {
      const [, id, secret] = KEY_FORM.exec(key) ?? [];
      if (id === undefined || secret === undefined) return null;
      const { rows } = await pool.query<KeyRow>(
        `select name, user_id, team_id, secret_sha256, expires_at > now() and revoked_at is null as is_valid,
           last_used_at is null or last_used_at < now() - interval '1 minute' as is_use_stale
         from api_key where id = $1`,
        [id],
      );
      const [row] = rows;
      const isRight = timingSafeEqual(hashOf(secret), row?.secret_sha256 ?? NO_HASH);
      if (row === undefined || !isRight || !row.is_valid) return null;
      if (row.is_use_stale) await pool.query('update api_key set last_used_at = now() where id = $1', [id]);
      return { id, name: row.name, userId: row.user_id, teamId: row.team_id };
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
