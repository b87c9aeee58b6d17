import { memory } from '@tensorflow/tfjs-core';
import { runningOneDnn } from './engine.ts';

/** Memory of the current engine, in tensors and bytes. */
export interface EngineMemory {
  readonly numTensors: number;
  /** What tfjs counts: every tensor's data once, as row-major elements. */
  readonly tensorBytes: number;
  /** Buffers in use by tensors, packed weights and saved statistics; 0 on engines without a pool. */
  readonly lentBytes: number;
  /** Buffers held for reuse. */
  readonly freeBytes: number;
  /** Buffers ever allocated; it stands still once the pool is warm. */
  readonly allocations: number;
  /** Copies between the engine's two data layouts so far. */
  readonly conversions: number;
}

/** Counters of tfjs and of the native engine's buffer pool. */
export function engineMemory(): EngineMemory {
  const { numTensors, numBytes } = memory();
  const onednn = runningOneDnn();
  const pool = onednn?.pool.counters() ?? { lentBytes: 0, freeBytes: 0, allocations: 0 };
  return { numTensors, tensorBytes: numBytes, ...pool, conversions: onednn?.conversions ?? 0 };
}

/** Gives free buffers back to the system, e.g. between candidates of a search. */
export function trimEngineMemory(): void {
  runningOneDnn()?.pool.trim();
}
