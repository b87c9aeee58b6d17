import type { ArtifactView } from '@crucible/contracts';
import type { AttemptFence } from './fence.ts';

export interface NewArtifact extends AttemptFence {
  name: string;
  mediaType: string;
  /** in pieces of any size */
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Files that jobs leave, kept in the same chunks as checkpoints. */
export interface Artifacts {
  /** Stores a file; an older one of the same name is replaced. @throws `stale-fence` */
  store(artifact: NewArtifact): Promise<ArtifactView>;
  /** By name. @throws `not-found` for an unknown job */
  list(jobId: string): Promise<ArtifactView[]>;
  /** One file, read chunk by chunk. @throws `not-found`; `checkpoint-corrupt` while reading damaged bytes */
  open(jobId: string, name: string): Promise<{ view: ArtifactView; chunks: AsyncIterable<Uint8Array> }>;
}
