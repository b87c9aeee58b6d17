import {
  engine,
  getBackend,
  getKernel,
  maxPool,
  type NamedAttrMap,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { type ConvBiasOptions, convBiasAttrs, convBiasRelu } from './conv-bias-relu.ts';

/** Fused kernel, registered by engines that have it. */
export const CONV_BIAS_RELU_POOL = 'CrucibleConvBiasReluPool';
/** Kernel behind its gradient. */
export const CONV_BIAS_RELU_POOL_GRAD = 'CrucibleConvBiasReluPoolGrad';

/**
 * The maximum over windows of 2x2, moved by 2, of `relu(conv2d(x, filter) + bias)`. Differentiable in all three.
 *
 * An odd last row or column is left out. The first of equal maxima takes the gradient. One fused kernel
 * where the engine has it, plain ops elsewhere.
 *
 * @param x `[N, H, W, I]` float32
 * @param filter `[h, w, I, O]`
 * @param bias `[O]`
 * @returns `[N, floor(H' / 2), floor(W' / 2), O]`
 */
export function convBiasReluPool(
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D,
  options: ConvBiasOptions = {},
): Tensor4D {
  const attrs = convBiasAttrs('convBiasReluPool', x, filter, bias, options);
  if (getKernel(CONV_BIAS_RELU_POOL, getBackend()) === undefined) {
    return tidy(() => maxPool(convBiasRelu(x, filter, bias, options), 2, 2, 'valid'));
  }
  return engine().runKernel(CONV_BIAS_RELU_POOL, { x, filter, bias }, attrs as unknown as NamedAttrMap) as Tensor4D;
}
