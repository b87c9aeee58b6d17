import {
  firstOf,
  inChannels,
  parseStructure,
  type Reference,
  type SuperBlock,
  structureStringFaults,
  superBlocks,
} from '@crucible/contracts';
import { DataError, type MethodContext } from '../method.ts';

type Input = MethodContext['input'];

/**
 * The structure string that a config gives: written, or in the file of another job.
 *
 * @throws DataError if it cannot be built
 */
export async function readStructure(given: string | Reference, input: Input): Promise<string> {
  const structure = typeof given === 'string' ? given : new TextDecoder().decode(await input(given)).trim();
  const faults = structureStringFaults(structure);
  if (faults.length > 0) throw new DataError(`The given structure cannot be built: ${faults.join('; ')}.`);
  return structure;
}

/**
 * As `readStructure`, in blocks.
 *
 * @param images whose channels it has to take
 * @throws DataError if it cannot be built, or takes another number of channels
 */
export async function readBlocks(
  given: string | Reference,
  input: Input,
  images: { channels: number },
): Promise<SuperBlock[]> {
  const blocks = superBlocks(parseStructure(await readStructure(given, input)));
  const taken = inChannels(firstOf(blocks));
  if (taken !== images.channels)
    throw new DataError(`The given structure takes ${taken} input channels, the images have ${images.channels}.`);
  return blocks;
}
