import { type Static, Type } from 'typebox';
import type { Fault } from './errors.ts';

/** What is known of a dataset before its files are read. `null`: only the files can tell. */
export interface DatasetFacts {
  title: string;
  /** height and width in pixels */
  resolution: number | null;
  channels: number | null;
  classes: number | null;
  /** what the readers check; empty where the user brings the files */
  files: readonly DatasetFile[];
}

/** A file of a published dataset. Packers differ, so length and hash are those of the unpacked bytes. */
export interface DatasetFile {
  name: string;
  split: 'train' | 'test';
  bytes: number;
  /** null where no hash of the single file is published: then its length alone is checked */
  sha256: string | null;
}

const file = (split: DatasetFile['split'], name: string, bytes: number, sha256: string | null = null): DatasetFile => ({
  name,
  split,
  bytes,
  sha256,
});

/** The datasets that a config may name. `image-folder` and `idx` read whatever the user brings. */
export const DATASETS = {
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    resolution: 28,
    channels: 1,
    classes: 10,
    files: [
      file(
        'train',
        'train-images-idx3-ubyte',
        47_040_016,
        'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      ),
      file(
        'train',
        'train-labels-idx1-ubyte',
        60_008,
        'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      ),
      file(
        'test',
        't10k-images-idx3-ubyte',
        7_840_016,
        '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      ),
      file(
        'test',
        't10k-labels-idx1-ubyte',
        10_008,
        '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      ),
    ],
  },
  'cifar-10': {
    title: 'CIFAR-10 (binary version)',
    resolution: 32,
    channels: 3,
    classes: 10,
    files: [
      ...[1, 2, 3, 4, 5].map((batch) => file('train', `data_batch_${batch}.bin`, 30_730_000)),
      file('test', 'test_batch.bin', 30_730_000),
    ],
  },
  'cifar-100': {
    title: 'CIFAR-100 (binary version)',
    resolution: 32,
    channels: 3,
    classes: 100,
    files: [file('train', 'train.bin', 153_700_000), file('test', 'test.bin', 30_740_000)],
  },
  'image-folder': {
    title: 'folders train/CLASS/*.png and test/CLASS/*.png',
    resolution: null,
    channels: 3,
    classes: null,
    files: [],
  },
  idx: { title: 'any image and label pair in IDX form', resolution: null, channels: null, classes: null, files: [] },
} as const satisfies Record<string, DatasetFacts>;

export type DatasetName = keyof typeof DATASETS;

const RelativePath = (description: string) =>
  Type.Union([Type.String({ minLength: 1, maxLength: 400, pattern: '^(?!/)(?!.*\\.\\.)[^\\0\\\\]+$' }), Type.Null()], {
    default: null,
    description,
  });

/** Which data a job reads. Paths are relative to the worker's data folder and may not leave it. */
export const DatasetConfig = Type.Object(
  {
    name: Type.Enum(Object.keys(DATASETS) as DatasetName[], { default: 'fashion-mnist' }),
    path: RelativePath('folder below the data folder; null: the name of the dataset'),
    resolution: Type.Union([Type.Integer({ minimum: 8, maximum: 512 }), Type.Null()], {
      default: null,
      description: 'pixels that images of a folder are resized to; null: 32 for image-folder, else as stored',
    }),
    trainImages: RelativePath('idx only: file of the training images, below path'),
    trainLabels: RelativePath('idx only: file of the training labels'),
    testImages: RelativePath('idx only: file of the test images'),
    testLabels: RelativePath('idx only: file of the test labels'),
    trainSamples: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      default: null,
      description: 'use only this many training samples, drawn by seed; null: all',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type DatasetConfig = Static<typeof DatasetConfig>;

/** How training samples are read, augmented and put into batches. It has no effect on what they are. */
export const LoaderConfig = Type.Object(
  {
    threads: Type.Integer({
      minimum: 0,
      maximum: 64,
      default: 1,
      description: 'threads that augment beside the training; 0: the training itself does it',
    }),
    prefetch: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 4,
      description: 'batches that may be ready or in the making; more need more memory',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type LoaderConfig = Static<typeof LoaderConfig>;

const IDX_FILES = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const;

/** What the schema cannot say. `at` is the pointer of the dataset inside the whole config. */
export function datasetFaults(dataset: DatasetConfig, at: string): Fault[] {
  const faults: Fault[] = [];
  for (const file of IDX_FILES) {
    if (dataset.name === 'idx' && dataset[file] === null)
      faults.push({ pointer: `${at}/${file}`, message: 'is required for an idx dataset' });
    if (dataset.name !== 'idx' && dataset[file] !== null)
      faults.push({ pointer: `${at}/${file}`, message: `belongs to idx datasets, this one is ${dataset.name}` });
  }
  if (dataset.resolution !== null && dataset.name !== 'image-folder')
    faults.push({ pointer: `${at}/resolution`, message: 'can only be set for an image-folder' });
  return faults;
}
