export { plan } from './plan.ts';
export { POLICY, policyWith, type SchedulingPolicy } from './policy.ts';
export { type Explanation, type RecordedPass, type Replay, replay, type Standing } from './replay.ts';
export type {
  BlockedJob,
  Dispatch,
  HeldSlots,
  Plan,
  Preemption,
  QueuedJob,
  Reservation,
  Snapshot,
  TeamShare,
  WaitingJob,
  WorkerSlots,
} from './snapshot.ts';
