import type { FeedEvent } from '@crucible/contracts';

/** The change feed. Other parts write events in the transaction of the change; here they get their place. */
export interface Events {
  /**
   * Gives every committed event without a place the next `seq`, in order of commit and without gaps.
   *
   * @returns the newest `seq`, 0 when there are no events
   */
  assignSequence(): Promise<number>;
  /**
   * Events after `seq`, oldest first.
   *
   * @param topics `jobs`, `workers`, `job:ID`; empty for everything
   */
  after(seq: number, topics: readonly string[], limit: number): Promise<FeedEvent[]>;
  /** The newest `seq`, 0 when there are no events. */
  newest(): Promise<number>;
}
