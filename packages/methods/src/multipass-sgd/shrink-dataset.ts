import type { Dataset, Split } from '../data/dataset.ts';
import { DataError } from '../method.ts';

/**
 * The dataset with every square of `factor` x `factor` pixels replaced by its mean, rounded. Mean and deviation per channel
 * stay those of the full images: the first is the same, and a network can learn what the second is off by.
 *
 * @throws DataError if the side of the squares does not divide those of the images
 */
export function shrinkDataset(dataset: Dataset, factor: number): Dataset {
  if (factor === 1) return dataset;
  const { height, width, channels } = dataset;
  if (height % factor !== 0 || width % factor !== 0)
    throw new DataError(`squares of ${factor} pixels do not divide images of ${height} x ${width}`);
  const [h, w] = [height / factor, width / factor];
  const shrink = ({ images, labels, count }: Split): Split => {
    const small = new Uint8Array(count * h * w * channels);
    for (let at = 0; at < small.length; at++) {
      const channel = at % channels;
      const column = Math.floor(at / channels) % w;
      const row = Math.floor(at / (channels * w)) % h;
      const sample = Math.floor(at / (channels * w * h));
      let sum = 0;
      for (let i = 0; i < factor; i++)
        for (let j = 0; j < factor; j++) {
          const pixel = (sample * height + row * factor + i) * width + column * factor + j;
          sum += images[pixel * channels + channel] as number;
        }
      small[at] = Math.round(sum / (factor * factor));
    }
    return { images: small, labels, count };
  };
  return { ...dataset, height: h, width: w, train: shrink(dataset.train), test: shrink(dataset.test) };
}
