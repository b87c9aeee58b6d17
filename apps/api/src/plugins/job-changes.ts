import { randomUUID } from 'node:crypto';
import { CHANNELS, type Listener } from '@crucible/store';
import plugin from 'fastify-plugin';

/** Knows whether jobs may have changed, without asking the database. */
export interface JobChanges {
  /** Differs from every earlier one after which a job changed. */
  readonly tag: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    jobChanges: JobChanges;
  }
}

/** A tag of its own accord lasts so long: a notification that was lost hides a change no longer. */
const MAX_AGE_MS = 30_000;

/**
 * Counts changes of jobs. Postgres announces each once it is committed; what this process changed itself counts before
 * its answer leaves, so that nobody reads a list older than their own command.
 */
export const jobChanges = plugin(
  async (app) => {
    const process = randomUUID().slice(0, 8);
    let count = 0;
    let listener: Listener | null = null;
    app.decorate('jobChanges', {
      get tag() {
        return `${process}.${Math.floor(Date.now() / MAX_AGE_MS)}.${count}`;
      },
    });
    app.addHook('onReady', async () => {
      listener = await app.store.listen(CHANNELS.jobs, () => {
        count += 1;
      });
    });
    app.addHook('onSend', async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') count += 1;
    });
    app.addHook('onClose', async () => {
      await listener?.close();
    });
  },
  { name: 'job-changes', dependencies: ['store'] },
);
