import { join } from 'node:path';
import { DATASETS, type DatasetFile } from '@crucible/contracts';
import type { RawDataset } from './assemble-dataset.ts';
import { parseIdx } from './idx.ts';
import { joinIdx, type NamedIdx } from './idx-split.ts';
import { readPublishedFile } from './published-file.ts';

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
 * Reads the four IDX files of Fashion-MNIST (arXiv:1708.07747) in `folder`, packed with gzip or not: 28 x 28, one
 * channel, 60,000 + 10,000 images. Other data of this form is read as an idx dataset.
 *
 * @param files images and labels of the train split, then of the test split
 * @throws DataError if a file is missing, damaged or not the published one
 */
export async function readFashionMnist(
  folder: string,
  files: readonly DatasetFile[] = DATASETS['fashion-mnist'].files,
): Promise<RawDataset> {
  const arrays: NamedIdx[] = [];
  for (const expected of files) {
    const file = join(folder, expected.name);
    arrays.push({ ...parseIdx(await readPublishedFile(folder, expected, 'fashion-mnist'), file), file });
  }
  const [trainImages, trainLabels, testImages, testLabels] = arrays as [NamedIdx, NamedIdx, NamedIdx, NamedIdx];
  const train = joinIdx(trainImages, trainLabels);
  const test = joinIdx(testImages, testLabels);
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
