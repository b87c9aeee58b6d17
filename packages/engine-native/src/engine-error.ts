/** Engines in the order in which `auto` tries them. */
export const ENGINE_NAMES = ['tfjs-node-gpu', 'tfjs-node', 'webgpu', 'onednn', 'cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Why an engine cannot be used; explained in `docs/engines.md`. */
export const ENGINE_REASON_CODES = [
  'not-installed',
  'library-missing',
  'abi-mismatch',
  'no-gpu',
  'no-adapter',
  'software-adapter',
  'addon-not-built',
  'cpu-unsupported',
  'start-failed',
  'self-test-failed',
] as const;
export type EngineReasonCode = (typeof ENGINE_REASON_CODES)[number];

/** An engine that was asked for, or tried, and cannot be used here. */
export class EngineUnavailableError extends Error {
  readonly engine: EngineName;
  readonly code: EngineReasonCode;
  /** What is wrong, without the name of the engine. */
  readonly reason: string;

  constructor(engine: EngineName, code: EngineReasonCode, reason: string, cause?: unknown) {
    super(`engine ${engine} is not available (${code}): ${reason}`, { cause });
    this.name = 'EngineUnavailableError';
    this.engine = engine;
    this.code = code;
    this.reason = reason;
  }
}
