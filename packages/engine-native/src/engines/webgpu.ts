import { createRequire } from 'node:module';
import { backend, env, setBackend } from '@tensorflow/tfjs-core';
import { EngineUnavailableError } from '../engine-error.ts';
import type { EngineStart } from './engine-start.ts';
import { importOptional } from './optional-package.ts';
import { type AdapterInfo, isSoftwareAdapter } from './software-adapter.ts';
import { enableSynchronousReads, type ReadableBackend } from './webgpu-read.ts';

const WEBGPU = 'webgpu';

interface Gpu {
  /** The same preference as the backend's own request, so that both get the same adapter. */
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<{ readonly info: AdapterInfo } | null>;
}

/** What the package `webgpu` exports: Dawn, the WebGPU of Chromium, for Node. */
interface Dawn {
  readonly create: (flags: string[]) => Gpu;
  /** Classes and constants that a browser has as globals. */
  readonly globals: object;
}

/**
 * Starts WebGPU on the first adapter that Dawn finds.
 *
 * Needs nothing but the GPU's own driver: Vulkan on Linux, Metal on macOS, Direct3D on Windows.
 *
 * @throws EngineUnavailableError `not-installed`, `library-missing`, `no-adapter`, or under `auto` `software-adapter`
 */
export const startWebGpu: EngineStart = async ({ engine, allowSoftwareGpu = false }) => {
  const { create, globals } = await importOptional<Dawn>(WEBGPU, 'webgpu');
  const gpu = create(process.platform === 'linux' ? ['backend=vulkan'] : []);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new EngineUnavailableError(WEBGPU, 'no-adapter', 'no GPU with a driver for Vulkan, Metal or Direct3D 12');
  }
  const { info } = adapter;
  const device = info.description || info.device || info.vendor;
  const isSoftware = isSoftwareAdapter(info);
  if (isSoftware && engine === 'auto' && !allowSoftwareGpu) {
    throw new EngineUnavailableError(WEBGPU, 'software-adapter', `${device} computes on the CPU`);
  }
  await importBackend(gpu, globals);
  if (!(await setBackend(WEBGPU))) {
    throw new EngineUnavailableError(WEBGPU, 'start-failed', `no device could be had from ${device}`);
  }
  // Small tensors would be computed by plain JavaScript if their data happens to lie on the CPU, as it does after a
  // checkpoint was read: results would then differ between a run and its resumption.
  env().set('WEBGPU_CPU_FORWARD', false);
  enableSynchronousReads(backend() as unknown as ReadableBackend);
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  const versions = { webgpu: version, driver: info.description };
  return { device: isSoftware ? `${device} (software adapter)` : device, threads: 1, versions, isa: info.architecture };
};

/** Imports the backend of tfjs, which looks for WebGPU where a browser has it. */
async function importBackend(gpu: Gpu, globals: object): Promise<void> {
  Object.assign(globalThis, globals);
  const navigator = { gpu, userAgent: 'node' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  await import('@tensorflow/tfjs');
  await importOptional(WEBGPU, '@tensorflow/tfjs-backend-webgpu');
}
