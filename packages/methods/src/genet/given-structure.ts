import {
  firstOf,
  type GenetConfig,
  inChannels,
  isGenet,
  parseStructure,
  type SuperBlock,
  structureStringFaults,
  superBlocks,
} from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { DataError, type MethodContext } from '../method.ts';

/**
 * The structure of the config, read from another job's file if it names one.
 *
 * @throws DataError if it cannot be built for these images
 */
export async function givenStructure(
  { structure, task }: GenetConfig,
  ctx: MethodContext,
  { channels }: Dataset,
): Promise<SuperBlock[]> {
  const text = typeof structure === 'string' ? structure : new TextDecoder().decode(await ctx.input(structure)).trim();
  const faults = structureStringFaults(text);
  if (faults.length > 0) throw new DataError(`The structure cannot be built: ${faults.join('; ')}.`);
  const blocks = superBlocks(parseStructure(text));
  const taken = inChannels(firstOf(blocks));
  if (taken !== channels)
    throw new DataError(`The structure takes ${taken} input channels, the images have ${channels}.`);
  if ((task === 'llr' || task === 'profile') && !blocks.some(isGenet))
    throw new DataError('The structure has no block of GENet: nothing in it could change.');
  return blocks;
}
