import { createHash } from 'node:crypto';
import { DataError } from '../method.ts';
import type { Dataset, Split } from './dataset.ts';
import { shareImages } from './share-images.ts';

/** What a reader has found, before statistics are taken. */
export type RawDataset = Omit<Dataset, 'mean' | 'std' | 'sha256'>;

/**
 * Adds what follows from the pixels: mean and standard deviation per channel, and the hash of the data.
 * Sums are taken over the 256 counts of each channel, so they are exact up to the last division.
 *
 * @throws DataError if a label is outside `[0, classes)`
 */
export function assembleDataset(raw: RawDataset): Dataset {
  checkLabels(raw, 'train');
  checkLabels(raw, 'test');
  const channels = Array.from({ length: raw.channels }, (_, channel) =>
    channelStatistics(raw.train.images, channel, raw.channels),
  );
  return {
    ...raw,
    // threads augment it; nothing else keeps the bytes that were read
    train: { ...raw.train, images: shareImages(raw.train.images) },
    mean: channels.map(({ mean }) => mean),
    std: channels.map(({ std }) => std),
    sha256: hashSplits(raw.train, raw.test),
  };
}

function checkLabels(raw: RawDataset, name: 'train' | 'test'): void {
  const at = raw[name].labels.findIndex((label) => label < 0 || label >= raw.classes);
  if (at !== -1)
    throw new DataError(
      `${raw.name}: ${name} label ${at} is ${raw[name].labels[at]}, but there are ${raw.classes} classes, 0 to ${raw.classes - 1}.`,
    );
}

/** Mean and deviation of the stored bytes of one channel, as pixel values in 0..1. */
export function channelStatistics(
  images: Uint8Array,
  channel: number,
  channels: number,
): { mean: number; std: number } {
  const counts = new Float64Array(256);
  for (let at = channel; at < images.length; at += channels) {
    const value = images[at] as number;
    counts[value] = (counts[value] as number) + 1;
  }
  const total = images.length / channels;
  let sum = 0;
  let squares = 0;
  counts.forEach((count, value) => {
    sum += count * value;
    squares += count * value * value;
  });
  const mean = sum / total;
  const variance = Math.max(0, squares / total - mean * mean);
  return { mean: mean / 255, std: Math.sqrt(variance) / 255 };
}

function hashSplits(...splits: Split[]): string {
  const hash = createHash('sha256');
  for (const { images, labels } of splits) {
    hash.update(images);
    hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  }
  return hash.digest('hex');
}
