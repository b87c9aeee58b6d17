import { version_core } from '@tensorflow/tfjs-core';
import { ENGINE_NAMES, type EngineName, type EngineReasonCode, EngineUnavailableError } from './engine-error.ts';
import { startCpu } from './engines/cpu.ts';
import type { EngineStart, LoadEngineOptions, StartedEngine } from './engines/engine-start.ts';
import { startOneDnnEngine } from './engines/onednn.ts';
import { startTfjsNode, startTfjsNodeGpu } from './engines/tfjs-node.ts';
import { startWebGpu } from './engines/webgpu.ts';
import { correctAvgPoolGradient } from './gradients/avg-pool.ts';
import { selfTestFaults } from './self-test.ts';

/** Why one engine was passed over. */
export interface EngineReason {
  readonly engine: EngineName;
  readonly code: EngineReasonCode;
  readonly message: string;
}

/** What executes tensors from now on. */
export interface LoadedEngine extends StartedEngine {
  readonly name: EngineName;
  /** Engines tried before this one, and why they are not used. */
  readonly reasons: EngineReason[];
}

/** How each engine starts; `auto` goes through `ENGINE_NAMES` in order. */
const START: Readonly<Record<EngineName, EngineStart>> = {
  'tfjs-node-gpu': startTfjsNodeGpu,
  'tfjs-node': startTfjsNode,
  webgpu: startWebGpu,
  onednn: startOneDnnEngine,
  cpu: startCpu,
};

async function start(name: EngineName, options: LoadEngineOptions, reasons: EngineReason[]): Promise<LoadedEngine> {
  const started = await START[name](options).catch((cause: unknown) => {
    if (cause instanceof EngineUnavailableError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EngineUnavailableError(name, 'start-failed', message, cause);
  });
  correctAvgPoolGradient();
  const faults = await selfTestFaults();
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
      reasons.push({ engine: name, code: failure.code, message: failure.reason });
    }
  }
  throw new Error(`no engine is available: ${reasons.map(({ message }) => message).join('; ')}`);
}
