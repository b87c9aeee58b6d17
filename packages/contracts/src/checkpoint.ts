import { type Static, Type } from 'typebox';
import { Keep } from './keep.ts';

/** Bytes of one stored chunk; each tensor starts a new one. */
export const CHUNK_BYTES = 1024 * 1024;

export const TENSOR_DTYPES = ['float32', 'int32', 'uint8', 'float64'] as const;
export type TensorDtype = (typeof TENSOR_DTYPES)[number];

/** One tensor of a checkpoint: little-endian bytes, cut into chunks of at most CHUNK_BYTES, each named by its SHA-256. */
export const TensorEntry = Type.Object({
  name: Type.String(),
  dtype: Type.Enum([...TENSOR_DTYPES]),
  shape: Type.Array(Type.Integer({ minimum: 0 })),
  bytes: Type.Integer({ minimum: 0 }),
  chunks: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' })),
});
export type TensorEntry = Static<typeof TensorEntry>;

/** All that is needed to go on, with the bytes replaced by their hashes. */
export const CheckpointManifest = Type.Object({
  format: Type.Literal(1),
  method: Type.String(),
  step: Type.Integer({ minimum: 0 }),
  state: Type.Unknown({ description: 'JSON of the method: counters, population, epoch, cursor' }),
  tensors: Type.Array(TensorEntry),
});
export type CheckpointManifest = Static<typeof CheckpointManifest>;

/** Why a committed checkpoint stays: rules of the job, a person, or work that stands on it. */
export const KEEP_REASONS = ['last', 'best', 'pinned', 'in-use'] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];

const NullableTime = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
const Note = Type.Union([Type.String({ maxLength: 2000 }), Type.Null()], { description: 'free text of a person' });

export const CheckpointView = Type.Object(
  {
    id: Type.String(),
    jobId: Type.String(),
    step: Type.Integer(),
    attempt: Type.Integer({ description: 'number of the attempt that wrote it' }),
    state: Type.Enum(['uploading', 'committed', 'abandoned', 'deleted', 'corrupt']),
    bytes: Type.Integer({ description: 'logical size of the tensors' }),
    tensors: Type.Integer(),
    rootSha256: Type.String({ description: 'SHA-256 of the canonical manifest' }),
    pinned: Type.Boolean({ description: 'no rule removes it' }),
    note: Note,
    keptFor: Type.Array(Type.Enum([...KEEP_REASONS]), { description: 'why the rules leave it; empty if they do not' }),
    metricValue: Type.Union([Type.Number(), Type.Null()], {
      description: 'of the metric by which the best are kept, at its step or just before; null: none, or not finite',
    }),
    createdAt: Type.String({ format: 'date-time' }),
    committedAt: NullableTime,
  },
  { $id: 'Checkpoint' },
);
export type CheckpointView = Static<typeof CheckpointView>;
export const CheckpointList = Type.Object({ data: Type.Array(CheckpointView) }, { $id: 'CheckpointList' });

/** Body of `PATCH /v1/checkpoints/:id`. */
export const ChangeCheckpoint = Type.Object(
  { pinned: Type.Optional(Type.Boolean()), note: Type.Optional(Note) },
  { $id: 'ChangeCheckpoint', additionalProperties: false, minProperties: 1 },
);
export type ChangeCheckpoint = Static<typeof ChangeCheckpoint>;

/** A keep rule to try out; what is left out is as the job has it. */
export const KeepQuery = Type.Object({
  last: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  best: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  metric: Type.Optional(Type.String({ maxLength: 128 })),
  mode: Type.Optional(Type.Enum(['max', 'min'])),
});
export type KeepQuery = Static<typeof KeepQuery>;

/** What a keep rule would leave and remove, were it applied now. */
export const KeepPreview = Type.Object(
  {
    keep: Keep,
    kept: Type.Array(CheckpointView),
    removed: Type.Array(CheckpointView),
    freedBytes: Type.Integer({ description: 'of chunks that nothing else names' }),
  },
  { $id: 'KeepPreview' },
);
export type KeepPreview = Static<typeof KeepPreview>;

/** Answer of `POST /v1/checkpoints/:id/verify`: every chunk was read and has its hash. */
export const CheckpointCheck = Type.Object(
  { id: Type.String(), rootSha256: Type.String(), chunks: Type.Integer(), bytes: Type.Integer() },
  { $id: 'CheckpointCheck' },
);
export type CheckpointCheck = Static<typeof CheckpointCheck>;

/** What a team keeps. */
export const StorageUsage = Type.Object(
  {
    team: Type.String(),
    checkpoints: Type.Integer({ description: 'committed' }),
    artifacts: Type.Integer(),
    logicalBytes: Type.Integer({ description: 'as if nothing were shared' }),
    physicalBytes: Type.Integer({ description: 'of the distinct chunks behind them' }),
  },
  { $id: 'StorageUsage' },
);
export type StorageUsage = Static<typeof StorageUsage>;

export const ArtifactView = Type.Object(
  {
    name: Type.String(),
    mediaType: Type.String(),
    bytes: Type.Integer(),
    sha256: Type.String(),
    attempt: Type.Integer(),
    createdAt: Type.String({ format: 'date-time' }),
  },
  { $id: 'Artifact' },
);
export type ArtifactView = Static<typeof ArtifactView>;
export const ArtifactList = Type.Object({ data: Type.Array(ArtifactView) }, { $id: 'ArtifactList' });
