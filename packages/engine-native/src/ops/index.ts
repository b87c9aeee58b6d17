/**
 * Fused training ops. They run on every tfjs backend and never load the native addon: an engine that has
 * fused kernels registers them, any other gets plain ops with the same results.
 */
export {
  type BatchNormActivation,
  type BatchNormTrainOptions,
  batchNormTrain,
  type MovingMoments,
} from './batch-norm-train.ts';
export { type SgdGroup, sgdStep } from './sgd-step.ts';
