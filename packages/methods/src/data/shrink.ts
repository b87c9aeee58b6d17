import { createHash } from 'node:crypto';
import { DataError } from '../method.ts';
import { channelStatistics } from './assemble-dataset.ts';
import type { Dataset, Split } from './dataset.ts';

/**
 * The dataset with every `side x side` square of pixels averaged to one, rounded to a byte. Mean and deviation are those
 * of the new pixels; the hash names the old bytes and the side.
 *
 * @throws DataError if the side does not divide height and width
 */
export function shrink(dataset: Dataset, side: number): Dataset {
  if (side === 1) return dataset;
  const { height, width, channels } = dataset;
  if (height % side !== 0 || width % side !== 0)
    throw new DataError(`shrink is ${side}, which does not divide the ${height} x ${width} images of ${dataset.name}.`);
  const size = { height: height / side, width: width / side };
  const shrunk = (split: Split): Split => ({ ...split, images: shrinkImages(split.images, dataset, side) });
  const train = shrunk(dataset.train);
  const statistics = Array.from({ length: channels }, (_, channel) =>
    channelStatistics(train.images, channel, channels),
  );
  return {
    ...dataset,
    ...size,
    train,
    test: shrunk(dataset.test),
    mean: statistics.map(({ mean }) => mean),
    std: statistics.map(({ std }) => std),
    sha256: createHash('sha256').update(`${dataset.sha256} shrunk by ${side}`).digest('hex'),
  };
}

const shrinkImages = (
  images: Uint8Array,
  { width, channels }: Pick<Dataset, 'width' | 'channels'>,
  side: number,
): Uint8Array => {
  const out = new Uint8Array(images.length / side ** 2);
  const rows = out.length / ((width / side) * channels); // of all images, one below the other
  for (let y = 0, at = 0; y < rows; y++)
    for (let x = 0; x < width / side; x++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let dy = 0; dy < side; dy++)
          for (let dx = 0; dx < side; dx++)
            sum += images[((y * side + dy) * width + x * side + dx) * channels + c] as number;
        out[at++] = Math.round(sum / side ** 2);
      }
  return out;
};
