import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { SGD_STEP, type SgdStepAttrs } from '../ops/sgd-step.ts';

const NO_VELOCITY = new Float32Array(0);

/** `sgdStep` for all groups in one native call. */
export const sgdStepKernels: readonly NativeKernel[] = [
  nativeKernel<object, SgdStepAttrs>(SGD_STEP, (_inputs, { groups }, backend) => {
    const weights: Float32Array[] = [];
    const gradients: Float32Array[] = [];
    const velocities: Float32Array[] = [];
    const settings: number[] = [];
    for (const group of groups) {
      const { learningRate, momentum = 0, weightDecay = 0, nesterov = false } = group;
      for (const [at, parameter] of group.parameters.entries()) {
        const gradient = group.gradients[at];
        const velocity = group.velocities?.[at];
        if (gradient === undefined) continue;
        weights.push(backend.writable(parameter));
        gradients.push(backend.float32(gradient));
        velocities.push(velocity === undefined ? NO_VELOCITY : backend.writable(velocity));
        settings.push(learningRate, momentum, weightDecay, nesterov ? 1 : 0);
      }
    }
    backend.addon.sgdStep(weights, gradients, velocities, Float32Array.from(settings));
    return [];
  }),
];
