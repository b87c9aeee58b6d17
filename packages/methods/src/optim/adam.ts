import * as tf from '@tensorflow/tfjs-core';
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
      const [correction1, correction2] = [1 - beta1 ** this.steps, 1 - beta2 ** this.steps];
      groups.forEach(({ parameters, weightDecay, learningRateScale = 1 }, g) => {
        const rate = learningRate * learningRateScale;
        parameters.forEach((parameter, i) => {
          const [m, v] = [first[g]?.[i]?.value, second[g]?.[i]?.value];
          if (m === undefined || v === undefined) return;
          tf.tidy(() => {
            const w = parameter.value;
            const slope = gradientOf(gradients, parameter);
            const gradient = kind === 'adam' && weightDecay > 0 ? tf.add(slope, tf.mul(w, weightDecay)) : slope;
            m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
            v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
            const scale = tf.add(tf.sqrt(tf.div(v, correction2)), epsilon);
            const kept = kind === 'adamw' ? tf.mul(w, 1 - rate * weightDecay) : w;
            w.assign(tf.sub(kept, tf.mul(tf.div(m, scale), rate / correction1)));
          });
        });
      });
    },
    dispose: () => {
      for (const { value } of slots) value.dispose();
    },
  };
}
