export type { Artifacts, NewArtifact } from './artifacts.ts';
export type {
  Attempts,
  Claim,
  ClaimedJob,
  Finish,
  Heartbeat,
  HeartbeatCommand,
  HeartbeatEntry,
  StreamEnds,
} from './attempts.ts';
export { CHANNELS, type Channel } from './channels.ts';
export type { Checkpoints, StoredCheckpoint } from './checkpoints.ts';
export type { Events } from './events.ts';
export type { AttemptFence } from './fence.ts';
export type { Answer, Idempotency, IdempotentRequest } from './idempotency.ts';
export type { Jobs, NewJob } from './jobs.ts';
export type { ApiKeyView, Keys, VerifiedKey } from './keys.ts';
export type { Leader, Leadership } from './leader.ts';
export type { Listener } from './listen.ts';
export type { LogBatch, LogInput, Logs } from './logs.ts';
export type { Batch, BatchReceipt, MetricBatch, Metrics } from './metrics.ts';
export type { Outbox, OutboxRow } from './outbox.ts';
export type {
  DispatchDecision,
  DispatchedAttempt,
  Pool,
  PoolWorker,
  QueuedJob,
  ReconcileReport,
  Scheduling,
  SchedulingSnapshot,
  WaitingReason,
} from './scheduling.ts';
export { createStore, type Store, type StoreOptions } from './store.ts';
export type { Leftover, NewWorker, Workers } from './workers.ts';
