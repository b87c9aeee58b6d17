import { createRequire } from 'node:module';
import { backend, findBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { type EngineName, EngineUnavailableError } from '../engine-error.ts';
import { cpuModel, type EngineStart } from './engine-start.ts';
import { importOptional } from './optional-package.ts';

/** Name under which both packages register their backend. */
const TENSORFLOW = 'tensorflow';

/** The parts used of what `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` 4.22 export. */
interface TfjsNode {
  readonly version: Readonly<Record<string, string>>;
}

/** The public field of `NodeJSKernelBackend` that tells whether TensorFlow found a GPU. */
interface TensorFlowBackend {
  readonly isUsingGpuDevice: boolean;
}

/** Functions of `node:util` that the packages call at load and Node removed in version 23. */
function restoreRemovedUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/** Loads one of the two packages and makes its backend the current one. */
async function loadTensorFlow(name: EngineName): Promise<Record<string, string>> {
  restoreRemovedUtil();
  const loaded = await importOptional<TfjsNode>(name, `@tensorflow/${name}`);
  if (findBackend(TENSORFLOW) === null) {
    throw new EngineUnavailableError(name, 'abi-mismatch', 'it brings its own copy of @tensorflow/tfjs-core');
  }
  await setBackend(TENSORFLOW);
  return { ...loaded.version };
}

/** Starts TensorFlow on an NVIDIA GPU. Its library is built for CUDA 11 and cuDNN 8. */
export const startTfjsNodeGpu: EngineStart = async () => {
  const versions = await loadTensorFlow('tfjs-node-gpu');
  if (!(backend() as unknown as TensorFlowBackend).isUsingGpuDevice) {
    removeBackend(TENSORFLOW); // `tfjs-node` registers under the same name
    throw new EngineUnavailableError('tfjs-node-gpu', 'no-gpu', 'TensorFlow lists no GPU');
  }
  return { device: 'GPU', threads: 1, versions, isa: '' };
};

/**
 * Starts TensorFlow on the CPU.
 *
 * Its library has no call that sets the threads: it takes them from `TF_NUM_INTRAOP_THREADS`, which whoever starts
 * this process sets to the same number.
 */
export const startTfjsNode: EngineStart = async ({ threads }) => {
  const versions = await loadTensorFlow('tfjs-node');
  return { device: cpuModel(), threads, versions, isa: '' };
};
