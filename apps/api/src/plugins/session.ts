import { randomBytes } from 'node:crypto';
import { CrucibleError } from '@crucible/contracts';
import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { createSessionSeal, SESSION_SECONDS } from '../session-seal.ts';

/** Carries a sealed session. */
export const SESSION_COOKIE = 'crucible-session';
/** Carries the token that came with the sign-in, on every change. */
export const CSRF_HEADER = 'x-csrf-token';

declare module 'fastify' {
  interface FastifyInstance {
    sessions: Sessions;
  }
}

/** Sign-ins of browsers. */
interface Sessions {
  /** Sets the cookie. */
  begin(request: FastifyRequest, reply: FastifyReply, key: string): { csrfToken: string; expiresAt: string };
  /** Takes the cookie away. */
  end(reply: FastifyReply): void;
  /**
   * The key of the session that came with a request; null when there is none.
   *
   * @throws CrucibleError `forbidden` for a change without the token: another site's page may have sent it
   */
  keyOf(request: FastifyRequest): string | null;
  /** What the page needs to know of its own session; null: the request carries none. */
  read(request: FastifyRequest): { csrfToken: string; expiresAt: string } | null;
}

const SAFE_METHODS = ['GET', 'HEAD'];
const COOKIE = { path: '/', httpOnly: true, sameSite: 'strict' } as const;

/**
 * Browsers keep a session instead of an API key: in a cookie that scripts cannot read and other sites cannot make the
 * browser send. Without `secret` sessions end with the process.
 */
export const session = plugin<{ secret: string | null }>(
  async (app, { secret }) => {
    await app.register(cookie);
    const seal = createSessionSeal(secret ?? randomBytes(32).toString('base64url'));

    const opened = ({ cookies }: FastifyRequest) => {
      const sealed = cookies[SESSION_COOKIE];
      return sealed === undefined ? null : seal.open(sealed, Date.now());
    };
    app.decorate('sessions', {
      begin(request, reply, key) {
        const expiresAtMs = Date.now() + SESSION_SECONDS * 1000;
        // Behind a proxy that ends TLS the cookie must not leave over plain HTTP; without one it has no other way.
        const secure = request.headers['x-forwarded-proto'] === 'https';
        reply.setCookie(SESSION_COOKIE, seal.seal({ key, expiresAtMs }), {
          ...COOKIE,
          secure,
          maxAge: SESSION_SECONDS,
        });
        return { csrfToken: seal.csrfTokenOf(key), expiresAt: new Date(expiresAtMs).toISOString() };
      },
      end: (reply) => void reply.clearCookie(SESSION_COOKIE, COOKIE),
      keyOf(request) {
        const found = opened(request);
        if (found === null) return null;
        const token = request.headers[CSRF_HEADER];
        if (!SAFE_METHODS.includes(request.method) && !seal.isCsrfToken(String(token ?? ''), found.key))
          throw new CrucibleError('forbidden', `A change by a signed-in browser needs its token in ${CSRF_HEADER}.`);
        return found.key;
      },
      read(request) {
        const found = opened(request);
        if (found === null) return null;
        return { csrfToken: seal.csrfTokenOf(found.key), expiresAt: new Date(found.expiresAtMs).toISOString() };
      },
    });
  },
  { name: 'session' },
);
