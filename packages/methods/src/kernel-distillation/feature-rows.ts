import type { Split } from '../data/dataset.ts';
import { type Matrix, matrixOf } from '../gram/matrix.ts';
import type { Network } from '../nn/network.ts';
import { rowsOf } from '../train/predictions.ts';
import { layerRows } from './layers.ts';
import type { Pair } from './transfer.ts';

/**
 * Rows of some layers for all samples of a split, as stored, with running statistics: by name, in double precision.
 *
 * @param between awaited now and then; what it throws ends the pass
 */
export async function featureRows(
  network: Network,
  names: readonly string[],
  { dataset, evalBatchSize }: Pick<Pair, 'dataset' | 'evalBatchSize'>,
  split: Split,
  between: () => Promise<void>,
): Promise<ReadonlyMap<string, Matrix>> {
  const unique = [...new Set(names)];
  const found = await rowsOf(
    (images) => {
      const outputs = network.outputs(images, false);
      return Object.fromEntries(unique.map((name) => [name, layerRows(outputs, name)]));
    },
    dataset,
    split,
    evalBatchSize,
    between,
  );
  return new Map(
    Object.entries(found).map(([name, { rows, width }]) => [name, matrixOf(rows, split.count, width)] as const),
  );
}
