import { join, relative, resolve } from 'node:path';
import type { DatasetConfig } from '@crucible/contracts';
import { DataError } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import { assembleDataset, type RawDataset } from './assemble-dataset.ts';
import { CIFAR_10, CIFAR_100, readCifar } from './cifar.ts';
import type { Dataset } from './dataset.ts';
import { readFashionMnist } from './fashion-mnist.ts';
import { readIdxPair } from './idx-pair.ts';
import { readImageFolder } from './image-folder.ts';
import { pick } from './pick.ts';

/** Side of the images of a folder when the config names none. */
const DEFAULT_RESOLUTION = 32;

/**
 * Reads the dataset that `config` names, whole, from below `dataDir`.
 *
 * @param rng draws the subset when `trainSamples` is set; untouched otherwise
 * @throws DataError if files are missing, damaged, outside `dataDir`, or fewer than `trainSamples`
 */
export async function openDataset(config: DatasetConfig, dataDir: string, rng: Rng): Promise<Dataset> {
  const raw = await read(config, inside(dataDir, config.path ?? config.name));
  if (config.trainSamples === null) return assembleDataset(raw);
  if (config.trainSamples > raw.train.count)
    throw new DataError(
      `dataset.trainSamples is ${config.trainSamples}, but ${config.name} has ${raw.train.count} training samples.`,
    );
  const chosen = rng.permutation(raw.train.count).subarray(0, config.trainSamples).toSorted();
  return assembleDataset({ ...raw, train: pick(raw.train, chosen) });
}

function read(config: DatasetConfig, folder: string): Promise<RawDataset> {
  switch (config.name) {
    case 'fashion-mnist':
      return readFashionMnist(folder);
    case 'cifar-10':
      return readCifar(folder, CIFAR_10);
    case 'cifar-100':
      return readCifar(folder, CIFAR_100);
    case 'image-folder':
      return readImageFolder(folder, config.resolution ?? DEFAULT_RESOLUTION);
    case 'idx': {
      const file = (key: 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels'): string => {
        const name = config[key];
        if (name === null) throw new DataError(`dataset.${key} is required for an idx dataset.`);
        return inside(folder, name);
      };
      return readIdxPair({
        trainImages: file('trainImages'),
        trainLabels: file('trainLabels'),
        testImages: file('testImages'),
        testLabels: file('testLabels'),
      });
    }
  }
}

/**
 * `path` below `folder`. Links inside the folder are followed: who may write there decides what jobs read,
 * who may submit a config does not.
 */
function inside(folder: string, path: string): string {
  const target = resolve(folder, path);
  const way = relative(resolve(folder), target);
  if (way === '' || way.startsWith('..') || resolve(way) === way)
    throw new DataError(`The dataset path "${path}" leaves ${folder}; use a path below it.`);
  return join(folder, way);
}
