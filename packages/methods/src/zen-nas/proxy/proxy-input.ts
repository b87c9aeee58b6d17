import type { SuperBlock } from '@crucible/contracts';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import { normalTensor } from '../../random/draw-normals.ts';
import type { Rng } from '../../random/rng.ts';

/** What a training-free proxy is given. */
export interface ProxyInput {
  /** a buildable structure */
  blocks: readonly SuperBlock[];
  /** images per draw, at least 2 */
  batchSize: number;
  /** height and width of the images in pixels */
  resolution: number;
  classes: number;
  /** streams of this structure and repeat: `input`, `layer-0`, ..: no proxy depends on what was scored before it */
  rng: (part: string) => Rng;
}

/** Standard normal images `[B, H, W, C]` of the stream `input`. */
export function normalImages({ blocks, batchSize, resolution, rng }: Omit<ProxyInput, 'classes'>): Tensor4D {
  const shape: [number, number, number, number] = [batchSize, resolution, resolution, blocks[0]?.in ?? 0];
  return normalTensor<Rank.R4>(rng('input'), shape);
}
