import type { EngineInfo } from '@crucible/contracts';
import { ENGINE_NAMES, loadEngine } from '@crucible/engine-native';

/**
 * Starts the tensor engine of this process.
 *
 * @param name an engine, or `auto` for the first that works
 * @throws Error with the reason if it is not available
 */
export async function startEngine({ name, threads }: { name: string; threads: number }): Promise<EngineInfo> {
  const engine = (['auto', ...ENGINE_NAMES] as const).find((known) => known === name);
  if (engine === undefined)
    throw new Error(`engine ${name} is not supported by this version; use auto, ${ENGINE_NAMES.join(', ')}`);
  return loadEngine({ engine, threads });
}
