import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CrucibleError } from '@crucible/contracts';
import fastifyStatic from '@fastify/static';
import plugin from 'fastify-plugin';
import { registerOpen } from './auth.ts';
import { sendProblem } from './errors.ts';

/** Addresses that belong to the API: what is missing there is a problem, never a page. */
const API_PATHS = /^\/(v1|docs|openapi\.json|healthz|readyz)(\/|\?|$)/;

/** The build names files in here by their content. */
const HASHED_FILES = '/assets/';

/** The page that starts the dashboard. @throws Error that names the variable when the folder is no built dashboard */
async function startPage(dir: string): Promise<Buffer> {
  try {
    return await readFile(join(dir, 'index.html'));
  } catch (cause) {
    throw new Error(`CRUCIBLE_DASHBOARD_DIR: ${dir} has no index.html that can be read; build the dashboard`, {
      cause,
    });
  }
}

/**
 * The built dashboard under `/`, and the answer to every unknown address: the start page where a browser asks for a
 * page, since the dashboard has routes of its own, and `not-found` for all else.
 */
export const dashboard = plugin<{ dir: string | null }>(
  async (app, { dir }) => {
    const page = dir === null ? null : await startPage(dir);
    if (dir !== null)
      await registerOpen(app, async (scope) => {
        await scope.register(fastifyStatic, {
          root: dir,
          wildcard: false,
          cacheControl: false,
          setHeaders: (reply, path) => {
            const isHashed = path.includes(HASHED_FILES);
            reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
          },
        });
      });

    app.setNotFoundHandler((request, reply) => {
      const asksForPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
      if (page !== null && asksForPage && !API_PATHS.test(request.url))
        return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
      const path = request.url.split('?')[0];
      const message = `There is no ${request.method} ${path}; see /docs.`;
      return sendProblem(new CrucibleError('not-found', message), request, reply);
    });
  },
  { name: 'dashboard', dependencies: ['auth', 'errors'] },
);
