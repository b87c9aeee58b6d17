/**
 * Fused training ops. They run on every tfjs backend and never load the native addon: an engine that has
 * fused kernels registers them, any other gets plain ops with the same results.
 */
export type { Activation } from './activation.ts';
export { type AdamGroup, adamStep } from './adam-step.ts';
export {
  type BatchNormActivation,
  type BatchNormTrainOptions,
  batchNormTrain,
  type MovingMoments,
} from './batch-norm-train.ts';
export { type ConvBiasOptions, type ConvBiasReluOptions, convBiasRelu } from './conv-bias-relu.ts';
export { convBiasReluPool } from './conv-bias-relu-pool.ts';
export { type ConvNormTrainOptions, convNormTrain } from './conv-norm-train.ts';
export { type Conv2dGroupedOptions, conv2dGrouped } from './conv2d-grouped.ts';
export { denseAct } from './dense-act.ts';
export { emaStep } from './ema-step.ts';
export { filledTensor } from './filled-tensor.ts';
export { globalMean } from './global-mean.ts';
export { groupNorm, layerNorm } from './group-norm.ts';
export { type NormalBlocks, nativeNormalBlocks } from './normal-blocks.ts';
export { type SgdGroup, sgdStep } from './sgd-step.ts';
