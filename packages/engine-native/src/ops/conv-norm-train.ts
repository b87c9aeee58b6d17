import {
  type backend_util,
  conv2d,
  depthwiseConv2d,
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { type BatchNormTrainAttrs, type BatchNormTrainOptions, batchNormTrain } from './batch-norm-train.ts';

/** Fused kernel, registered by engines that have it. */
export const CONV_NORM_TRAIN = 'CrucibleConvNormTrain';
/** Kernel behind its gradient. */
export const CONV_NORM_TRAIN_GRAD = 'CrucibleConvNormTrainGrad';

export interface ConvNormTrainOptions extends BatchNormTrainOptions {
  /** @defaultValue 1 */
  readonly strides?: number | [number, number];
  /** @defaultValue 'same' */
  readonly pad?: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  /** One filter `[h, w, I, 1]` per channel instead of `[h, w, I, O]`. @defaultValue false */
  readonly depthwise?: boolean;
}

/** What the fused kernels get. */
export interface ConvNormTrainAttrs extends BatchNormTrainAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  readonly depthwise: boolean;
}

/**
 * True for the convolutions whose time is that of reading and writing memory, which is what fusing saves, and for all
 * of them where no gradient will be asked for: then the convolution's result can be normalised where it lies.
 */
const gainsFromFusing = (filter: Tensor4D, { strides = 1, depthwise = false }: ConvNormTrainOptions): boolean => {
  if (engine().state.gradientDepth === 0) return true;
  const [height, width, , multiplier] = filter.shape;
  if (depthwise) return multiplier === 1;
  return height === 1 && width === 1 && [strides].flat().every((stride) => stride === 1);
};

/**
 * Convolution without bias, then `batchNormTrain`: `activation(norm(conv(x)) + residual)`.
 *
 * Differentiable in all tensors. Pointwise and depthwise convolutions, and all of them outside of gradients, are one
 * kernel where the engine has it: the result of the convolution is normalised when the next one reads it, or in place. Plain ops otherwise, with the same results.
 *
 * @param x `[N, H, W, I]` float32
 * @param filter `[h, w, I, O]`, or `[h, w, I, 1]` if depthwise; then O = I
 * @param gamma `[O]`
 * @param beta `[O]`
 * @returns `[N, H', W', O]`
 */
export function convNormTrain(
  x: Tensor4D,
  filter: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  options: ConvNormTrainOptions = {},
): Tensor4D {
  const { strides = 1, pad = 'same', depthwise = false, residual, ...norm } = options;
  const isFused = gainsFromFusing(filter, options) && getKernel(CONV_NORM_TRAIN, getBackend()) !== undefined;
  if (!isFused) {
    return tidy(() => {
      const z = depthwise ? depthwiseConv2d(x, filter, strides, pad) : conv2d(x, filter, strides, pad);
      return batchNormTrain(z, gamma, beta, { ...norm, ...(residual === undefined ? {} : { residual }) });
    });
  }
  checkShapes(x, filter, { gamma, beta, mean: norm.moving?.mean, variance: norm.moving?.variance }, depthwise);
  const attrs: ConvNormTrainAttrs = {
    strides,
    pad,
    depthwise,
    epsilon: norm.epsilon ?? 1e-5,
    activation: norm.activation ?? 'none',
    hasResidual: residual !== undefined,
    moving: norm.moving,
  };
  const inputs = residual === undefined ? { x, filter, gamma, beta } : { x, filter, gamma, beta, residual };
  return engine().runKernel(CONV_NORM_TRAIN, inputs, attrs as unknown as NamedAttrMap) as Tensor4D;
}

function checkShapes(
  x: Tensor4D,
  filter: Tensor4D,
  perChannel: Readonly<Record<string, { shape: readonly number[] } | undefined>>,
  depthwise: boolean,
): void {
  if (filter.shape[2] !== x.shape[3]) {
    throw new Error(`convNormTrain: filter must be [h, w, ${x.shape[3]}, O], is [${filter.shape}]`);
  }
  const channels = depthwise ? filter.shape[2] : filter.shape[3];
  for (const [name, tensor] of Object.entries(perChannel)) {
    if (tensor !== undefined && tensor.shape.join() !== String(channels)) {
      throw new Error(`convNormTrain: ${name} must have shape [${channels}], has [${tensor.shape}]`);
    }
  }
}
