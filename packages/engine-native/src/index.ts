export { ENGINE_NAMES, type EngineName, type EngineReasonCode, EngineUnavailableError } from './engine-error.ts';
export { type EngineMemory, engineMemory, trimEngineMemory } from './memory.ts';
export type { Bf16Level, Precision } from './precision.ts';
export { type EngineReason, type LoadEngineOptions, type LoadedEngine, loadEngine } from './probe.ts';
export { resetSlowPath, slowPath } from './slow-path.ts';
