import { type Static, Type } from 'typebox';
import { TIERS, Waiting } from './job.ts';
import { JOB_STATES } from './job-state.ts';

const Timestamp = Type.String({ format: 'date-time' });

/** Query of `GET /v1/queue`. */
export const QueueQuery = Type.Object({
  pool: Type.Optional(Type.String({ maxLength: 40, description: 'one pool only' })),
  limit: Type.Integer({ minimum: 1, maximum: 2000, default: 200, description: 'first jobs of each pool' }),
});
export type QueueQuery = Static<typeof QueueQuery>;

/** A job that waits. */
export const QueueEntry = Type.Object({
  jobId: Type.String({ format: 'uuid' }),
  name: Type.String(),
  method: Type.String(),
  pool: Type.String(),
  slots: Type.Integer(),
  team: Type.String(),
  tier: Type.Enum([...TIERS]),
  priority: Type.Integer(),
  state: Type.Enum(JOB_STATES),
  queuedAt: Timestamp,
  waiting: Waiting,
});
export type QueueEntry = Static<typeof QueueEntry>;

/** The queue as the scheduler sees it, pool by pool, next job first; positions and estimates are exact. */
export const QueueView = Type.Object(
  {
    data: Type.Array(QueueEntry),
    slots: Type.Object({
      total: Type.Integer({ description: 'of workers that take attempts' }),
      busy: Type.Integer({ description: 'held by attempts that run or are on their way' }),
    }),
    waiting: Type.Integer({ description: 'jobs that wait, those left out included' }),
  },
  { $id: 'Queue' },
);
export type QueueView = Static<typeof QueueView>;

/** A scheduling pass that decided something. */
export const SchedulingPassSummary = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9]+$' }),
    time: Timestamp,
    numDispatched: Type.Integer(),
    numPreempted: Type.Integer(),
    numRefused: Type.Integer({ description: 'decisions that met a change and were not applied' }),
  },
  { $id: 'SchedulingPassSummary' },
);
export type SchedulingPassSummary = Static<typeof SchedulingPassSummary>;
export const SchedulingPassList = Type.Object(
  { data: Type.Array(SchedulingPassSummary) },
  { $id: 'SchedulingPassList' },
);

/** All that a replay needs: `plan(snapshot, now, policy)` gives `plan` again. */
export const SchedulingPassView = Type.Object(
  {
    now: Type.Number({ description: 'milliseconds since 1970' }),
    policy: Type.Unknown(),
    snapshot: Type.Unknown(),
    plan: Type.Unknown(),
  },
  { $id: 'SchedulingPass' },
);
export type SchedulingPassView = Static<typeof SchedulingPassView>;
