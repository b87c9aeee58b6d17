import { type Static, Type } from 'typebox';

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

export const CheckpointView = Type.Object(
  {
    id: Type.String(),
    step: Type.Integer(),
    attempt: Type.Integer({ description: 'number of the attempt that wrote it' }),
    state: Type.Enum(['uploading', 'committed', 'abandoned', 'deleted', 'corrupt']),
    bytes: Type.Integer({ description: 'logical size of the tensors' }),
    tensors: Type.Integer(),
    rootSha256: Type.String({ description: 'SHA-256 of the canonical manifest' }),
    createdAt: Type.String({ format: 'date-time' }),
    committedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  },
  { $id: 'Checkpoint' },
);
export type CheckpointView = Static<typeof CheckpointView>;
export const CheckpointList = Type.Object({ data: Type.Array(CheckpointView) }, { $id: 'CheckpointList' });

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
