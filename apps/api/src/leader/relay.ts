import type { DispatchMessage } from '@crucible/contracts';
import type { Outbox, OutboxRow } from '@crucible/store';

/** Where the relay puts messages. */
export interface Announcer {
  announce(worker: string, messages: readonly DispatchMessage[]): Promise<void>;
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
    const announced = await Promise.allSettled(
      [...byWorker(rows)].map(async ([worker, ofWorker]) => {
        await queues.announce(
          worker,
          ofWorker.map(({ message }) => message),
        );
        return ofWorker.map(({ id }) => id);
      }),
    );
    await outbox.markSent(announced.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])));
    const failure = announced.find((each) => each.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  } while (rows.length === BATCH);
}

function byWorker(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const workers = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const ofWorker = workers.get(row.worker);
    if (ofWorker === undefined) workers.set(row.worker, [row]);
    else ofWorker.push(row);
  }
  return workers;
}
