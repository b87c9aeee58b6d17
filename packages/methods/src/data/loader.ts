import type { AugmentationPolicy, LoaderConfig } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { makeInAdvance, makeInProcess } from './batch-maker.ts';
import { type BatchSource, batchFloats, batchWriter, viewSizes } from './batch-source.ts';
import type { Dataset } from './dataset.ts';
import { shareImages } from './share-images.ts';
import { startThreads } from './thread-pool.ts';

/** One batch on the host. */
export interface Batch {
  epoch: number;
  /** normalised images of each view, `[B, H, W, C]` flattened; the caller owns them */
  views: readonly Float32Array[];
  /** `[B]` */
  labels: Int32Array;
  /** `[B]`: place of each sample in the train split */
  samples: Int32Array;
}

export interface LoaderOptions extends LoaderConfig {
  batchSize: number;
  /** one policy per view of each sample */
  views: readonly AugmentationPolicy[];
  /** steps of the whole training: nothing is made in advance beyond them */
  totalSteps: number;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

/** The batches of a training, by step. */
export interface Loader {
  readonly batchSize: number;
  /** of the images of each view */
  readonly viewSizes: readonly { height: number; width: number }[];
  /** The batch of a step, from 0. Steps asked for in order are made in advance. @throws Error that a thread met */
  batch(step: number): Promise<Batch>;
  /** Ends all threads. */
  close(): Promise<void>;
}

/** Samples of one batch: the config's size, or the whole split if that is smaller. */
export const batchSizeFor = (samples: number, batchSize: number): number => Math.min(samples, batchSize);

/** Full batches in an epoch; what is left of the split after them is not used in that epoch. */
export const stepsPerEpoch = (samples: number, batchSize: number): number =>
  Math.floor(samples / batchSizeFor(samples, batchSize));

/**
 * A loader over the train split. The order of an epoch comes from a stream named by the epoch, the augmentation from
 * streams named by epoch, sample and view, so a resumed training goes on with the very batches that were left, and the
 * number of threads changes no byte. Threads start with the first batch.
 */
export function createLoader(dataset: Dataset, options: LoaderOptions): Loader {
  const { train, height, width, channels, mean, std } = dataset;
  const { views, threads, rng } = options;
  const size = batchSizeFor(train.count, options.batchSize);
  const perEpoch = stepsPerEpoch(train.count, options.batchSize);
  const images = threads > 0 ? shareImages(train.images) : train.images;
  const seed = Math.floor(rng('train/augment').uniform() * Number.MAX_SAFE_INTEGER);
  const source: BatchSource = { images, height, width, channels, mean, std, views, seed };
  const order = epochOrder(train.count, rng);
  const sizes = viewSizes(source);

  const request = (step: number) => {
    const epoch = Math.floor(step / perEpoch);
    const first = (step % perEpoch) * size;
    return { epoch, samples: order(epoch).slice(first, first + size) };
  };
  const finished = (step: number, floats: Float32Array): Batch => {
    const { epoch, samples } = request(step);
    let at = 0;
    const parts = sizes.map((view) => {
      const length = size * view.height * view.width * channels;
      at += length;
      return floats.slice(at - length, at); // its own memory: the buffer is used again
    });
    return { epoch, views: parts, labels: samples.map((sample) => train.labels[sample] as number), samples };
  };
  const maker =
    threads > 0
      ? makeInAdvance(() => startThreads(source, threads), batchFloats(source, size), request, options)
      : makeInProcess(batchWriter(source), batchFloats(source, size), request);
  return {
    batchSize: size,
    viewSizes: sizes,
    batch: async (step) => {
      const { floats, release } = await maker.make(step);
      const batch = finished(step, floats);
      release();
      return batch;
    },
    close: maker.close,
  };
}

/** The order in which an epoch, from 0, shows the samples of the train split: `batchSize` of them to a step. */
export const sampleOrder = (count: number, epoch: number, rng: (name: string) => Rng): Int32Array =>
  rng(`train/shuffle/${epoch}`).permutation(count);

/** Order of the samples in an epoch; the last two asked for are kept, since making in advance looks over the edge. */
const epochOrder = (count: number, rng: (name: string) => Rng): ((epoch: number) => Int32Array) => {
  const kept = new Map<number, Int32Array>();
  return (epoch) => {
    let order = kept.get(epoch);
    if (order === undefined) {
      order = sampleOrder(count, epoch, rng);
      for (const old of [...kept.keys()].slice(0, -1)) kept.delete(old);
      kept.set(epoch, order);
    }
    return order;
  };
};
