import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATASETS, type DatasetFile } from '@crucible/contracts';
import type { RawDataset } from './assemble-dataset.ts';
import { readDataFile } from './data-file.ts';
import type { Split } from './dataset.ts';
import { readPublishedFile } from './published-file.ts';

/** Where the binary version of a CIFAR set keeps what. */
export interface CifarLayout {
  name: 'cifar-10' | 'cifar-100';
  /** folder inside the published archive */
  archiveFolder: string;
  files: readonly DatasetFile[];
  /** bytes before the pixels; the label is the last of them */
  labelBytes: 1 | 2;
  classNamesFile: string;
  classes: number;
}

export const CIFAR_10: CifarLayout = {
  name: 'cifar-10',
  archiveFolder: 'cifar-10-batches-bin',
  files: DATASETS['cifar-10'].files,
  labelBytes: 1,
  classNamesFile: 'batches.meta.txt',
  classes: 10,
};

/** Each record carries a coarse and a fine label; the fine one is used. */
export const CIFAR_100: CifarLayout = {
  name: 'cifar-100',
  archiveFolder: 'cifar-100-binary',
  files: DATASETS['cifar-100'].files,
  labelBytes: 2,
  classNamesFile: 'fine_label_names.txt',
  classes: 100,
};

const SIDE = 32;
const PLANE = SIDE * SIDE;

/**
 * Reads the binary version of CIFAR-10 or CIFAR-100: records of label bytes, then the red, green and blue plane.
 * The files lie in `folder` or in the archive's own folder below it.
 *
 * @throws DataError if a file is missing or has not the published length
 */
export async function readCifar(folder: string, layout: CifarLayout): Promise<RawDataset> {
  const below = join(folder, layout.archiveFolder);
  const root = existsSync(below) ? below : folder;
  const train = await readRecords(root, layout, 'train');
  const test = await readRecords(root, layout, 'test');
  const text = new TextDecoder().decode(await readDataFile(join(root, layout.classNamesFile)));
  const classNames = text.split('\n').map((line) => line.trim());
  return {
    name: layout.name,
    height: SIDE,
    width: SIDE,
    channels: 3,
    classes: layout.classes,
    classNames: classNames.filter((line) => line !== '').slice(0, layout.classes),
    train,
    test,
  };
}

async function readRecords(
  root: string,
  { name, files, labelBytes }: CifarLayout,
  split: 'train' | 'test',
): Promise<Split> {
  const recordBytes = labelBytes + 3 * PLANE;
  const wanted = files.filter((file) => file.split === split);
  const count = wanted.reduce((sum, { bytes }) => sum + bytes / recordBytes, 0);
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = new Int32Array(count);
  let sample = 0;
  for (const file of wanted) {
    const bytes = await readPublishedFile(root, file, name);
    for (let record = 0; record < bytes.length; record += recordBytes) {
      const pixels = record + labelBytes;
      labels[sample] = bytes[pixels - 1] as number;
      for (let pixel = 0; pixel < PLANE; pixel++)
        for (let channel = 0; channel < 3; channel++)
          images[(sample * PLANE + pixel) * 3 + channel] = bytes[pixels + channel * PLANE + pixel] as number;
      sample += 1;
    }
  }
  return { images, labels, count };
}
