import type { Waiting } from '@crucible/contracts';

/** A job in state `queued`, as the scheduler sees it. Times are milliseconds since 1970, of the database's clock. */
export interface QueuedJob {
  id: string;
  pool: string;
  /** slots that the job holds while it runs, at least 1 */
  slots: number;
  /** 0 to 100; larger runs sooner */
  priority: number;
  /** when the job was submitted: a job whose attempt was lost keeps its place */
  submittedAt: number;
  /** not before this time, after a failed attempt; null: any time */
  notBefore: number | null;
  /** true while an attempt is dispatched and no worker has claimed it yet */
  isDispatched: boolean;
}

/** The slots of all ready workers of one pool. A pool without a ready worker is absent or has no slots. */
export interface PoolSlots {
  pool: string;
  total: number;
  /** slots that neither a running nor a dispatched attempt holds */
  free: number;
}

/** All that a scheduling pass may look at: stored columns and nothing else, so that a pass can be replayed. */
export interface Snapshot {
  jobs: readonly QueuedJob[];
  pools: readonly PoolSlots[];
}

/** Why a queued job waits and how many of its pool go first. */
export interface WaitingJob {
  jobId: string;
  code: Waiting['code'];
  message: string;
  /** within the pool; 1 is next */
  position: number;
}

/** What one pass decided. Every job of the snapshot is in exactly one of the two lists. */
export interface Plan {
  /** ids of the jobs to dispatch, first one first */
  dispatch: string[];
  waiting: WaitingJob[];
}
