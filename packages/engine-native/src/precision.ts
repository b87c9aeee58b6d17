import type { OneDnnBackend } from './backend.ts';
import { EngineUnavailableError } from './engine-error.ts';

/** What convolutions and large matrix products of an engine read. */
export type Precision = 'f32' | 'bf16';

/** How the CPU multiplies bf16: not at all, with AVX-512 instructions, or on AMX tiles. */
export type Bf16Level = 'none' | 'avx512' | 'amx';

/** Level of an instruction set by oneDNN's name. AVX-512 without bf16 instructions only emulates them, which gains nothing. */
export function bf16LevelOf(isa: string): Bf16Level {
  if (isa === 'avx512_core_amx') return 'amx';
  return isa === 'avx512_core_bf16' ? 'avx512' : 'none';
}

/**
 * Sets what the backend computes with from now on.
 *
 * @throws EngineUnavailableError `cpu-unsupported` if bf16 is asked for and the CPU has none
 */
export function setPrecision(backend: OneDnnBackend, precision: Precision): void {
  const { isa } = backend.addon.info();
  if (precision === 'bf16' && bf16LevelOf(isa) === 'none') {
    const remedy = 'use precision f32, or a CPU with AVX512-BF16 or AMX';
    throw new EngineUnavailableError('onednn', 'cpu-unsupported', `this CPU (${isa}) cannot multiply bf16; ${remedy}`);
  }
  backend.precision = precision;
}
