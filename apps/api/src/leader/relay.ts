import type { DispatchMessage } from '@crucible/contracts';
import type { Outbox, OutboxRow } from '@crucible/store';

/** Where the relay puts messages. */
export interface Announcer {
  announce(pool: string, messages: readonly DispatchMessage[]): Promise<void>;
}

/** Rows that are taken at a time. */
const BATCH = 200;

/**
 * Carries every unsent message from Postgres to its queue. A crash between the two sends a message twice, which the
 * queue ignores by its id, and the claim in Postgres after that.
 *
 * @throws CrucibleError `unavailable` while Redis is away; nothing is lost
 */
export async function relay(outbox: Outbox, queues: Announcer): Promise<void> {
  let rows: OutboxRow[];
  do {
    rows = await outbox.takeUnsent(BATCH);
    for (const [pool, ofPool] of byPool(rows)) {
      await queues.announce(
        pool,
        ofPool.map(({ message }) => message),
      );
      await outbox.markSent(ofPool.map(({ id }) => id));
    }
  } while (rows.length === BATCH);
}

function byPool(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const pools = new Map<string, OutboxRow[]>();
  for (const row of rows) pools.set(row.pool, [...(pools.get(row.pool) ?? []), row]);
  return pools;
}
