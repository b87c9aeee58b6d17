import { type Static, Type } from 'typebox';
import { JOB_STATES } from './job-state.ts';

/** One entry of the change feed: gapless `seq` in commit order. */
export const FeedEvent = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    kind: Type.Enum([
      'job.submitted',
      'job.state',
      'worker.state',
      'checkpoint.committed',
      'checkpoint.changed',
      'artifact.stored',
    ]),
    jobId: Type.Union([Type.String(), Type.Null()]),
    workerId: Type.Union([Type.String(), Type.Null()]),
    team: Type.Union([Type.String(), Type.Null()], { description: 'team of the job; null: of no team, for everyone' }),
    state: Type.Union([Type.Enum(JOB_STATES), Type.Null()], { description: 'state of the job after the change' }),
    version: Type.Union([Type.Integer(), Type.Null()], { description: 'version of the job after the change' }),
    data: Type.Unknown(),
    time: Type.String({ format: 'date-time' }),
  },
  { $id: 'Event' },
);
export type FeedEvent = Static<typeof FeedEvent>;

/** `job:ID`, `jobs`, `workers`; several with commas. None: everything. */
export const Topics = Type.String({
  pattern: '^(jobs|workers|job:[0-9a-f-]{36})(,(jobs|workers|job:[0-9a-f-]{36}))*$',
  maxLength: 4000,
});

export const EventsQuery = Type.Object({
  after: Type.Integer({ minimum: 0, default: 0 }),
  topics: Type.Optional(Topics),
  wait: Type.Integer({ minimum: 0, maximum: 30, default: 0, description: 'seconds to wait for an event' }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200 }),
});
export type EventsQuery = Static<typeof EventsQuery>;

export const EventPage = Type.Object({ data: Type.Array(FeedEvent), next: Type.Integer() }, { $id: 'EventPage' });
export type EventPage = Static<typeof EventPage>;

/**
 * Sent on a stream beside the feed, at most once a second per job, never stored: progress moved and points up to
 * `maxStep` are there to be read.
 */
export const ProgressHint = Type.Object({
  jobId: Type.String(),
  team: Type.String(),
  maxStep: Type.Integer(),
  progress: Type.Unknown(),
});
export type ProgressHint = Static<typeof ProgressHint>;
