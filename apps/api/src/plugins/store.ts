import type { Store } from '@crucible/store';
import plugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    store: Store;
  }
}

/** What lies in Postgres. It is opened and closed by whoever builds the app. */
export const storePlugin = plugin<{ store: Store }>(
  async (app, { store }) => {
    app.decorate('store', store);
  },
  { name: 'store' },
);
