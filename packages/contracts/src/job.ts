import { type Static, type TProperties, Type } from 'typebox';
import { END_CODE_NAMES } from './end-code.ts';
import { JOB_ACTIONS, JOB_STATES, type JobAction, STOP_INTENTS } from './job-state.ts';
import { Keep } from './keep.ts';
import { Nullable } from './nullable.ts';
import { DEFAULT_POOL } from './queue.ts';
import { EngineInfo } from './worker.ts';

const Timestamp = Type.String({ format: 'date-time' });

export const Tags = Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }), Type.String({ maxLength: 200 }), {
  maxProperties: 32,
  default: {},
  description: 'free labels, key to value',
});

export const Resources = Type.Object(
  {
    pool: Type.String({
      pattern: '^[a-z0-9-]{1,40}$',
      default: DEFAULT_POOL,
      description: 'workers that may take the job',
    }),
    slots: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 1,
      description: 'GPUs (or whole CPUs) that the job holds, all on one worker',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type Resources = Static<typeof Resources>;

/** Lanes that cross teams, first one first. `low` may be preempted at any time, `urgent` has a budget per team. */
export const TIERS = ['urgent', 'normal', 'low'] as const;
export type Tier = (typeof TIERS)[number];

export const Limits = Type.Object(
  {
    maxRunSeconds: Nullable(
      Type.Integer({ minimum: 1, maximum: 31_536_000, description: 'of all attempts together; null: no limit' }),
      { default: null },
    ),
    maxQueueSeconds: Nullable(Type.Integer({ minimum: 1, maximum: 31_536_000, description: 'null: no limit' }), {
      default: null,
    }),
    stallSeconds: Nullable(
      Type.Integer({ minimum: 10, maximum: 86_400, description: 'longest pause between two steps; null: no limit' }),
      { default: null },
    ),
  },
  { additionalProperties: false, default: {}, description: 'seconds after which the job ends by itself' },
);
export type Limits = Static<typeof Limits>;

export const NEED_CONDITIONS = ['success', 'end'] as const;

/** An edge to a job that must have ended first. */
export const Need = Type.Object(
  {
    job: Type.String({ format: 'uuid' }),
    on: Type.Enum([...NEED_CONDITIONS], { default: 'success', description: 'success, or any end' }),
  },
  { additionalProperties: false },
);
export type Need = Static<typeof Need>;

/** What may be said of a job beside its method and config. */
const Terms = {
  tier: Type.Enum([...TIERS], { default: 'normal' }),
  limits: Limits,
  keep: Keep,
  maxFailures: Type.Integer({
    minimum: 0,
    maximum: 100,
    default: 0,
    description: 'times that the job is tried again after its method threw',
  }),
  precision: Nullable(Type.Enum(['f32', 'bf16']), {
    default: null,
    description:
      'numbers that convolutions and matrix products read; bf16 needs engine onednn; null: as the worker is set',
  }),
};

const FromCheckpoint = Type.String({
  format: 'uuid',
  description: 'a committed checkpoint of a job of the same team and method, with which the first attempt begins',
});

/** Body of `POST /v1/jobs`. */
export const SubmitJob = Type.Object(
  {
    method: Type.String({ description: 'method id, see GET /v1/methods' }),
    preset: Type.Optional(Type.String({ description: 'named config of the method; `config` goes over it' })),
    config: Type.Unknown({ default: {}, description: 'config of the method, see GET /v1/methods/:id' }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    tags: Type.Optional(Tags),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'all randomness of the job; drawn if absent' }),
    ),
    priority: Type.Integer({ minimum: 0, maximum: 100, default: 50, description: 'larger runs sooner' }),
    resources: Resources,
    ...Terms,
    needs: Type.Array(Need, { maxItems: 32, default: [], description: 'jobs that must have ended before this one' }),
    notBefore: Type.Optional(Type.String({ format: 'date-time', description: 'starts at this time or later' })),
    paused: Type.Boolean({ default: false, description: 'waits for `resume` before it may start' }),
    fromCheckpoint: Type.Optional(FromCheckpoint),
  },
  { $id: 'SubmitJob', additionalProperties: false },
);
export type SubmitJob = Static<typeof SubmitJob>;

const Ref = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.]{0,63}$',
  description: 'name of the job inside the batch; needs and references of its other jobs may use it',
});

/** One job of a batch: needs and `fromJob` may name other jobs of the batch by their `ref`. */
const BatchJob = Type.Object(
  {
    ...SubmitJob.properties,
    ref: Type.Optional(Ref),
    needs: Type.Array(
      Type.Object(
        { ...Need.properties, job: Type.String({ minLength: 1, maxLength: 64, description: 'id or ref of a job' }) },
        { additionalProperties: false },
      ),
      { maxItems: 32, default: [] },
    ),
  },
  { additionalProperties: false },
);

export const MAX_JOBS_PER_BATCH = 1000;

/** Body of `POST /v1/job-batches`: all of them are stored, or none. */
export const SubmitBatch = Type.Object(
  { jobs: Type.Array(BatchJob, { minItems: 1, maxItems: MAX_JOBS_PER_BATCH }) },
  { $id: 'SubmitBatch', additionalProperties: false },
);
export type SubmitBatch = Static<typeof SubmitBatch>;

/** The jobs of a batch, in its order. */
export const SubmittedBatch = Type.Object(
  {
    data: Type.Array(
      Type.Object({ id: Type.String({ format: 'uuid' }), ref: Nullable(Type.String()), state: Type.Enum(JOB_STATES) }),
    ),
  },
  { $id: 'SubmittedBatch' },
);
export type SubmittedBatch = Static<typeof SubmittedBatch>;

/** The members of a schema without their defaults: what is left out stays as it is. */
const Changes = <P extends TProperties>(properties: P) =>
  Type.Partial(
    Type.Object(
      Object.fromEntries(
        Object.entries(properties).map(([name, { default: _, ...schema }]: [string, { default?: unknown }]) => [
          name,
          schema,
        ]),
      ) as unknown as P,
      { additionalProperties: false },
    ),
  );

/** Body of `PATCH /v1/jobs/:id`: what is to change. Members of `limits` and `keep` that are left out stay. */
export const PatchJob = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    tags: Type.Optional(Changes({ tags: Tags }).properties.tags),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    limits: Type.Optional(Changes(Limits.properties)),
    keep: Type.Optional(Changes(Keep.properties)),
    maxFailures: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  },
  { $id: 'PatchJob', additionalProperties: false, minProperties: 1 },
);
export type PatchJob = Static<typeof PatchJob>;

/** Body of `POST /v1/jobs/:id/fork`: a new job from an old one's resolved config. */
export const ForkJob = Type.Object(
  {
    config: Type.Unknown({ default: {}, description: 'goes over the config of the job' }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    tags: Type.Optional(Tags),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'the seed of the job if absent' }),
    ),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    fromCheckpoint: Type.Optional(FromCheckpoint),
  },
  { $id: 'ForkJob', additionalProperties: false },
);
export type ForkJob = Static<typeof ForkJob>;

/** How far a running attempt has come, in the words of its method. */
export const Progress = Type.Object(
  {
    phase: Type.String({ description: 'search, train, ...' }),
    done: Type.Number(),
    total: Type.Number(),
    message: Type.String(),
  },
  { additionalProperties: false },
);
export type Progress = Static<typeof Progress>;

export const WAITING_CODES = [
  'resources', // slots are busy
  'priority', // jobs of the same team go first
  'fair-share', // other teams go first
  'team-quota', // the team holds all the slots it may
  'user-quota', // the user holds all the slots a user may
  'urgent-budget', // the team has spent its urgent hours; it waits as normal
  'dependency', // jobs that it needs have not ended
  'not-before', // its start time has not come
  'backoff', // tries again after a failed attempt
  'reservation', // free slots are kept for a larger job
  'pool-offline', // no worker of the pool is ready
  'no-fit', // no worker that is there has so many slots
  'dispatched', // on its way to a worker
] as const;

/** Why a queued or blocked job waits. */
export const Waiting = Type.Object({
  code: Type.Enum([...WAITING_CODES]),
  message: Type.String(),
  position: Type.Integer({ description: 'within the pool; 1 is next, 0: it is not in the queue yet' }),
  estimatedStart: Nullable(Type.String({ format: 'date-time', description: 'null when nothing is known' })),
  blocking: Type.Array(Type.String({ format: 'uuid' }), { description: 'jobs that it waits for, at most ten' }),
});
export type Waiting = Static<typeof Waiting>;

/** A job as every reader sees it. */
export const JobView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    method: Type.String(),
    methodVersion: Type.String(),
    state: Type.Enum(JOB_STATES),
    endCode: Nullable(Type.Enum(END_CODE_NAMES)),
    detail: Nullable(Type.String({ description: 'what went wrong, in a sentence' })),
    preset: Nullable(Type.String()),
    submittedConfig: Type.Unknown(),
    config: Type.Unknown({ description: 'resolved: method defaults, preset, submitted' }),
    tags: Tags,
    seed: Type.Integer(),
    priority: Type.Integer(),
    team: Type.String(),
    resources: Resources,
    ...Terms,
    needs: Type.Array(Need),
    notBefore: Nullable(Timestamp),
    stopIntent: Nullable(Type.Enum([...STOP_INTENTS], { description: 'why a stopping job stops' })),
    progress: Nullable(Progress),
    summary: Type.Unknown({ description: 'final named values of the method, null before the end' }),
    waiting: Nullable(Waiting),
    actions: Type.Array(Type.Enum(Object.keys(JOB_ACTIONS) as JobAction[])),
    attempts: Type.Integer({ description: 'attempts so far' }),
    parent: Nullable(
      Type.String({
        format: 'uuid',
        description: 'the job of which this one is a part, and which commands to it reach',
      }),
    ),
    forkedFrom: Nullable(Type.String({ format: 'uuid' })),
    fromCheckpoint: Nullable(Type.String({ format: 'uuid' })),
    submittedBy: Type.String({ description: 'name of the API key' }),
    version: Type.Integer({ description: 'rises with every change; the ETag' }),
    submittedAt: Timestamp,
    queuedAt: Timestamp,
    startedAt: Nullable(Timestamp),
    endedAt: Nullable(Timestamp),
  },
  { $id: 'Job' },
);
export type JobView = Static<typeof JobView>;

export const ATTEMPT_STATES = ['dispatched', 'running', 'ended'] as const;
export const OUTCOMES = [
  'succeeded',
  'failed',
  'canceled',
  'paused',
  'preempted',
  'lost',
  'released',
  'superseded',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One try of one worker at a job. */
export const AttemptView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    number: Type.Integer({ minimum: 1 }),
    state: Type.Enum([...ATTEMPT_STATES]),
    outcome: Nullable(Type.Enum([...OUTCOMES])),
    endCode: Nullable(Type.Enum(END_CODE_NAMES)),
    detail: Nullable(Type.String()),
    worker: Nullable(Type.String({ description: 'name of the worker' })),
    engine: Nullable(EngineInfo),
    resumedFromStep: Nullable(Type.Integer()),
    dispatchedAt: Timestamp,
    claimedAt: Nullable(Timestamp),
    endedAt: Nullable(Timestamp),
  },
  { $id: 'Attempt' },
);
export type AttemptView = Static<typeof AttemptView>;
export const AttemptList = Type.Object({ data: Type.Array(AttemptView) }, { $id: 'AttemptList' });
