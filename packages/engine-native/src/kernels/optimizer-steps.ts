import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { ADAM_STEP, type AdamStepAttrs, adamNumbers } from '../ops/adam-step.ts';
import { EMA_STEP, type EmaStepAttrs } from '../ops/ema-step.ts';

/** `adamStep` and `emaStep` for all parameters in one native call each. */
export const optimizerStepKernels: readonly NativeKernel[] = [
  nativeKernel<object, AdamStepAttrs>(ADAM_STEP, (_inputs, { groups }, backend) => {
    const weights: Float32Array[] = [];
    const gradients: Float32Array[] = [];
    const firstMoments: Float32Array[] = [];
    const secondMoments: Float32Array[] = [];
    const settings: number[] = [];
    for (const group of groups) {
      const { rate, beta1, beta2, secondCorrection, epsilon, penalty, shrink } = adamNumbers(group);
      for (const [at, parameter] of group.parameters.entries()) {
        const [gradient, first, second] = [group.gradients[at], group.firstMoments[at], group.secondMoments[at]];
        if (gradient === undefined || first === undefined || second === undefined) continue;
        weights.push(backend.writable(parameter));
        gradients.push(backend.float32(gradient));
        firstMoments.push(backend.writable(first));
        secondMoments.push(backend.writable(second));
        // order of fields as in `native/kernels/adam.cc`
        settings.push(rate, beta1, 1 - beta1, beta2, 1 - beta2, secondCorrection, epsilon, penalty, shrink);
      }
    }
    backend.addon.adamStep(weights, gradients, firstMoments, secondMoments, Float32Array.from(settings));
    return [];
  }),

  nativeKernel<object, EmaStepAttrs>(EMA_STEP, (_inputs, { averages, values, decay }, backend) => {
    const targets = averages.map((average) => backend.writable(average));
    const sources = values.map((value) => backend.float32(value));
    backend.addon.emaStep(targets, sources, decay);
    return [];
  }),
];
