import {
  add,
  type backend_util,
  conv2d,
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { type Activation, activate } from './activation.ts';

/** Fused kernel, registered by engines that have it. */
export const CONV_BIAS_ACT = 'CrucibleConvBiasAct';

export interface ConvBiasOptions {
  /** @defaultValue 1 */
  readonly strides?: number | [number, number];
  /** @defaultValue 'same' */
  readonly pad?: 'same' | 'valid' | number | backend_util.ExplicitPadding;
}

export interface ConvBiasReluOptions extends ConvBiasOptions {
  /** @defaultValue 'relu' */
  readonly activation?: Activation;
}

/** What the fused kernels get. */
export interface ConvBiasAttrs {
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  readonly activation: Activation;
}

/** Options with their defaults, after a check of the shapes. */
export function convBiasAttrs(
  op: string,
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D,
  { strides = 1, pad = 'same', activation = 'relu' }: ConvBiasReluOptions,
): ConvBiasAttrs {
  if (x.rank !== 4 || filter.rank !== 4 || x.shape[3] !== filter.shape[2]) {
    throw new Error(
      `${op}: x [N, H, W, I] and filter [h, w, I, O] do not fit, have [${x.shape}] and [${filter.shape}]`,
    );
  }
  if (bias.rank !== 1 || bias.size !== filter.shape[3]) {
    throw new Error(`${op}: bias must have shape [${filter.shape[3]}], has [${bias.shape}]`);
  }
  return { strides: typeof strides === 'number' ? [strides, strides] : strides, pad, activation };
}

/**
 * `activation(conv2d(x, filter) + bias)`, relu unless asked otherwise. Differentiable in all three.
 *
 * One fused kernel where the engine has it, plain ops elsewhere.
 *
 * @param x `[N, H, W, I]` float32
 * @param filter `[h, w, I, O]`
 * @param bias `[O]`
 * @returns `[N, H', W', O]`
 */
export function convBiasRelu(
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D,
  options: ConvBiasReluOptions = {},
): Tensor4D {
  const attrs = convBiasAttrs('convBiasRelu', x, filter, bias, options);
  if (getKernel(CONV_BIAS_ACT, getBackend()) === undefined) {
    return tidy(() => activate(add(conv2d(x, filter, attrs.strides, attrs.pad), bias), attrs.activation));
  }
  return engine().runKernel(CONV_BIAS_ACT, { x, filter, bias }, attrs as unknown as NamedAttrMap) as Tensor4D;
}
