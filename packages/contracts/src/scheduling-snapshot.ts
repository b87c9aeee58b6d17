import type { Tier } from './job.ts';

/** A job in state `queued` without a live attempt. Times are milliseconds since 1970, of the database's clock. */
export interface QueuedJob {
  id: string;
  pool: string;
  team: string;
  user: string;
  method: string;
  /** slots that the job holds while it runs, all on one worker; at least 1 */
  slots: number;
  /** as submitted; `urgent` counts as `normal` while the team's urgent hours are spent */
  tier: Tier;
  /** 0 to 100; larger runs sooner */
  priority: number;
  /** when the job was submitted: a job that comes back to the queue keeps its place */
  submittedAt: number;
  /** since when it could have run: the last time it was queued, or the end of its pause */
  waitingSince: number;
  /** not before this time; null: any time */
  notBefore: number | null;
  /** an attempt has failed before, so that `notBefore` is a pause and no wish */
  hasFailed: boolean;
  /** most seconds that it may run; null: no limit */
  maxRunSeconds: number | null;
  /** name of the worker on which its last attempt failed a short while ago; null: none */
  avoidWorker: string | null;
}

/** A job in state `blocked`, with the jobs that it still needs. */
export interface BlockedJob {
  id: string;
  pool: string;
  needs: readonly string[];
}

/** A live attempt with the slots that it holds. */
export interface HeldSlots {
  jobId: string;
  fence: number;
  team: string;
  user: string;
  method: string;
  /** the tier that it was dispatched in */
  tier: Tier;
  pool: string;
  slots: number;
  workerId: string;
  /** `stopping`: its slots will be free soon */
  state: 'dispatched' | 'running' | 'stopping';
  startedAt: number;
  maxRunSeconds: number | null;
  /** time of the last committed checkpoint of this attempt; null: none */
  savedAt: number | null;
}

/** A worker that takes attempts: those that drain, are cordoned or lost are absent. */
export interface WorkerSlots {
  id: string;
  /** stays the same over restarts */
  name: string;
  pool: string;
  /** slots of the worker, free or not */
  slots: number;
  /** rests until then after failures; null: it does not */
  coolOffUntil: number | null;
}

/** A team with its quotas and what it has used. */
export interface TeamShare {
  id: string;
  weight: number;
  guaranteedSlots: number;
  /** null: no limit */
  maxSlots: number | null;
  maxSlotsPerUser: number | null;
  /** decayed slot-seconds as of now, those of live attempts included */
  usedSlotSeconds: number;
  /** slot-hours in tier `urgent`: used in the last week, and allowed */
  usedUrgentHours: number;
  maxUrgentHours: number;
}

/** All that a scheduling pass may look at: stored columns and nothing else, so that a pass can be replayed. */
export interface Snapshot {
  jobs: readonly QueuedJob[];
  blocked: readonly BlockedJob[];
  held: readonly HeldSlots[];
  workers: readonly WorkerSlots[];
  teams: readonly TeamShare[];
  /** seconds by method, where runs of it have ended */
  medianRunSeconds: Readonly<Record<string, number>>;
}
