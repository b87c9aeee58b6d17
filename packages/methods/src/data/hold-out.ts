import { DataError } from '../method.ts';
import type { Rng } from '../random/rng.ts';
import type { Dataset, Split } from './dataset.ts';
import { pick } from './pick.ts';

/**
 * The dataset without `count` of its training samples, and those, drawn at random. Mean and deviation stay those of the
 * whole train split.
 *
 * @throws DataError if no sample would be left to train on
 */
export function holdOut(dataset: Dataset, count: number, rng: Rng): { dataset: Dataset; heldOut: Split } {
  const { train } = dataset;
  if (count >= train.count)
    throw new DataError(
      `${count} samples are to be held out, but ${dataset.name} has ${train.count} training samples.`,
    );
  const order = rng.permutation(train.count);
  const part = (from: number, to: number): Split => pick(train, order.subarray(from, to).toSorted());
  return { dataset: { ...dataset, train: part(count, train.count) }, heldOut: part(0, count) };
}
