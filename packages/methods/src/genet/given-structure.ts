import { type GenetConfig, isGenet, type SuperBlock } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { DataError, type MethodContext } from '../method.ts';
import { readBlocks } from '../nn/given-structure.ts';

/**
 * The structure of the config, read from another job's file if it names one.
 *
 * @throws DataError if it cannot be built for these images, or has nothing that the task could change
 */
export async function givenStructure(
  { structure, task }: GenetConfig,
  ctx: MethodContext,
  dataset: Dataset,
): Promise<SuperBlock[]> {
  const blocks = await readBlocks(structure, (reference) => ctx.input(reference), dataset);
  if ((task === 'llr' || task === 'profile') && !blocks.some(isGenet))
    throw new DataError('The structure has no block of GENet: nothing in it could change.');
  return blocks;
}
