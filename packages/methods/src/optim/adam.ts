import { adamStep } from '@crucible/engine-native/ops';
import type { Optimizer, OptimizerOptions, ParameterGroup } from './optimizer.ts';
import { gradientOf, zeroSlots } from './slots.ts';

/**
 * Adam (arXiv:1412.6980, algorithm 1) or AdamW (arXiv:1711.05101, algorithm 2). `adam` adds `weightDecay * w` to the
 * gradient; `adamw` takes `learningRate * weightDecay * w` from the parameter beside the update.
 */
export function adam(
  { kind, beta1, beta2, epsilon }: Extract<OptimizerOptions, { kind: 'adam' | 'adamw' }>,
  groups: readonly ParameterGroup[],
): Optimizer {
  const first = groups.map(({ parameters }) => zeroSlots('first-moment', parameters));
  const second = groups.map(({ parameters }) => zeroSlots('second-moment', parameters));
  const slots = [...first, ...second].flat();
  return {
    slots,
    steps: 0,
    update(gradients, learningRate) {
      this.steps += 1;
      adamStep(
        groups.map(({ parameters, weightDecay, learningRateScale = 1 }, g) => ({
          parameters: parameters.map(({ value }) => value),
          gradients: parameters.map((parameter) => gradientOf(gradients, parameter)),
          firstMoments: (first[g] ?? []).map(({ value }) => value),
          secondMoments: (second[g] ?? []).map(({ value }) => value),
          step: this.steps,
          learningRate: learningRate * learningRateScale,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          isDecoupled: kind === 'adamw',
        })),
      );
    },
    dispose: () => {
      for (const { value } of slots) value.dispose();
    },
  };
}
