import type { DispatchMessage } from '@crucible/contracts';
import type { Database } from './database.ts';

/** A message that was decided in a transaction and has yet to reach the queue. */
export interface OutboxRow {
  id: string;
  /** name of the worker that it goes to */
  worker: string;
  message: DispatchMessage;
}

/** Messages on their way from Postgres to the queue; sent at least once, in order. */
export interface Outbox {
  /** Oldest first. For one relay at a time; two would only send twice. */
  takeUnsent(limit: number): Promise<OutboxRow[]>;
  markSent(ids: readonly string[]): Promise<void>;
  /** Deletes rows that were sent more than an hour ago; returns how many. */
  sweep(): Promise<number>;
}

export function createOutbox({ pool }: Database): Outbox {
  return {
    async takeUnsent(limit) {
      const { rows } = await pool.query<OutboxRow>(
        `select o.id::text, o.worker, json_build_object('attemptId', o.attempt_id, 'fence', o.fence, 'slots', j.slots) as message
         from outbox o join attempt a on a.id = o.attempt_id join job j on j.id = a.job_id
         where o.sent_at is null order by o.id limit $1`,
        [limit],
      );
      return rows;
    },
    async markSent(ids) {
      await pool.query('update outbox set sent_at = now() where id = any($1::bigint[]) and sent_at is null', [ids]);
    },
    async sweep() {
      const { rowCount } = await pool.query(
        `delete from outbox o using attempt a
         where a.id = o.attempt_id and a.state <> 'dispatched' and o.sent_at < now() - interval '1 hour'`,
      );
      return rowCount ?? 0;
    },
  };
}
