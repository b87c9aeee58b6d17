export { plan } from './plan.ts';
export type { Plan, PoolSlots, QueuedJob, Snapshot, WaitingJob } from './snapshot.ts';
