import { type Static, Type } from 'typebox';
import { CheckpointManifest } from './checkpoint.ts';
import { END_CODE_NAMES } from './end-code.ts';
import { Progress } from './job.ts';
import { LOG_LEVELS } from './log.ts';
import { ArtifactDescriptor } from './method.ts';
import { EngineInfo, EngineReason, EngineRequest } from './worker.ts';

/** What the worker tells the child of an attempt. */
export const ToChild = Type.Union([
  Type.Object({
    kind: Type.Literal('start'),
    jobId: Type.String(),
    attempt: Type.Integer({ minimum: 1 }),
    method: Type.String(),
    config: Type.Unknown({ description: 'resolved' }),
    seed: Type.Integer(),
    dataDir: Type.String(),
    spoolDir: Type.String({ description: 'folder of this attempt, for checkpoints and artifacts on their way' }),
    engine: EngineRequest,
    resume: Type.Union([
      Type.Object({
        manifest: CheckpointManifest,
        dir: Type.String({ description: 'holds one file per tensor, by index' }),
      }),
      Type.Null(),
    ]),
  }),
  Type.Object({
    kind: Type.Literal('stop'),
    /** cancel: end now; release: write a checkpoint first, another attempt will go on from it */
    reason: Type.Enum(['cancel', 'release']),
  }),
  /** the worker cannot take more for now: wait before the next step, until it can or a stop is asked */
  Type.Object({ kind: Type.Literal('hold'), isHeld: Type.Boolean() }),
]);
export type ToChild = Static<typeof ToChild>;

export const MetricPoint = Type.Object({
  key: Type.String(),
  step: Type.Integer({ minimum: 0 }),
  value: Type.Number(),
  timeMs: Type.Number({ description: 'milliseconds since 1970' }),
});
export type MetricPoint = Static<typeof MetricPoint>;

/** What a child reports. IPC uses structured clones, so that NaN and Infinity pass. */
export const FromChild = Type.Union([
  Type.Object({ kind: Type.Literal('ready'), engine: EngineInfo }),
  /** of a probe alone: the engine that was named is not available */
  Type.Object({ kind: Type.Literal('engine-refused'), reason: EngineReason }),
  Type.Object({ kind: Type.Literal('metrics'), points: Type.Array(Type.Unsafe<MetricPoint>(Type.Unknown())) }),
  Type.Object({
    kind: Type.Literal('log'),
    level: Type.Enum([...LOG_LEVELS]),
    message: Type.String(),
    fields: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    timeMs: Type.Number(),
  }),
  Type.Object({ kind: Type.Literal('progress'), progress: Progress, step: Type.Integer() }),
  Type.Object({
    kind: Type.Literal('checkpoint'),
    manifest: CheckpointManifest,
    dir: Type.String({ description: 'one file per tensor, named by its index; complete' }),
  }),
  Type.Object({ kind: Type.Literal('artifact'), ...ArtifactDescriptor.properties, path: Type.String() }),
  Type.Object({ kind: Type.Literal('done'), summary: Type.Unknown() }),
  Type.Object({ kind: Type.Literal('stopped') }),
  Type.Object({
    kind: Type.Literal('failed'),
    endCode: Type.Enum(END_CODE_NAMES),
    message: Type.String(),
    stack: Type.String(),
  }),
]);
export type FromChild = Static<typeof FromChild>;
