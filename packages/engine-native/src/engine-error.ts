/** Engines in the order in which `auto` tries them. */
export const ENGINE_NAMES = ['tfjs-node-gpu', 'onednn', 'cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Why an engine cannot be used. */
export type EngineReasonCode =
  | 'not-installed'
  | 'no-gpu'
  | 'addon-not-built'
  | 'library-missing'
  | 'abi-mismatch'
  | 'cpu-unsupported'
  | 'self-test-failed';

/** An engine that was asked for, or tried, and cannot be used here. */
export class EngineUnavailableError extends Error {
  readonly engine: EngineName;
  readonly code: EngineReasonCode;

  constructor(engine: EngineName, code: EngineReasonCode, message: string, cause?: unknown) {
    super(`engine ${engine} is not available (${code}): ${message}`, { cause });
    this.name = 'EngineUnavailableError';
    this.engine = engine;
    this.code = code;
  }
}
