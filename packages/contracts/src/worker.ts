import { type Static, Type } from 'typebox';

/** Why one engine is not used. The codes are explained in `docs/engines.md`. */
export const EngineReason = Type.Object({ engine: Type.String(), code: Type.String(), message: Type.String() });
export type EngineReason = Static<typeof EngineReason>;

/** What a worker asks of the tensor engine of a process. */
export const EngineRequest = Type.Object({
  name: Type.String({ description: 'an engine, or "auto" for the first that works' }),
  threads: Type.Integer(),
  winograd: Type.Optional(Type.Boolean()),
  precision: Type.Optional(Type.Enum(['f32', 'bf16'])),
  allowSoftwareGpu: Type.Optional(Type.Boolean({ description: 'let "auto" take a software adapter for a GPU' })),
  addonPath: Type.Optional(Type.String({ description: 'file of the native engine, when not beside its package' })),
});
export type EngineRequest = Static<typeof EngineRequest>;

/** What executes tensors on a worker, with the reasons against the engines that were tried before it. */
export const EngineInfo = Type.Object({
  name: Type.Enum(['tfjs-node-gpu', 'tfjs-node', 'webgpu', 'onednn', 'cpu']),
  device: Type.String(),
  threads: Type.Integer({ minimum: 1 }),
  isa: Type.String({ description: 'instruction set that the engine uses, empty if unknown' }),
  versions: Type.Record(Type.String(), Type.String()),
  reasons: Type.Array(EngineReason),
});
export type EngineInfo = Static<typeof EngineInfo>;

/** One place for one attempt: a GPU, or the CPU as a whole. */
export const Slot = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  kind: Type.Enum(['gpu', 'cpu']),
  model: Type.String(),
  memoryMib: Type.Union([Type.Integer(), Type.Null()]),
});
export type Slot = Static<typeof Slot>;

/** What an operator may want of a worker: no new attempts, or none at all. It outlasts restarts of the worker. */
export const WORKER_HOLDS = ['cordoned', 'draining'] as const;
export type WorkerHold = (typeof WORKER_HOLDS)[number];

export const WorkerView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    host: Type.String(),
    pool: Type.String(),
    state: Type.Enum(['ready', 'cordoned', 'draining', 'lost', 'gone']),
    hold: Type.Union([Type.Enum([...WORKER_HOLDS]), Type.Null()], {
      description: 'what an operator asked for; null: nothing',
    }),
    version: Type.String(),
    engine: EngineInfo,
    slots: Type.Array(Slot),
    attempts: Type.Array(
      Type.Object({
        jobId: Type.Union([Type.String(), Type.Null()], { description: 'null: a job of another team' }),
        number: Type.Integer(),
        slots: Type.Array(Type.Integer(), { description: 'indices of the slots that it holds' }),
      }),
    ),
    eventLoopLagMs: Type.Number(),
    spoolBytes: Type.Integer({ description: 'bytes on its disk that wait to be stored' }),
    startedAt: Type.String({ format: 'date-time' }),
    seenAt: Type.String({ format: 'date-time' }),
  },
  { $id: 'Worker' },
);
export type WorkerView = Static<typeof WorkerView>;
export const WorkerList = Type.Object({ data: Type.Array(WorkerView) }, { $id: 'WorkerList' });

/** Seconds that a lease lasts without a heartbeat, unless a cluster is set up otherwise. */
export const LEASE_SECONDS = 30;
/** Heartbeats in the time of one lease. */
export const BEATS_PER_LEASE = 6;
