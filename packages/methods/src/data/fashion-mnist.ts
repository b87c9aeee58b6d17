import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError } from '../method.ts';
import type { RawDataset } from './assemble-dataset.ts';
import { readDataFile } from './data-file.ts';
import { parseIdx } from './idx.ts';
import { joinIdx, type NamedIdx } from './idx-split.ts';

/** A published file and the SHA-256 of its unpacked bytes. */
export interface PublishedFile {
  name: string;
  sha256: string;
}

/** The four files of Fashion-MNIST (arXiv:1708.07747). Packers differ, so the unpacked bytes are what is checked. */
export const FASHION_MNIST_FILES = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
} as const satisfies Record<string, PublishedFile>;

const CLASS_NAMES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/**
 * Reads the four IDX files in `folder`, packed with gzip or not: 28 x 28, one channel, 60,000 + 10,000 images.
 *
 * @param files the published files that are expected
 * @throws DataError if a file is missing, damaged or not the published one
 */
export async function readFashionMnist(
  folder: string,
  files: Record<keyof typeof FASHION_MNIST_FILES, PublishedFile> = FASHION_MNIST_FILES,
): Promise<RawDataset> {
  const read = async ({ name, sha256 }: PublishedFile): Promise<NamedIdx> => {
    const file = join(folder, name);
    const bytes = await readDataFile(file);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256)
      throw new DataError(
        `${file} is not the published file: the SHA-256 of its unpacked bytes is ${found}, expected ${sha256}. Fetch it again, or read it as an idx dataset.`,
      );
    return { ...parseIdx(bytes, file), file };
  };
  const train = joinIdx(await read(files.trainImages), await read(files.trainLabels));
  const test = joinIdx(await read(files.testImages), await read(files.testLabels));
  const { height, width, channels } = train;
  return {
    name: 'fashion-mnist',
    height,
    width,
    channels,
    classes: CLASS_NAMES.length,
    classNames: CLASS_NAMES,
    train: { images: train.images, labels: train.labels, count: train.count },
    test: { images: test.images, labels: test.labels, count: test.count },
  };
}
