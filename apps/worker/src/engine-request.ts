import type { EngineInfo, EngineRequest } from '@crucible/contracts';
import type { WorkerConfig } from './config.ts';

type EngineSettings = Pick<
  WorkerConfig,
  'engine' | 'engineWinograd' | 'enginePrecision' | 'engineAddon' | 'allowSoftwareGpu'
>;

/** What the settings of a worker ask of an engine. */
export const engineRequest = (config: EngineSettings, threads: number): EngineRequest => ({
  name: config.engine,
  threads,
  winograd: config.engineWinograd,
  precision: config.enginePrecision,
  allowSoftwareGpu: config.allowSoftwareGpu,
  ...(config.engineAddon === null ? {} : { addonPath: config.engineAddon }),
});

/** One line that says why a worker computes on the slow engine. */
export function whySlow({ reasons }: Pick<EngineInfo, 'reasons'>): string {
  const native = reasons.find(({ engine }) => engine === 'onednn');
  const why = native === undefined ? 'no other engine is available' : `onednn: ${native.code}, ${native.message}`;
  return `tensors are computed by plain JavaScript, a hundred to a thousand times slower than by onednn (${why})`;
}
