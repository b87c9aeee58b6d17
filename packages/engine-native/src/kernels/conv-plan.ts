import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { sizeOf } from '../native-kernel.ts';

/** A convolution as tfjs describes it; `isDepthwise` if each input channel has filters of its own. */
export interface Conv {
  readonly info: backend_util.Conv2DInfo;
  readonly isDepthwise: boolean;
}

/** Activations that a convolution or a matrix product can apply to its result; codes of `native/onednn.h`. */
const ACTIVATION_CODES: Readonly<Record<string, number>> = { linear: 0, relu: 1, relu6: 2 };

/** Code of a fused activation, or undefined if it cannot be fused. */
export const activationCode = (name: string | undefined): number | undefined => ACTIVATION_CODES[name ?? 'linear'];

const FORWARD = 0;
const BACKWARD_INPUT = 1;
const BACKWARD_FILTER = 2;

// Filled anew for each call; order of fields as in `native/kernels/conv.cc`.
const fields = new Int32Array(25);
const sizes = new Int32Array(1);

interface Plan {
  readonly number: number;
  /** Floats of a packed copy of the weights, 0 if they are used as they are. */
  readonly packedLength: number;
}

function findPlan(
  backend: OneDnnBackend,
  kind: number,
  conv: Conv,
  hasBias: boolean,
  activation: number,
): Plan | undefined {
  const { info } = conv;
  const { padInfo } = info;
  if (sizeOf(info.inShape) === 0 || sizeOf(info.outShape) === 0) return undefined;
  // over one channel, a depthwise filter [h, w, 1, m] and a plain one are the same
  const groups = conv.isDepthwise ? info.inChannels : 1;
  fields.set([kind, info.batchSize, info.inHeight, info.inWidth, info.inChannels]);
  fields.set([info.filterHeight, info.filterWidth, info.outChannels, info.outHeight, info.outWidth], 5);
  fields.set([info.strideHeight, info.strideWidth, padInfo.top, padInfo.left, padInfo.bottom, padInfo.right], 10);
  fields.set([info.dilationHeight, info.dilationWidth, groups, hasBias ? 1 : 0, activation, 0, 0, 0], 16);
  const number = backend.addon.convPlan(fields, sizes);
  return number < 0 ? undefined : { number, packedLength: sizes[0] ?? 0 };
}

/** Packed copy of the filter that the plan wants, filled by the call if it is stale. */
function packedFilter(backend: OneDnnBackend, plan: Plan, filter: TensorInfo) {
  if (plan.packedLength === 0) return { values: null, mustPack: 0 };
  const { values, mustPack } = backend.packedWeights(filter, plan.number, plan.packedLength);
  return { values, mustPack: mustPack ? 1 : 0 };
}

/**
 * Convolution with optional bias and activation.
 *
 * @param x `[N, H, W, I]`
 * @param filter `[h, w, I, O]`, or `[h, w, I, M]` if depthwise
 * @returns `[N, H', W', O]`; undefined if oneDNN refuses the shape
 */
export function convForward(
  backend: OneDnnBackend,
  conv: Conv,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  activation: number,
): TensorInfo | undefined {
  const plan = findPlan(backend, FORWARD, conv, bias !== undefined, activation);
  if (plan === undefined) return undefined;
  const packed = packedFilter(backend, plan, filter);
  const { info, values } = backend.output(conv.info.outShape);
  const biasValues = bias === undefined ? null : backend.float32(bias);
  backend.addon.convRun(
    plan.number,
    backend.float32(x),
    backend.float32(filter),
    values,
    biasValues,
    packed.values,
    packed.mustPack,
  );
  return info;
}

/** Gradient of a convolution with respect to its input `[N, H, W, I]`; undefined if oneDNN refuses. */
export function convInputGradient(
  backend: OneDnnBackend,
  conv: Conv,
  dy: TensorInfo,
  filter: TensorInfo,
): TensorInfo | undefined {
  const plan = findPlan(backend, BACKWARD_INPUT, conv, false, 0);
  if (plan === undefined) return undefined;
  const packed = packedFilter(backend, plan, filter);
  const { info, values } = backend.output(conv.info.inShape);
  backend.addon.convRun(
    plan.number,
    values,
    backend.float32(filter),
    backend.float32(dy),
    null,
    packed.values,
    packed.mustPack,
  );
  return info;
}

/** Gradient of a convolution with respect to its filter, in the filter's shape; undefined if oneDNN refuses. */
export function convFilterGradient(
  backend: OneDnnBackend,
  conv: Conv,
  x: TensorInfo,
  dy: TensorInfo,
  filterShape: number[],
): TensorInfo | undefined {
  const plan = findPlan(backend, BACKWARD_FILTER, conv, false, 0);
  if (plan === undefined) return undefined;
  const { info, values } = backend.output(filterShape);
  backend.addon.convRun(plan.number, backend.float32(x), values, backend.float32(dy), null, null, 0);
  return info;
}
