import { createRequire } from 'node:module';
import os from 'node:os';
import { backend, env, findBackend, scalar, setBackend, tidy, version_core } from '@tensorflow/tfjs-core';
import { loadAddon } from './addon.ts';
import { startOneDnn } from './engine.ts';
import { ENGINE_NAMES, type EngineName, type EngineReasonCode, EngineUnavailableError } from './engine-error.ts';
import { bf16LevelOf, type Precision, setPrecision } from './precision.ts';
import { selfTestFaults } from './self-test.ts';

/** Why one engine was passed over. */
export interface EngineReason {
  readonly engine: EngineName;
  readonly code: EngineReasonCode;
  readonly message: string;
}

/** What executes tensors from now on. */
export interface LoadedEngine {
  readonly name: EngineName;
  /** What it runs on, in words. */
  readonly device: string;
  /** Threads that kernels use; 1 for an engine without native threads. */
  readonly threads: number;
  /** Versions of the libraries that decide results. */
  readonly versions: Record<string, string>;
  /** Instruction set in use, empty if unknown. */
  readonly isa: string;
  /** Engines tried before this one, and why they are not used. */
  readonly reasons: EngineReason[];
}

export interface LoadEngineOptions {
  /** An engine by name, or `auto` for the first that works. */
  readonly engine: EngineName | 'auto';
  /** Threads of a CPU engine. */
  readonly threads: number;
  /** Winograd's algorithm for 3x3 convolutions, exact to float32 rounding, on `onednn`. @defaultValue true */
  readonly winograd?: boolean;
  /** What convolutions and large matrix products read, on `onednn`; other engines compute in f32. @defaultValue 'f32' */
  readonly precision?: Precision;
}

type Started = Pick<LoadedEngine, 'device' | 'threads' | 'versions' | 'isa'>;

const cpuModel = (): string => os.cpus()[0]?.model.trim() ?? 'CPU';

async function startOneDnnEngine({ threads, winograd = true, precision = 'f32' }: LoadEngineOptions): Promise<Started> {
  const addon = loadAddon();
  addon.setThreads(threads);
  const onednn = await startOneDnn(addon);
  onednn.winograd = winograd;
  setPrecision(onednn, precision);
  const info = addon.info();
  // precision and the way to it decide results as much as a version does
  const versions = { oneDnn: info.oneDnn, bf16: bf16LevelOf(info.isa), precision };
  return { device: cpuModel(), threads: info.threads, versions, isa: info.isa };
}

async function startCpu(): Promise<Started> {
  await import('@tensorflow/tfjs');
  await setBackend('cpu');
  // The backend prints advice to install another package at its first tensor, except in this mode.
  const isProduction = env().getBool('PROD');
  env().set('PROD', true);
  tidy(() => scalar(0));
  env().set('PROD', isProduction);
  return { device: cpuModel(), threads: 1, versions: {}, isa: '' };
}

/** Functions that `@tensorflow/tfjs-node` 4.22 calls and that Node removed from `util` in version 23. */
function restoreRemovedUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

async function startNodeGpu(): Promise<Started> {
  const name = 'tfjs-node-gpu';
  const specifier: string = '@tensorflow/tfjs-node-gpu';
  restoreRemovedUtil();
  let loaded: { version?: Record<string, string> };
  try {
    loaded = (await import(specifier)) as typeof loaded;
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EngineUnavailableError(name, isAbsent ? 'not-installed' : 'library-missing', message, cause);
  }
  if (findBackend('tensorflow') === null) {
    throw new EngineUnavailableError(name, 'abi-mismatch', 'it brings its own copy of @tensorflow/tfjs-core');
  }
  await setBackend('tensorflow');
  if ((backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice !== true) {
    throw new EngineUnavailableError(name, 'no-gpu', 'TensorFlow lists no GPU');
  }
  return { device: 'GPU', threads: 1, versions: { ...loaded.version }, isa: '' };
}

/** How each engine starts; `auto` goes through `ENGINE_NAMES` in order. */
const START: Readonly<Record<EngineName, (options: LoadEngineOptions) => Promise<Started>>> = {
  'tfjs-node-gpu': startNodeGpu,
  onednn: startOneDnnEngine,
  cpu: startCpu,
};

async function start(name: EngineName, options: LoadEngineOptions, reasons: EngineReason[]): Promise<LoadedEngine> {
  const started = await START[name](options);
  const faults = selfTestFaults();
  if (faults.length > 0) throw new EngineUnavailableError(name, 'self-test-failed', faults.join('; '));
  const versions = { node: process.versions.node, tfjs: version_core, ...started.versions };
  return { ...started, name, versions, reasons };
}

/**
 * Starts a tensor engine and makes it the current backend of tfjs.
 *
 * Call it once, before the first tensor. `auto` takes the first engine that loads and passes its self-test.
 *
 * @throws EngineUnavailableError if a named engine is not available; it is never replaced by another
 */
export async function loadEngine(options: LoadEngineOptions): Promise<LoadedEngine> {
  if (!Number.isInteger(options.threads) || options.threads < 1) {
    throw new RangeError(`threads must be a whole number from 1, is ${options.threads}`);
  }
  if (options.engine !== 'auto') return start(options.engine, options, []);
  const reasons: EngineReason[] = [];
  for (const name of ENGINE_NAMES) {
    try {
      return await start(name, options, reasons);
    } catch (failure) {
      if (!(failure instanceof EngineUnavailableError)) throw failure;
      reasons.push({ engine: name, code: failure.code, message: failure.message });
    }
  }
  throw new Error(`no engine is available: ${reasons.map(({ message }) => message).join('; ')}`);
}
