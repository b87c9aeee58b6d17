import {
  add,
  div,
  engine,
  getBackend,
  getKernel,
  mul,
  type NamedAttrMap,
  sqrt,
  square,
  sub,
  type Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';

/** Fused kernel, registered by engines that have it. */
export const ADAM_STEP = 'CrucibleAdamStep';

/** Parameters that share settings. */
export interface AdamGroup {
  readonly parameters: readonly Variable[];
  /** One per parameter, of its shape. */
  readonly gradients: readonly Tensor[];
  /** Running mean of the gradient, one per parameter, of its shape, zero at the start. */
  readonly firstMoments: readonly Variable[];
  /** Running mean of the squared gradient, one per parameter, of its shape, zero at the start. */
  readonly secondMoments: readonly Variable[];
  /** Number of this step, from 1: the moments are corrected for their start at zero. */
  readonly step: number;
  readonly learningRate: number;
  /** @defaultValue 0.9 */
  readonly beta1?: number;
  /** @defaultValue 0.999 */
  readonly beta2?: number;
  /** @defaultValue 1e-8 */
  readonly epsilon?: number;
  /** @defaultValue 0 */
  readonly weightDecay?: number;
  /** True for AdamW: the weights shrink by `learningRate * weightDecay` apart from the gradient. @defaultValue false */
  readonly isDecoupled?: boolean;
}

/** Settings with defaults, and the numbers that follow from them. */
export function adamNumbers(group: AdamGroup) {
  const {
    step,
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    isDecoupled = false,
  } = group;
  return {
    rate: learningRate / (1 - beta1 ** step),
    beta1,
    beta2,
    secondCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    epsilon,
    penalty: isDecoupled ? 0 : weightDecay,
    shrink: isDecoupled ? 1 - learningRate * weightDecay : 1,
  };
}

export interface AdamStepAttrs {
  readonly groups: readonly AdamGroup[];
}

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1) or AdamW (Loshchilov and Hutter 2019, algorithm 2), in place.
 *
 * With `g = gradient + weightDecay * w`, or the gradient alone if the decay is decoupled:
 * `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g^2`, then
 * `w -= learningRate * m' / (sqrt(v') + epsilon)` with `m' = m / (1 - beta1^step)`, `v' = v / (1 - beta2^step)`.
 * One native call for all parameters where the engine has it, plain ops elsewhere.
 *
 * Gradients are read, not disposed.
 */
export function adamStep(groups: readonly AdamGroup[]): void {
  for (const group of groups) check(group);
  if (getKernel(ADAM_STEP, getBackend()) === undefined) {
    for (const group of groups) fallback(group);
    return;
  }
  const attrs: AdamStepAttrs = { groups };
  engine().runKernel(ADAM_STEP, {}, attrs as unknown as NamedAttrMap);
}

function check({ parameters, gradients, firstMoments, secondMoments, step }: AdamGroup): void {
  for (const [name, list] of Object.entries({ gradients, firstMoments, secondMoments })) {
    if (list.length !== parameters.length) {
      throw new Error(`adamStep: ${list.length} ${name} for ${parameters.length} parameters`);
    }
    for (const [at, parameter] of parameters.entries()) {
      if (list[at]?.shape.join() === parameter.shape.join()) continue;
      throw new Error(`adamStep: ${name}[${at}] must have shape [${parameter.shape}] of ${parameter.name}`);
    }
  }
  if (!Number.isInteger(step) || step < 1) throw new Error(`adamStep: step must be a whole number from 1, is ${step}`);
}

function fallback(group: AdamGroup): void {
  const { rate, beta1, beta2, secondCorrection, epsilon, penalty, shrink } = adamNumbers(group);
  for (const [at, parameter] of group.parameters.entries()) {
    const [gradient, first, second] = [group.gradients[at], group.firstMoments[at], group.secondMoments[at]];
    if (gradient === undefined || first === undefined || second === undefined) continue;
    tidy(() => {
      const slope = penalty === 0 ? gradient : add(gradient, mul(parameter, penalty));
      first.assign(add(mul(first, beta1), mul(slope, 1 - beta1)));
      second.assign(add(mul(second, beta2), mul(square(slope), 1 - beta2)));
      const scale = add(mul(sqrt(second), secondCorrection), epsilon);
      parameter.assign(sub(mul(parameter, shrink), mul(div(first, scale), rate)));
    });
  }
}
