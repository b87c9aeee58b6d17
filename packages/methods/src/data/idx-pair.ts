import { DataError } from '../method.ts';
import type { RawDataset } from './assemble-dataset.ts';
import { readIdx } from './idx.ts';
import { joinIdx, type NamedIdx } from './idx-split.ts';

/** Absolute paths of the four files of an IDX dataset. */
export interface IdxPaths {
  trainImages: string;
  trainLabels: string;
  testImages: string;
  testLabels: string;
}

/**
 * Reads any image and label pair in IDX form, packed with gzip or not. Classes are 0 to the largest label.
 *
 * @throws DataError if a file is missing or damaged, or the two splits differ in size of image
 */
export async function readIdxPair(paths: IdxPaths): Promise<RawDataset> {
  const read = async (file: string): Promise<NamedIdx> => ({ ...(await readIdx(file)), file });
  const train = joinIdx(await read(paths.trainImages), await read(paths.trainLabels));
  const test = joinIdx(await read(paths.testImages), await read(paths.testLabels));
  const { height, width, channels } = train;
  if (test.height !== height || test.width !== width || test.channels !== channels)
    throw new DataError(
      `${paths.testImages} holds images of ${test.height} x ${test.width} x ${test.channels}, ${paths.trainImages} of ${height} x ${width} x ${channels}; they must agree.`,
    );
  const largest = (labels: Int32Array) => labels.reduce((most, label) => Math.max(most, label), 0);
  const classes = Math.max(largest(train.labels), largest(test.labels)) + 1;
  return {
    name: 'idx',
    height,
    width,
    channels,
    classes,
    classNames: Array.from({ length: classes }, (_, label) => String(label)),
    train: { images: train.images, labels: train.labels, count: train.count },
    test: { images: test.images, labels: test.labels, count: test.count },
  };
}
