import plugin from 'fastify-plugin';
import { FeedHub } from '../feed/hub.ts';

declare module 'fastify' {
  interface FastifyInstance {
    feed: FeedHub;
  }
}

/** The change feed, open while the app listens. Streams end before the server closes, or it would wait for them. */
export const feed = plugin(
  async (app) => {
    app.decorate('feed', new FeedHub(app.store, app.log));
    app.addHook('onReady', () => app.feed.start());
    app.addHook('preClose', () => app.feed.stop());
  },
  { name: 'feed', dependencies: ['store'] },
);
