import * as tf from '@tensorflow/tfjs-core';
import type { Dataset, Split } from './dataset.ts';
import { normalisationTable, writeNormalised } from './normalise.ts';

/** A batch of a split on the engine: the caller frees the images. */
export interface SplitBatch {
  /** `[B, H, W, C]`, normalised */
  images: tf.Tensor4D;
  labels: Int32Array;
}

/** The samples of a split in order, without augmentation; the last batch may be smaller. */
export function* batchesOf(
  dataset: Pick<Dataset, 'height' | 'width' | 'channels' | 'mean' | 'std'>,
  split: Split,
  batchSize: number,
): Generator<SplitBatch> {
  const { height, width, channels, mean, std } = dataset;
  const pixels = height * width * channels;
  const table = normalisationTable(mean, std);
  for (let from = 0; from < split.count; from += batchSize) {
    const size = Math.min(batchSize, split.count - from);
    const images = new Float32Array(size * pixels);
    writeNormalised(images, 0, split.images.subarray(from * pixels, (from + size) * pixels), table);
    yield {
      images: tf.tensor4d(images, [size, height, width, channels]),
      labels: split.labels.subarray(from, from + size),
    };
  }
}
