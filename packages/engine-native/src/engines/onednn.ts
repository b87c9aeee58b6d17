import { loadAddon } from '../addon.ts';
import { startOneDnn } from '../engine.ts';
import { bf16LevelOf, setPrecision } from '../precision.ts';
import { cpuModel, type EngineStart } from './engine-start.ts';

/** Starts the native CPU engine of this package. */
export const startOneDnnEngine: EngineStart = async ({ threads, winograd = true, precision = 'f32', addonPath }) => {
  const addon = loadAddon(addonPath);
  addon.setThreads(threads);
  const onednn = await startOneDnn(addon);
  onednn.winograd = winograd;
  setPrecision(onednn, precision);
  const info = addon.info();
  // precision, the way to it and the algorithm decide results as much as a version does
  const algorithms = { bf16: bf16LevelOf(info.isa), precision, winograd: winograd ? 'on' : 'off' };
  const versions = { oneDnn: info.oneDnn, ...algorithms };
  return { device: cpuModel(), threads: info.threads, versions, isa: info.isa };
};
