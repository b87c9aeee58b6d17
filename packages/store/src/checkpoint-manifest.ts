import { createHash } from 'node:crypto';
import { type CheckpointManifest, CrucibleError } from '@crucible/contracts';
import { canonicalJson } from './canonical-json.ts';

/** Every chunk that a manifest names, each once. */
export const chunksOf = (manifest: CheckpointManifest): string[] => [
  ...new Set(manifest.tensors.flatMap((tensor) => tensor.chunks)),
];

/** Bytes of all tensors, counting shared chunks as often as they are named. */
export const bytesOf = (manifest: CheckpointManifest): number =>
  manifest.tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);

/** SHA-256 of the canonical manifest: equal for equal checkpoints. */
export const rootOf = (manifest: CheckpointManifest): string =>
  createHash('sha256').update(canonicalJson(manifest)).digest('hex');

/** @throws `checkpoint-corrupt` when a chunk is missing or a tensor has not the size it claims */
export function assertComplete(manifest: CheckpointManifest, sizes: ReadonlyMap<string, number>): void {
  const missing = chunksOf(manifest).filter((hash) => !sizes.has(hash));
  if (missing.length > 0)
    throw new CrucibleError('checkpoint-corrupt', `${missing.length} chunks are not stored; send them, then commit.`, {
      detail: { missing },
    });
  for (const { name, bytes, chunks } of manifest.tensors) {
    const stored = chunks.reduce((sum, hash) => sum + (sizes.get(hash) ?? 0), 0);
    if (stored !== bytes)
      throw new CrucibleError('checkpoint-corrupt', `Tensor ${name} claims ${bytes} bytes, its chunks hold ${stored}.`);
  }
}
