import { CrucibleError, type Permission } from '@crucible/contracts';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import plugin from 'fastify-plugin';
import {
  assertGrantedIn,
  assertJobAccess,
  assertTeamAccess,
  type JobUse,
  type Principal,
  shownTeam,
} from '../access.ts';

/** Who may call a route: anyone, every holder of a valid key, or those with a permission. */
export type Access = 'open' | 'any-key' | Permission;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** how the route meets the job, checkpoint or team `:id` of its address; must be there when there is one */
    object?: JobUse | 'team';
  }
  interface FastifyRequest {
    /** whose key the request carries; null on open routes */
    principal: Principal | null;
  }
}

const BEARER = /^Bearer +(\S+)$/i;

/** The API key in the header of a request, which may be wrong; null without one. */
export const bearerKeyOf = ({ headers }: FastifyRequest): string | null =>
  BEARER.exec(headers.authorization ?? '')?.[1] ?? null;

/** The caller on a route behind a key. @throws CrucibleError `unauthenticated` */
export function principalOf(request: { principal: Principal | null }): Principal {
  if (request.principal === null) throw new CrucibleError('unauthenticated', 'This needs an API key.');
  return request.principal;
}

/** Whose objects the caller of a list or feed is shown; null: those of every team. */
export const shownTeamOf = (request: { principal: Principal | null }): string | null => shownTeam(principalOf(request));

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

const OBJECT_ADDRESS = /\/(jobs|checkpoints|teams)\/:id(?:\/|$)/;

/** What is wrong with the declarations of a route; null when nothing is. */
function undeclared({ url, config }: RouteOptions): string | null {
  if (config?.access === undefined) return `${url} declares no access`;
  if (OBJECT_ADDRESS.test(url) !== (config.object !== undefined))
    return `${url} ${config.object === undefined ? 'does not declare how it meets its object' : 'has no object to meet'}`;
  return null;
}

/**
 * API keys by `Authorization: Bearer KEY` or by the session of a browser, and what they allow. Deny by default: a route
 * that declares no access, or has a job, checkpoint or team in its address and does not say what for, stops the boot.
 */
export const auth = plugin(
  async (app) => {
    const routes: RouteOptions[] = [];
    app.decorateRequest('principal', null);
    app.addHook('onRoute', (route) => {
      routes.push(route);
    });
    app.addHook('onReady', async () => {
      const faults = routes.map(undeclared).filter((fault) => fault !== null);
      if (faults.length > 0) throw new Error(`routes that could leak: ${faults.join('; ')}`);
    });

    const authenticated = async (request: FastifyRequest): Promise<Principal> => {
      const hasHeader = request.headers.authorization !== undefined;
      const key = hasHeader ? bearerKeyOf(request) : app.sessions.keyOf(request);
      if (key === null) throw new CrucibleError('unauthenticated', 'Send an API key: `Authorization: Bearer crk_...`.');
      const principal = await app.verifiedKeys.verify(key);
      if (principal === null) throw new CrucibleError('unauthenticated', 'The API key is unknown, expired or revoked.');
      return principal;
    };

    // Before the body is read: who may not, learns nothing about what would have been wrong with it.
    app.addHook('onRequest', async (request, reply) => {
      if (request.is404) return;
      const { access, object } = request.routeOptions.config;
      if (access === 'open') return;
      if (access === undefined) throw new CrucibleError('forbidden', 'The route declares no access.');
      const principal = await authenticated(request);
      request.principal = principal;
      await app.countRequest(request, reply, principal);
      if (access === 'any-key') return;
      if (object === undefined) return assertGrantedIn(principal, access, principal.teamId);
      const { id } = request.params as { id: string };
      const [, kind] = OBJECT_ADDRESS.exec(request.routeOptions.url ?? '') ?? [];
      if (object === 'team') return assertTeamAccess(principal, access, id);
      const owners = kind === 'checkpoints' ? app.store.checkpoints : app.store.jobs;
      // What the caller may not see is answered as what does not exist.
      assertJobAccess(principal, access, object, await owners.getOwner(id, shownTeam(principal)));
    });
  },
  { name: 'auth', dependencies: ['store', 'errors', 'rate-limits', 'verified-keys', 'session'] },
);
