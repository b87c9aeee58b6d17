import {
  backend_util,
  Conv2D,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  engine,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { type NativeKernel, nativeKernel, runKernelOf, sizeOf } from '../native-kernel.ts';
import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRAD } from '../ops/batch-norm-train.ts';
import { CONV_NORM_TRAIN, CONV_NORM_TRAIN_GRAD, type ConvNormTrainAttrs } from '../ops/conv-norm-train.ts';
import type { Elements } from '../tensor-record.ts';
import { channelLayoutOf } from './channel-layout.ts';

type Shape4D = [number, number, number, number];

/** Codes of `Activation` in `native/onednn.h`. */
const ACTIVATIONS = { none: 0, relu: 1, relu6: 2 } as const;

interface ForwardInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly gamma: TensorInfo;
  readonly beta: TensorInfo;
  readonly residual?: TensorInfo;
}

interface BackwardInputs extends ForwardInputs {
  readonly dy: TensorInfo;
  /** Output of the forward kernel: carries what the convolution gave. */
  readonly y: TensorInfo;
}

interface Plan {
  readonly number: number;
  readonly isNarrow: boolean;
  readonly outShape: number[];
}

/** Plan for the pass over chunks of images; undefined where the parts must run one after another. */
function findPlan(
  backend: OneDnnBackend,
  x: TensorInfo,
  filter: TensorInfo,
  { strides, pad, depthwise }: ConvNormTrainAttrs,
): Plan | undefined {
  const [height, width, , multiplier] = filter.shape;
  const isPointwise = !depthwise && height === 1 && width === 1 && [strides].flat().every((stride) => stride === 1);
  if (!isPointwise && !(depthwise && multiplier === 1)) return undefined;
  // a network that is in blocked form stays there
  if (backend.isBlocked(x) || sizeOf(x.shape) === 0) return undefined;
  const shapes = [x.shape as Shape4D, filter.shape as Shape4D] as const;
  const info = backend_util.computeConv2DInfo(...shapes, strides, 1, pad, undefined, depthwise);
  const { padInfo } = info;
  if (!depthwise && [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right].some((cells) => cells > 0)) {
    return undefined;
  }
  if (sizeOf(info.outShape) === 0) return undefined;
  const isNarrow = backend.precision === 'bf16';
  const number = backend.addon.convNormPlan(
    Int32Array.of(
      ...[Number(depthwise), info.batchSize, info.inHeight, info.inWidth, info.inChannels],
      ...[info.outHeight, info.outWidth, info.outChannels, info.filterHeight, info.filterWidth],
      ...[info.strideHeight, info.strideWidth, padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
      Number(isNarrow),
    ),
  );
  return number < 0 ? undefined : { number, isNarrow, outShape: info.outShape };
}

/** The input as the native pass reads it: elements, coefficients if they are still to be normalised, activation. */
function sourceOf(backend: OneDnnBackend, x: TensorInfo, isNarrow: boolean): [Elements, Float32Array | null, number] {
  const convolved = backend.convolvedForm(x, isNarrow);
  if (convolved !== undefined && convolved.coefficients.length === 4 * (x.shape[3] ?? 0)) {
    return [convolved.values, convolved.coefficients, convolved.activation];
  }
  return [isNarrow ? backend.bf16(x) : backend.float32(x), null, 0];
}

/** The two parts one after another, where oneDNN refuses the chunks or the data is blocked. */
function forwardInParts(backend: OneDnnBackend, inputs: ForwardInputs, attrs: ConvNormTrainAttrs): TensorInfo {
  const { x, filter, residual, ...perChannel } = inputs;
  const conv = { strides: attrs.strides, pad: attrs.pad, dataFormat: 'NHWC', dilations: 1 };
  const z = runKernelOf(backend, attrs.depthwise ? DepthwiseConv2dNative : Conv2D, { x, filter }, conv);
  if (engine().state.gradientDepth === 0) {
    normaliseInPlace(backend, z, inputs, attrs);
    return z;
  }
  const y = runKernelOf(backend, BATCH_NORM_TRAIN, { x: z, ...perChannel, ...(residual && { residual }) }, attrs);
  backend.record(y.dataId).inner = z;
  return y;
}

/** Makes the convolution's result, which nobody else has seen, the output. */
function normaliseInPlace(
  backend: OneDnnBackend,
  z: TensorInfo,
  { gamma, beta, residual }: ForwardInputs,
  { epsilon, activation, moving }: ConvNormTrainAttrs,
): void {
  const { form, fields } = channelLayoutOf(backend, z);
  const values = backend.valuesIn(form, z);
  const statistics = backend.pool.take(2 * sizeOf(gamma.shape));
  backend.addon.batchNormTrain(
    values,
    residual === undefined ? null : backend.valuesIn(form, residual),
    backend.float32(gamma),
    backend.float32(beta),
    values,
    statistics,
    moving === undefined ? null : backend.writable(moving.mean),
    moving === undefined ? null : backend.writable(moving.variance),
    fields,
    epsilon,
    moving?.momentum ?? 0,
    ACTIVATIONS[activation],
  );
  backend.pool.give(statistics);
}

function backwardInParts(
  backend: OneDnnBackend,
  z: TensorInfo,
  { dy, x, filter, gamma, beta, y }: BackwardInputs,
  attrs: ConvNormTrainAttrs,
): TensorInfo[] {
  const norm = runKernelOf(backend, BATCH_NORM_TRAIN_GRAD, { dy, x: z, gamma, beta, y }, attrs);
  const [dz, ...rest] = [norm].flat();
  if (dz === undefined) throw new Error('convNormTrain: the gradient of the batch norm gave nothing');
  const [ofInput, ofFilter] = attrs.depthwise
    ? [DepthwiseConv2dNativeBackpropInput, DepthwiseConv2dNativeBackpropFilter]
    : [Conv2DBackpropInput, Conv2DBackpropFilter];
  const conv = { strides: attrs.strides, pad: attrs.pad, dataFormat: 'NHWC', dilations: 1 };
  const dx = runKernelOf(backend, ofInput, { dy: dz, filter }, { ...conv, inputShape: x.shape });
  const dfilter = runKernelOf(backend, ofFilter, { x, dy: dz }, { ...conv, filterShape: filter.shape });
  backend.disposeData(dz.dataId);
  return [dx, dfilter, ...rest];
}

/**
 * `convNormTrain` in one pass over chunks of images that stay in the nearest caches, and its gradient in one pass.
 *
 * The output stays in convolved form until a kernel asks for another one, so the normalised activation is usually
 * never in memory. The gradient leaves with `dx` the sums that the gradient before it starts from.
 */
export const convNormTrainKernels: readonly NativeKernel[] = [
  nativeKernel<ForwardInputs, ConvNormTrainAttrs>(CONV_NORM_TRAIN, (inputs, attrs, backend) => {
    const { x, filter, gamma, beta, residual } = inputs;
    const plan = findPlan(backend, x, filter, attrs);
    if (plan === undefined) return forwardInParts(backend, inputs, attrs);
    const { isNarrow, outShape } = plan;
    if (residual !== undefined && residual.shape.join() !== outShape.join()) {
      throw new Error(`convNormTrain: residual must have shape [${outShape}], has [${residual.shape}]`);
    }
    const form = isNarrow ? 'bf16' : 'float32';
    const size = sizeOf(outShape);
    const values = isNarrow ? backend.pool.takeBf16(size) : backend.pool.take(size);
    const coefficients = backend.pool.take(4 * sizeOf(gamma.shape));
    const activation = ACTIVATIONS[attrs.activation];
    backend.addon.convNormForward(
      plan.number,
      ...sourceOf(backend, x, isNarrow),
      backend.float32(filter),
      values,
      backend.float32(gamma),
      backend.float32(beta),
      coefficients,
      attrs.moving === undefined ? null : backend.writable(attrs.moving.mean),
      attrs.moving === undefined ? null : backend.writable(attrs.moving.variance),
      attrs.epsilon,
      attrs.moving?.momentum ?? 0,
    );
    const convolved = { values, coefficients, activation, hasResidual: residual !== undefined };
    if (residual === undefined) return backend.outputConvolved(outShape, convolved);
    const y = backend.outputIn(form, outShape);
    const channels = sizeOf(gamma.shape);
    const layout = Int32Array.of(1, size / channels, channels, 1);
    backend.addon.applyNorm(values, backend.valuesIn(form, residual), coefficients, y.values, layout, activation);
    backend.record(y.info.dataId).convolved = convolved;
    return y.info;
  }),

  nativeKernel<BackwardInputs, ConvNormTrainAttrs>(CONV_NORM_TRAIN_GRAD, (inputs, attrs, backend) => {
    const { dy, x, filter, gamma, y } = inputs;
    const { convolved, inner } = backend.record(y.dataId);
    if (inner !== undefined) return backwardInParts(backend, inner, inputs, attrs);
    const plan = findPlan(backend, x, filter, attrs);
    if (convolved === undefined || plan === undefined)
      throw new Error('convNormTrain: its tensors were moved from the engine before the backward pass');
    const form = plan.isNarrow ? 'bf16' : 'float32';
    const [source, xCoefficients, xActivation] = sourceOf(backend, x, plan.isNarrow);
    const dx = backend.outputIn(form, x.shape);
    const [dfilter, dgamma, dbeta] = [
      backend.output(filter.shape),
      backend.output(gamma.shape),
      backend.output(gamma.shape),
    ];
    const dresidual = attrs.hasResidual && attrs.activation !== 'none' ? backend.outputIn(form, y.shape) : undefined;
    const known = backend.record(dy.dataId).gradientSums;
    const sums = known?.of === backend.record(y.dataId) ? known.values : null;
    const dxSums = xCoefficients === null ? null : backend.pool.take(2 * (x.shape[3] ?? 0));
    backend.addon.convNormBackward(
      plan.number,
      backend.valuesIn(form, dy),
      convolved.values,
      convolved.coefficients,
      convolved.activation,
      sums,
      source,
      xCoefficients,
      xActivation,
      backend.float32(filter),
      backend.float32(gamma),
      dfilter.values,
      dgamma.values,
      dbeta.values,
      dx.values,
      dxSums,
      attrs.epsilon,
      dresidual === undefined ? null : backend.valuesIn(form, y),
      dresidual?.values ?? null,
    );
    if (dxSums !== null) {
      backend.record(dx.info.dataId).gradientSums = { of: backend.record(x.dataId), values: dxSums };
    }
    const results = [dx.info, dfilter.info, dgamma.info, dbeta.info];
    return dresidual === undefined ? results : [...results, dresidual.info];
  }),
];
