/** @file Mixing of the samples of a batch: mixup (arXiv:1710.09412) and CutMix (arXiv:1905.04899). */
import type { Rng } from '../random/rng.ts';
import { symmetricBeta } from './beta.ts';

/** A batch on the host: images `[B, H, W, C]` and rows of target probabilities `[B, K]`, both flattened. */
export interface TargetBatch {
  images: Float32Array;
  targets: Float32Array;
  size: number;
  height: number;
  width: number;
}

export interface Mixed extends TargetBatch {
  /** share of the first image in each mixed sample; where every sample has its own, their mean */
  mixRatio: number;
  /** sample that each sample was mixed with */
  partners: Int32Array;
}

/** `ratio * row + (1 - ratio) * partner's row`, for every row. */
const blend = (
  rows: Float32Array,
  size: number,
  partners: Int32Array,
  ratioOf: (row: number) => number,
): Float32Array => {
  const width = rows.length / size;
  const mixed = new Float32Array(rows.length);
  for (let b = 0; b < size; b++) {
    const [own, other] = [b * width, (partners[b] as number) * width];
    const ratio = ratioOf(b);
    for (let i = 0; i < width; i++)
      mixed[own + i] = ratio * (rows[own + i] as number) + (1 - ratio) * (rows[other + i] as number);
  }
  return mixed;
};

/**
 * Every sample blended with another, images and targets alike, with a ratio from Beta(alpha, alpha).
 *
 * @param ratioPer what a ratio is drawn for. @defaultValue batch
 */
export function mixup(batch: TargetBatch, alpha: number, rng: Rng, ratioPer: 'batch' | 'sample' = 'batch'): Mixed {
  const ratios = Float64Array.from({ length: ratioPer === 'batch' ? 1 : batch.size }, () => symmetricBeta(rng, alpha));
  const ratioOf = (row: number): number => ratios[ratioPer === 'batch' ? 0 : row] as number;
  const partners = rng.permutation(batch.size);
  return {
    ...batch,
    images: blend(batch.images, batch.size, partners, ratioOf),
    targets: blend(batch.targets, batch.size, partners, ratioOf),
    mixRatio: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
    partners,
  };
}

/**
 * A box of every image replaced by the same box of another. Its sides are `sqrt(1 - ratio)` of the image's with a ratio
 * from Beta(alpha, alpha), its centre is any pixel; targets are blended by the area that was really replaced.
 */
export function cutmix(batch: TargetBatch, alpha: number, rng: Rng): Mixed {
  const { size, height, width } = batch;
  const side = Math.sqrt(1 - symmetricBeta(rng, alpha));
  const [boxWidth, boxHeight] = [Math.floor(width * side), Math.floor(height * side)];
  const [centreX, centreY] = [rng.below(width), rng.below(height)];
  const partners = rng.permutation(size);
  const left = Math.max(0, centreX - Math.floor(boxWidth / 2));
  const top = Math.max(0, centreY - Math.floor(boxHeight / 2));
  const right = Math.min(width, centreX - Math.floor(boxWidth / 2) + boxWidth);
  const bottom = Math.min(height, centreY - Math.floor(boxHeight / 2) + boxHeight);
  const images = batch.images.slice();
  const channels = images.length / (size * height * width);
  for (let b = 0; b < size; b++)
    for (let y = top; y < bottom; y++) {
      const from = (((partners[b] as number) * height + y) * width + left) * channels;
      const row = batch.images.subarray(from, from + (right - left) * channels);
      images.set(row, ((b * height + y) * width + left) * channels);
    }
  const mixRatio = 1 - ((right - left) * (bottom - top)) / (width * height);
  return { ...batch, images, targets: blend(batch.targets, size, partners, () => mixRatio), mixRatio, partners };
}
