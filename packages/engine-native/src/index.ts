export {
  ENGINE_NAMES,
  ENGINE_REASON_CODES,
  type EngineName,
  type EngineReasonCode,
  EngineUnavailableError,
} from './engine-error.ts';
export type { LoadEngineOptions } from './engines/engine-start.ts';
export { type EngineMemory, engineMemory, trimEngineMemory } from './memory.ts';
export type { Bf16Level, Precision } from './precision.ts';
export { type EngineReason, type LoadedEngine, loadEngine } from './probe.ts';
export { resetSlowPath, slowPath } from './slow-path.ts';
