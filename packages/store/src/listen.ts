import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Channel } from './channels.ts';
import { directConnection } from './database.ts';

/** A subscription to notifications. */
export interface Listener {
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/**
 * Subscribes on a connection of its own, and again whenever that breaks, for as long as it takes. After a break
 * `handler` is called with an empty payload: something may have been said meanwhile.
 */
export async function listen(
  databaseUrl: string,
  applicationName: string,
  channel: Channel,
  handler: (payload: string) => void,
): Promise<Listener> {
  const closing = new AbortController();
  let current = await subscribe();

  async function subscribe(): Promise<pg.Client> {
    const client = new pg.Client(directConnection(databaseUrl, `${applicationName} listener`));
    client.on('notification', (message) => handler(message.payload ?? ''));
    let isReady = false;
    client.once('end', () => {
      if (isReady && !closing.signal.aborted) void resubscribe();
    });
    client.on('error', () => {}); // 'end' follows
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      isReady = true;
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  async function resubscribe(): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; !closing.signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      try {
        await delay(waitMs, undefined, { signal: closing.signal });
        const client = await subscribe();
        if (closing.signal.aborted) return await client.end();
        current = client;
        handler('');
        return;
      } catch {
        // not yet; the next try waits longer
      }
    }
  }

  return {
    async close() {
      closing.abort();
      await current.end().catch(() => {});
    },
  };
}
