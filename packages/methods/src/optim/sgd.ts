import { sgdStep } from '@crucible/engine-native/ops';
import type { Optimizer, OptimizerOptions, ParameterGroup } from './optimizer.ts';
import { gradientOf, zeroSlots } from './slots.ts';

/**
 * Stochastic gradient descent with momentum, perhaps Nesterov's, and weight decay as part of the gradient.
 * Without momentum it keeps no state.
 */
export function sgd(
  { momentum, nesterov }: Extract<OptimizerOptions, { kind: 'sgd' }>,
  groups: readonly ParameterGroup[],
): Optimizer {
  const velocities = groups.map(({ parameters }) => (momentum === 0 ? [] : zeroSlots('velocity', parameters)));
  const slots = velocities.flat();
  return {
    slots,
    steps: 0,
    update(gradients, learningRate) {
      sgdStep(
        groups.map(({ parameters, weightDecay, learningRateScale = 1 }, g) => ({
          parameters: parameters.map(({ value }) => value),
          gradients: parameters.map((parameter) => gradientOf(gradients, parameter)),
          ...(momentum === 0 ? {} : { velocities: (velocities[g] ?? []).map(({ value }) => value) }),
          learningRate: learningRate * learningRateScale,
          momentum,
          nesterov: nesterov && momentum > 0,
          weightDecay,
        })),
      );
      this.steps += 1;
    },
    dispose: () => {
      for (const { value } of slots) value.dispose();
    },
  };
}
