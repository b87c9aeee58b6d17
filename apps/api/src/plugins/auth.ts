import { CrucibleError } from '@crucible/contracts';
import type { VerifiedKey } from '@crucible/store';
import type { FastifyInstance, RouteOptions } from 'fastify';
import plugin from 'fastify-plugin';

/** Who may call a route: anyone, or the holder of a valid API key. */
export type Access = 'open' | 'key';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** whose key the request carries; null on open routes */
    principal: VerifiedKey | null;
  }
}

const BEARER = /^Bearer +(\S+)$/i;

/** The key's owner on a route behind a key. @throws CrucibleError `unauthenticated` */
export function principalOf(request: { principal: VerifiedKey | null }): VerifiedKey {
  if (request.principal === null) throw new CrucibleError('unauthenticated', 'This needs an API key.');
  return request.principal;
}

/**
 * Registers what other people's plugins serve as open routes. Theirs is the only code that cannot declare its access.
 */
export async function registerOpen(
  app: FastifyInstance,
  register: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'open' };
    });
    await register(scope);
  });
}

/** API keys by `Authorization: Bearer KEY`. Deny by default: a route that declares no access stops the boot. */
export const auth = plugin(
  async (app) => {
    const routes: RouteOptions[] = [];
    app.decorateRequest('principal', null);
    app.addHook('onRoute', (route) => {
      routes.push(route);
    });
    app.addHook('onReady', async () => {
      const undeclared = routes.filter((route) => route.config?.access === undefined);
      if (undeclared.length > 0)
        throw new Error(`routes without a declared access: ${undeclared.map((route) => route.url).join(', ')}`);
    });

    app.addHook('onRequest', async (request) => {
      if (request.is404 || request.routeOptions.config.access === 'open') return;
      const key = BEARER.exec(request.headers.authorization ?? '')?.[1];
      if (key === undefined)
        throw new CrucibleError('unauthenticated', 'Send an API key: `Authorization: Bearer crk_...`.');
      request.principal = await app.store.keys.verify(key);
      if (request.principal === null)
        throw new CrucibleError('unauthenticated', 'The API key is unknown, expired or revoked.');
    });
  },
  { name: 'auth', dependencies: ['store', 'errors'] },
);
