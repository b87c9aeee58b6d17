import {
  add,
  engine,
  getBackend,
  getKernel,
  mul,
  type NamedAttrMap,
  sub,
  type Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';

/** Fused kernel, registered by engines that have it. */
export const SGD_STEP = 'CrucibleSgdStep';

/** Parameters that share settings, e.g. all convolution filters. */
export interface SgdGroup {
  readonly parameters: readonly Variable[];
  /** One per parameter, of its shape. */
  readonly gradients: readonly Tensor[];
  /** One per parameter, of its shape, zero at the start; may be left out if `momentum` is 0. */
  readonly velocities?: readonly Variable[];
  readonly learningRate: number;
  /** @defaultValue 0 */
  readonly momentum?: number;
  /** @defaultValue false */
  readonly nesterov?: boolean;
  /** L2 penalty whose gradient `weightDecay * w` is added to that of the loss. @defaultValue 0 */
  readonly weightDecay?: number;
}

export interface SgdStepAttrs {
  readonly groups: readonly SgdGroup[];
}

/**
 * One step of stochastic gradient descent, in place.
 *
 * With `g = gradient + weightDecay * w`: `v = momentum * v + g`, then `w -= learningRate * v`, or with
 * Nesterov `w -= learningRate * (g + momentum * v)`. This is PyTorch's form. One native call for all
 * parameters where the engine has it, plain ops elsewhere.
 *
 * Gradients are read, not disposed.
 */
export function sgdStep(groups: readonly SgdGroup[]): void {
  for (const group of groups) check(group);
  if (getKernel(SGD_STEP, getBackend()) === undefined) {
    for (const group of groups) fallback(group);
    return;
  }
  const attrs: SgdStepAttrs = { groups };
  engine().runKernel(SGD_STEP, {}, attrs as unknown as NamedAttrMap);
}

function check({ parameters, gradients, velocities, momentum = 0, nesterov = false }: SgdGroup): void {
  const lists = velocities === undefined ? { gradients } : { gradients, velocities };
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== parameters.length) {
      throw new Error(`sgdStep: ${list.length} ${name} for ${parameters.length} parameters`);
    }
    for (const [at, parameter] of parameters.entries()) {
      if (list[at]?.shape.join() === parameter.shape.join()) continue;
      throw new Error(`sgdStep: ${name}[${at}] must have shape [${parameter.shape}] of ${parameter.name}`);
    }
  }
  if (velocities === undefined && momentum !== 0) throw new Error('sgdStep: momentum needs velocities');
  if (nesterov && momentum === 0) throw new Error('sgdStep: nesterov needs a momentum above 0');
}

function fallback({ parameters, gradients, velocities, learningRate, ...rest }: SgdGroup): void {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = rest;
  for (const [at, parameter] of parameters.entries()) {
    const gradient = gradients[at];
    const velocity = velocities?.[at];
    if (gradient === undefined) continue;
    tidy(() => {
      const slope = add(gradient, mul(parameter, weightDecay));
      if (velocity !== undefined) velocity.assign(add(mul(velocity, momentum), slope));
      const direction =
        velocity === undefined ? slope : nesterov ? add(slope, mul(velocity, momentum)) : (velocity as Tensor);
      parameter.assign(sub(parameter, mul(direction, learningRate)));
    });
  }
}
