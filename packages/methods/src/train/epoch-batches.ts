import type { Dataset } from '../data/dataset.ts';
import type { Rng } from '../random/rng.ts';
import { type Augmentation, type AugmentationPlan, planAugmentation } from './augmentation.ts';
import { normalisationTable, writePicture } from './pixels.ts';

/** One batch on the host: normalised images `[B, H, W, C]` and their labels. */
export interface Batch {
  images: Float32Array;
  labels: Int32Array;
}

/** The batches of one epoch, in any order that they are asked for. */
export interface EpochBatches {
  epoch: number;
  /** @param index from 0 */
  batch(index: number): Batch;
}

export interface BatchOptions {
  batchSize: number;
  augmentation: Augmentation;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/** Samples of one batch: the config's size, or the whole split if that is smaller. */
export const batchSizeFor = (samples: number, batchSize: number): number => Math.min(samples, batchSize);

/** Full batches in an epoch; what is left of the split after them is not used in that epoch. */
export const stepsPerEpoch = (samples: number, batchSize: number): number =>
  Math.floor(samples / batchSizeFor(samples, batchSize));

/**
 * Order and augmentation of one epoch of the train split. Both come from streams named by the epoch, so a resumed epoch
 * goes on with the very batches that were left.
 */
export function epochBatches(dataset: Dataset, epoch: number, options: BatchOptions): EpochBatches {
  const { train, height, width, channels } = dataset;
  const size = batchSizeFor(train.count, options.batchSize);
  const pixels = height * width * channels;
  const order = options.rng(`train/shuffle/${epoch}`).permutation(train.count);
  const augmentRng = options.rng(`train/augment/${epoch}`);
  const plan: AugmentationPlan = planAugmentation(options.augmentation, train.count, height, width, augmentRng);
  const table = normalisationTable(dataset.mean, dataset.std);
  return {
    epoch,
    batch: (index) => {
      const images = new Float32Array(size * pixels);
      const labels = new Int32Array(size);
      for (let b = 0; b < size; b++) {
        const place = index * size + b;
        const sample = order[place] as number;
        const [shiftX, shiftY] = [plan.shiftX[place] as number, plan.shiftY[place] as number];
        const flip = plan.flip[place] === 1;
        writePicture(images, b * pixels, train.images, sample * pixels, dataset, table, shiftX, shiftY, flip);
        labels[b] = train.labels[sample] as number;
      }
      return { images, labels };
    },
  };
}
