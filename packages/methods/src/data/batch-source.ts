import type { AugmentationPolicy } from '@crucible/contracts';
import { applyPolicy, sizeAfterPolicy } from '../augment/apply-policy.ts';
import { createRng } from '../random/create-rng.ts';
import { normalisationTable, writeNormalised } from './normalise.ts';

/** All that batches are made from, as plain data that a thread can be given. */
export interface BatchSource {
  /** stored bytes of the train split, `[count, height, width, channels]` */
  images: Uint8Array;
  height: number;
  width: number;
  channels: number;
  /** per channel, of pixel values in 0..1 */
  mean: readonly number[];
  std: readonly number[];
  /** one policy per view: each sample is shown once under each */
  views: readonly AugmentationPolicy[];
  /** of the augmentation's streams */
  seed: number;
}

/** Height and width of the images of each view. */
export const viewSizes = ({ views, height, width }: BatchSource): { height: number; width: number }[] =>
  views.map((policy) => {
    const [h, w] = sizeAfterPolicy(policy, height, width);
    return { height: h, width: w };
  });

/** Floats of a batch of so many samples, all views. */
export const batchFloats = (source: BatchSource, samples: number): number =>
  viewSizes(source).reduce((sum, { height, width }) => sum + samples * height * width * source.channels, 0);

/** Writes augmented and normalised images of samples, all of the first view, then all of the second, .. */
export type BatchWriter = (out: Float32Array, epoch: number, samples: Int32Array) => void;

/**
 * A writer for a source. What it writes for a sample depends on seed, epoch, sample and view alone: not on the batch, the
 * order, or the thread that does it.
 */
export function batchWriter(source: BatchSource): BatchWriter {
  const { images, height, width, channels, views, seed } = source;
  const table = normalisationTable(source.mean, source.std);
  const fill = source.mean.map((mean) => Math.round(255 * mean));
  const stored = height * width * channels;
  return (out, epoch, samples) => {
    let at = 0;
    views.forEach((policy, view) => {
      for (const sample of samples) {
        const pixels = images.subarray(sample * stored, (sample + 1) * stored);
        const picture = { pixels, height, width, channels };
        const result =
          policy.length === 0
            ? picture
            : applyPolicy(picture, policy, createRng(seed, `augment/${epoch}/${sample}/${view}`), fill);
        writeNormalised(out, at, result.pixels, table);
        at += result.pixels.length;
      }
    });
  };
}
