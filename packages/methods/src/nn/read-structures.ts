import { isReference } from '@crucible/contracts';
import type { MethodContext } from '../method.ts';
import { readStructure } from './given-structure.ts';

/**
 * A copy of a config in which each architecture that names the file of another job holds the structure string of that
 * file: a method sees none but written ones. Other references stay as they are.
 *
 * @throws DataError when a file holds no structure
 */
export async function readStructures<Config>(config: Config, input: MethodContext['input']): Promise<Config> {
  return (await withStructures(config, input)) as Config;
}

async function withStructures(value: unknown, input: MethodContext['input']): Promise<unknown> {
  if (typeof value !== 'object' || value === null || isReference(value)) return value;
  if (Array.isArray(value)) return Promise.all(value.map((member) => withStructures(member, input)));
  const isArchitecture = 'kind' in value && value.kind === 'structure';
  const members = Object.entries(value).map(async ([key, member]) => [
    key,
    isArchitecture && key === 'structure' && isReference(member)
      ? await readStructure(member, input)
      : await withStructures(member, input),
  ]);
  return Object.fromEntries(await Promise.all(members));
}
