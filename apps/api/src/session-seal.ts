import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Time for which a sign-in holds. */
export const SESSION_SECONDS = 12 * 3600;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_BYTES = 32;

/** What a sealed session holds. */
interface Session {
  key: string;
  expiresAtMs: number;
}

/** Seals sessions, so that a browser can keep them and neither read nor change them. */
export interface SessionSeal {
  seal(session: Session): string;
  /** null: not sealed by this secret, changed, or past its time */
  open(sealed: string, nowMs: number): Session | null;
  /** What a page must send beside the cookie of this key to change something. */
  csrfTokenOf(key: string): string;
  isCsrfToken(token: string, key: string): boolean;
}

/**
 * A session is the API key itself, encrypted and authenticated: whatever ends the key ends the session, and nothing of
 * it needs to be stored. Every API process of a cluster needs the same secret.
 *
 * @param secret 32 characters or more
 */
export function createSessionSeal(secret: string): SessionSeal {
  const derived = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', purpose, SECRET_BYTES));
  const sealKey = derived('crucible session');
  const csrfKey = derived('crucible csrf');
  const csrfOf = (key: string): Buffer => createHmac('sha256', csrfKey).update(key).digest();
  return {
    seal(session) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealKey, nonce);
      const text = Buffer.concat([cipher.update(JSON.stringify(session)), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    open(sealed, nowMs) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.byteLength <= NONCE_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv(CIPHER, sealKey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
        const session = JSON.parse(text.toString()) as Session;
        return session.expiresAtMs > nowMs ? session : null;
      } catch {
        return null; // not authentic
      }
    },
    csrfTokenOf: (key) => csrfOf(key).toString('base64url'),
    isCsrfToken(token, key) {
      const given = Buffer.from(token, 'base64url');
      const right = csrfOf(key);
      return given.byteLength === right.byteLength && timingSafeEqual(given, right);
    },
  };
}
