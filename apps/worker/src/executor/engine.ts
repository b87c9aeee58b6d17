import type { EngineInfo, EngineRequest } from '@crucible/contracts';
import { ENGINE_NAMES, loadEngine } from '@crucible/engine-native';

/**
 * Starts the tensor engine of this process.
 *
 * @throws EngineUnavailableError with the reason if a named one is not available
 */
export async function startEngine({ name, ...options }: EngineRequest): Promise<EngineInfo> {
  const engine = (['auto', ...ENGINE_NAMES] as const).find((known) => known === name);
  if (engine === undefined)
    throw new Error(`engine ${name} is not supported by this version; use auto, ${ENGINE_NAMES.join(', ')}`);
  if (options.precision === 'bf16' && engine !== 'auto' && engine !== 'onednn')
    throw new Error(`engine ${engine} computes in f32 only; for precision bf16 use a worker with engine onednn`);
  return loadEngine({ ...options, engine });
}
