import { engine, type TensorInfo, Variable } from '@tensorflow/tfjs-core';
import { BLOCK_CHANNELS, type OneDnnBackend } from '../backend.ts';
import { sizeOf } from '../native-kernel.ts';
import type { Form } from '../tensor-record.ts';
import type { Conv } from './conv.ts';
import { filterGradientByProduct } from './conv-filter-product.ts';

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

/** How the data lies and how it is computed. */
interface Way {
  readonly form: Form;
  readonly winograd: boolean;
}
const ROW_MAJOR: Way = { form: 'float32', winograd: false };
const BLOCKED: Way = { form: 'blocked', winograd: false };
const WINOGRAD: Way = { form: 'blocked', winograd: true };
const BF16: Way = { form: 'bf16', winograd: false };

interface Plan {
  readonly form: Form;
  readonly number: number;
  /** Floats of a packed copy of the weights, 0 if they are used as they are. */
  readonly packedLength: number;
}

function findPlanOf(
  way: Way,
  backend: OneDnnBackend,
  kind: number,
  conv: Conv,
  hasBias: boolean,
  activation: number,
  isSettled: boolean,
): Plan | undefined {
  const { info } = conv;
  const { padInfo } = info;
  fields.set([kind, info.batchSize, info.inHeight, info.inWidth, info.inChannels]);
  fields.set([info.filterHeight, info.filterWidth, info.outChannels, info.outHeight, info.outWidth], 5);
  fields.set([info.strideHeight, info.strideWidth, padInfo.top, padInfo.left, padInfo.bottom, padInfo.right], 10);
  fields.set([info.dilationHeight, info.dilationWidth, conv.groups, hasBias ? 1 : 0, activation], 16);
  const isInference = way.winograd && kind === FORWARD && isSettled;
  const isBlocked = way.form === 'blocked';
  fields.set([isInference, isBlocked, way.winograd, way.form === 'bf16'].map(Number), 21);
  const number = backend.addon.convPlan(fields, sizes);
  return number < 0 ? undefined : { number, packedLength: sizes[0] ?? 0, form: way.form };
}

/** Narrower layers lose more to Winograd's transforms than they gain in products. */
const MIN_WINOGRAD_CHANNELS = 32;
const WINOGRAD_TILE = 4;
/** Share by which whole tiles may exceed the image. */
const MAX_TILE_WASTE = 1.6;

/** True if F(4x4, 3x3) suits: a 3x3 filter moved by one, enough channels, tiles that fit the image. */
function gainsFromWinograd({ info, groups }: Conv): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const tiled = (length: number) => Math.ceil(length / WINOGRAD_TILE) * WINOGRAD_TILE;
  return (
    groups === 1 &&
    filterHeight === 3 &&
    filterWidth === 3 &&
    [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1) &&
    Math.min(info.inChannels, info.outChannels) >= MIN_WINOGRAD_CHANNELS &&
    tiled(info.outHeight) * tiled(info.outWidth) <= MAX_TILE_WASTE * info.outHeight * info.outWidth
  );
}

/**
 * Plan for a convolution in the form that suits it: bf16 if that was asked for, Winograd on blocked data where
 * it gains, otherwise the form in which its input already is. Undefined if oneDNN refuses all of them.
 *
 * The choice is a rule, never a timing, so that a run can be repeated bit by bit.
 */
function findPlan(
  backend: OneDnnBackend,
  kind: number,
  conv: Conv,
  input: TensorInfo,
  hasBias: boolean,
  activation: number,
  isSettled = false,
): Plan | undefined {
  const { info } = conv;
  if (sizeOf(info.inShape) === 0 || sizeOf(info.outShape) === 0) return undefined;
  const canBlock =
    conv.groups === 1 && info.inChannels % BLOCK_CHANNELS === 0 && info.outChannels % BLOCK_CHANNELS === 0;
  const ways = [
    ...(backend.precision === 'bf16' ? [BF16] : []),
    ...(canBlock && backend.winograd && gainsFromWinograd(conv) ? [WINOGRAD] : []),
    ...(canBlock && backend.isBlocked(input) ? [BLOCKED] : []),
    ROW_MAJOR,
  ];
  for (const way of ways) {
    const plan = findPlanOf(way, backend, kind, conv, hasBias, activation, isSettled);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/** True if oneDNN takes the convolution, and where a gradient may be asked for, both gradients too. */
export function canConvolve(backend: OneDnnBackend, conv: Conv, x: TensorInfo): boolean {
  const kinds = engine().state.gradientDepth > 0 ? [FORWARD, BACKWARD_INPUT, BACKWARD_FILTER] : [FORWARD];
  return kinds.every((kind) => findPlan(backend, kind, conv, x, false, 0) !== undefined);
}

/**
 * True if a filter will stay the same for many calls: a variable outside of training, as in an evaluation. Then it is
 * transformed for Winograd once, when it is packed, which takes as long as ten calls save. A search, whose weights are
 * plain tensors, uses them once or twice.
 */
const isSettled = (filter: TensorInfo): boolean => engine().state.gradientDepth === 0 && filter instanceof Variable;

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
  const plan = findPlan(backend, FORWARD, conv, x, bias !== undefined, activation, isSettled(filter));
  if (plan === undefined) return undefined;
  const packed = packedFilter(backend, plan, filter);
  const { info, values } = backend.outputIn(plan.form, conv.info.outShape);
  const biasValues = bias === undefined ? null : backend.float32(bias);
  backend.addon.convRun(
    plan.number,
    backend.valuesIn(plan.form, x),
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
  const plan = findPlan(backend, BACKWARD_INPUT, conv, dy, false, 0);
  if (plan === undefined) return undefined;
  const packed = packedFilter(backend, plan, filter);
  const { info, values } = backend.outputIn(plan.form, conv.info.inShape);
  backend.addon.convRun(
    plan.number,
    values,
    backend.float32(filter),
    backend.valuesIn(plan.form, dy),
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
  const product = backend.precision === 'bf16' ? filterGradientByProduct(backend, conv, x, dy, filterShape) : undefined;
  if (product !== undefined) return product;
  const plan = findPlan(backend, BACKWARD_FILTER, conv, x, false, 0);
  if (plan === undefined) return undefined;
  const { info, values } = backend.output(filterShape);
  const [source, slope] = [backend.valuesIn(plan.form, x), backend.valuesIn(plan.form, dy)];
  backend.addon.convRun(plan.number, source, values, slope, null, null, 0);
  return info;
}
