import type {
  AttemptView,
  CheckpointManifest,
  EndCode,
  EngineInfo,
  JobState,
  Outcome,
  Progress,
} from '@crucible/contracts';
import type { AttemptFence } from './fence.ts';

/** All that a worker needs to start a child. */
export interface ClaimedJob extends AttemptFence {
  jobId: string;
  /** number of the attempt, from 1 */
  number: number;
  method: string;
  methodVersion: string;
  config: unknown;
  seed: number;
  /** the last committed checkpoint, or null to start from nothing */
  resume: { checkpointId: string; manifest: CheckpointManifest } | null;
}

export interface Claim extends AttemptFence {
  workerId: string;
  /** index of the slot that the worker holds for it */
  slot: number;
}

export interface HeartbeatEntry extends AttemptFence {
  /** last step that the method reported */
  step: number;
  progress: Progress | null;
}

export interface Heartbeat {
  workerId: string;
  eventLoopLagMs: number;
  attempts: readonly HeartbeatEntry[];
}

/** `fenced`: the attempt no longer owns its job; stop the child and write nothing more. */
export interface HeartbeatCommand {
  attemptId: string;
  command: 'none' | 'cancel' | 'fenced';
}

/** Sequence number of the last batch that was sent on each stream; 0 for none. */
export interface StreamEnds {
  metrics: number;
  logs: number;
}

export interface Finish extends AttemptFence {
  outcome: Extract<Outcome, 'succeeded' | 'failed' | 'canceled'>;
  endCode: EndCode;
  /** what went wrong, in a sentence; null on success */
  detail: string | null;
  /** final values of the method, null unless succeeded */
  summary: unknown;
  streams: StreamEnds;
}

/** The tries of workers at jobs. Every write is checked against lease and fence inside its statement. */
export interface Attempts {
  /** Takes a dispatched attempt, with a lease; null when it was canceled, given to another or is past. */
  claim(claim: Claim): Promise<ClaimedJob | null>;
  /**
   * Renews the leases of all attempts of a worker, stores their progress and returns a command for each.
   * An attempt that the worker does not own comes back as `fenced`.
   */
  heartbeat(beat: Heartbeat): Promise<HeartbeatCommand[]>;
  /**
   * Ends an attempt and moves its job: to its end, or back to queued while the end code has retries left.
   * Asking again with the same fence returns the state that the job had reached.
   *
   * @throws `stale-fence`; `sequence-gap` when success is claimed before every batch of a stream is stored
   */
  finish(finish: Finish): Promise<JobState>;
  /**
   * Gives the job of a worker that shuts down back, at the cost of no budget: queued, or canceled if a user
   * had asked for that.
   *
   * @throws `stale-fence`
   */
  release(attempt: AttemptFence): Promise<JobState>;
  /** Oldest first. @throws `not-found` for an unknown job */
  list(jobId: string): Promise<AttemptView[]>;
  /** @throws `stale-fence` */
  setEngine(attempt: AttemptFence, engine: EngineInfo): Promise<void>;
  /**
   * Corrects the step from which the attempt goes on; a claim presumes the step of the checkpoint that it hands out.
   * null: from nothing.
   *
   * @throws `stale-fence`
   */
  markResumed(attempt: AttemptFence, step: number | null): Promise<void>;
}
