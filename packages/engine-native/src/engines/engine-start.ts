import os from 'node:os';
import type { EngineName } from '../engine-error.ts';
import type { Precision } from '../precision.ts';

/** What is asked of an engine. */
export interface LoadEngineOptions {
  /** An engine by name, or `auto` for the first that works. */
  readonly engine: EngineName | 'auto';
  /** Threads of a CPU engine. */
  readonly threads: number;
  /** Winograd's algorithm for 3x3 convolutions, exact to float32 rounding, on `onednn`. @defaultValue true */
  readonly winograd?: boolean;
  /** What convolutions and large matrix products read, on `onednn`; other engines compute in f32. @defaultValue 'f32' */
  readonly precision?: Precision;
  /** Let `auto` take `webgpu` on a software adapter; one that is named always may. @defaultValue false */
  readonly allowSoftwareGpu?: boolean;
  /** File of the addon of `onednn`. @defaultValue the one built beside this package's sources */
  readonly addonPath?: string;
}

/** What an engine says of itself once it is the current backend of tfjs. */
export interface StartedEngine {
  /** What it runs on, in words. */
  readonly device: string;
  /** Threads that kernels use; 1 for an engine without threads of its own. */
  readonly threads: number;
  /** Versions of the libraries that decide results. */
  readonly versions: Record<string, string>;
  /** Instruction set in use, empty if unknown. */
  readonly isa: string;
}

/**
 * Starts one engine and makes it the current backend of tfjs.
 *
 * @throws EngineUnavailableError with the reason; any other error counts as `start-failed`
 */
export type EngineStart = (options: LoadEngineOptions) => Promise<StartedEngine>;

/** Name of the processor, for engines that run on it. */
export const cpuModel = (): string => os.cpus()[0]?.model.trim() ?? 'CPU';
