import type { QueueView, Slot, Waiting } from '@crucible/contracts';
import type { AttemptFence } from './fence.ts';

/** A queued job as the scheduler sees it. Times are milliseconds since 1970 by the database's clock. */
export interface QueuedJob {
  jobId: string;
  version: number;
  name: string;
  method: string;
  pool: string;
  slots: number;
  priority: number;
  submittedAt: number;
  queuedAt: number;
  /** not before this time, after a failure that is tried again; null: now */
  notBefore: number | null;
  /** an attempt is on its way to a worker */
  isDispatched: boolean;
  waiting: Waiting | null;
}

export interface PoolWorker {
  workerId: string;
  name: string;
  slots: Slot[];
  /** attempts that it has claimed */
  busy: number;
}

export interface Pool {
  name: string;
  /** slots of ready workers */
  total: number;
  /** slots taken by attempts, running on ready workers or dispatched to the pool */
  busy: number;
  /** ready ones */
  workers: PoolWorker[];
}

/** All that a scheduling pass may look at, read in one transaction. */
export interface SchedulingSnapshot {
  now: number;
  /** larger priority first, then by time of submit, then by id */
  queued: QueuedJob[];
  /** every pool that has a ready worker or a queued job */
  pools: Pool[];
}

export interface DispatchDecision {
  jobId: string;
  /** version of the job in the snapshot; a job that changed since is passed over */
  version: number;
}

export interface DispatchedAttempt extends AttemptFence {
  jobId: string;
  number: number;
}

export interface WaitingReason {
  jobId: string;
  waiting: Waiting;
}

/** What one repair pass did. */
export interface ReconcileReport {
  /** the pass could not see for so long that no lease may expire yet */
  isBlind: boolean;
  /** attempts whose lease ran out */
  lost: number;
  /** dispatched attempts that were announced again */
  reannounced: number;
  /** dispatched attempts that nobody claimed */
  notClaimed: number;
  /** workers without a heartbeat */
  lostWorkers: number;
}

/** What the leader does to the queue. */
export interface Scheduling {
  snapshot(): Promise<SchedulingSnapshot>;
  /**
   * Creates an attempt with a new fence and an outbox row for each decision whose job is still as it was,
   * in one transaction; the others are passed over.
   */
  dispatch(decisions: readonly DispatchDecision[]): Promise<DispatchedAttempt[]>;
  /** Stores why jobs wait; writes only what changed. Returns how many did. */
  setWaiting(reasons: readonly WaitingReason[]): Promise<number>;
  /** Ends attempts whose lease ran out, announces lost dispatches again, notices silent workers. */
  reconcile(): Promise<ReconcileReport>;
  /** The queue for readers, next job first. */
  queue(): Promise<QueueView>;
}
