import {
  add,
  engine,
  getBackend,
  getKernel,
  mul,
  type NamedAttrMap,
  type Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';

/** Fused kernel, registered by engines that have it. */
export const EMA_STEP = 'CrucibleEmaStep';

export interface EmaStepAttrs {
  readonly averages: readonly Variable[];
  /** What is averaged, one per average, of its shape. */
  readonly values: readonly Tensor[];
  /** Share of the old average that is kept, in `[0, 1]`. */
  readonly decay: number;
}

/**
 * `average = decay * average + (1 - decay) * value` for every pair, in place.
 *
 * One native call for all of them where the engine has it, plain ops elsewhere.
 */
export function emaStep(step: EmaStepAttrs): void {
  const { averages, values, decay } = step;
  if (!(decay >= 0 && decay <= 1)) throw new Error(`emaStep: decay must lie in [0, 1], is ${decay}`);
  if (values.length !== averages.length) {
    throw new Error(`emaStep: ${values.length} values for ${averages.length} averages`);
  }
  for (const [at, average] of averages.entries()) {
    if (values[at]?.shape.join() === average.shape.join()) continue;
    throw new Error(`emaStep: values[${at}] must have shape [${average.shape}] of ${average.name}`);
  }
  if (getKernel(EMA_STEP, getBackend()) !== undefined) {
    engine().runKernel(EMA_STEP, {}, step as unknown as NamedAttrMap);
    return;
  }
  for (const [at, average] of averages.entries()) {
    const value = values[at];
    if (value === undefined) continue;
    tidy(() => average.assign(add(mul(average, decay), mul(value, 1 - decay))));
  }
}
