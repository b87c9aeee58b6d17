import type { Tier, Waiting } from '@crucible/contracts';

export type { BlockedJob, HeldSlots, QueuedJob, Snapshot, TeamShare, WorkerSlots } from '@crucible/contracts';

/** A job to dispatch. */
export interface Dispatch {
  jobId: string;
  workerId: string;
  /** the tier that it runs in */
  tier: Tier;
}

/** A running job to stop, with the job that gets its slots. */
export interface Preemption {
  jobId: string;
  fence: number;
  workerId: string;
  forJobId: string;
}

/** Slots of a worker that are kept for a job. */
export interface Reservation {
  jobId: string;
  workerId: string;
  slots: number;
  /** when they are expected to be free, milliseconds since 1970; null: unknown */
  at: number | null;
}

/** Why a job waits. */
export interface WaitingJob {
  jobId: string;
  code: Waiting['code'];
  /** holds no number that changes by itself, so that a reason is written only on change */
  message: string;
  /** within the pool; 1 is next */
  position: number;
  /** milliseconds since 1970; null: unknown */
  estimatedStart: number | null;
  /** jobs in its way, at most ten */
  blocking: string[];
}

/** What one pass decided. Every job of the snapshot is either dispatched or waits. */
export interface Plan {
  /** first one first */
  dispatch: Dispatch[];
  preempt: Preemption[];
  reservations: Reservation[];
  /** pool by pool, next job first */
  waiting: WaitingJob[];
}
