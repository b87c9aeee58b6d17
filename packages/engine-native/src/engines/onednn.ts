import { loadAddon } from '../addon.ts';
import { startOneDnn } from '../engine.ts';
import { cpuModel, type EngineStart } from './engine-start.ts';

/** Starts the native CPU engine of this package. */
export const startOneDnnEngine: EngineStart = async ({ threads, winograd = true, addonPath }) => {
  const addon = loadAddon(addonPath);
  addon.setThreads(threads);
  const onednn = await startOneDnn(addon);
  onednn.winograd = winograd;
  const info = addon.info();
  return { device: cpuModel(), threads: info.threads, versions: { oneDnn: info.oneDnn }, isa: info.isa };
};
