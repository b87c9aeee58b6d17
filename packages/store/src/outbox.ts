import type { DispatchMessage } from '@crucible/contracts';

/** A message that was decided in a transaction and has yet to reach the queue. */
export interface OutboxRow {
  id: string;
  pool: string;
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
