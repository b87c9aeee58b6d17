import { DataError } from '../method.ts';
import type { Split } from './dataset.ts';
import type { IdxArray } from './idx.ts';

/** Images of one IDX file with their size. */
export interface IdxSplit extends Split {
  height: number;
  width: number;
  channels: number;
}

/** An IDX array together with the file it came from, for errors. */
export interface NamedIdx extends IdxArray {
  file: string;
}

/**
 * Joins an image file `[N, H, W]` or `[N, H, W, C]` (C 1 or 3) and a label file `[N]`.
 *
 * @throws DataError if a rank is wrong or the two disagree about N
 */
export function joinIdx(images: NamedIdx, labels: NamedIdx): IdxSplit {
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  if (images.shape.length !== 3 && !(images.shape.length === 4 && (channels === 1 || channels === 3)))
    throw new DataError(
      `${images.file} has shape ${images.shape.join(' x ')}; images are N x H x W, or N x H x W x C with C 1 or 3.`,
    );
  if (count * height * width === 0)
    throw new DataError(`${images.file} holds no pixels: its shape is ${images.shape.join(' x ')}.`);
  if (labels.shape.length !== 1)
    throw new DataError(`${labels.file} has shape ${labels.shape.join(' x ')}; labels are one number per image.`);
  if (labels.shape[0] !== count)
    throw new DataError(`${labels.file} has ${labels.shape[0]} labels for the ${count} images of ${images.file}.`);
  return { images: images.data, labels: Int32Array.from(labels.data), count, height, width, channels };
}
