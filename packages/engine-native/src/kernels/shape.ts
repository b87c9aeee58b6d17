import {
  Cast,
  type CastAttrs,
  type CastInputs,
  Concat,
  type ConcatAttrs,
  Fill,
  type FillAttrs,
  Identity,
  type IdentityInputs,
  OnesLike,
  PadV2,
  type PadV2Attrs,
  type PadV2Inputs,
  Reshape,
  type ReshapeAttrs,
  type ReshapeInputs,
  Slice,
  type SliceAttrs,
  type SliceInputs,
  slice_util,
  type TensorInfo,
  util,
  ZerosLike,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend, Output } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';

const MAX_RANK = 6;
const hasCopyableRank = (shape: readonly number[]): boolean => shape.length >= 1 && shape.length <= MAX_RANK;
const zeros = (shape: readonly number[]): number[] => shape.map(() => 0);

/** Copies the box `size` at `sourceBegin` of `source` to `targetBegin` of `target`. */
function copyBox(
  backend: OneDnnBackend,
  source: TensorInfo,
  sourceBegin: readonly number[],
  target: Output,
  targetBegin: readonly number[],
  size: readonly number[],
): void {
  const { shape } = source;
  const box = Int32Array.of(shape.length, ...shape, ...sourceBegin, ...target.info.shape, ...targetBegin, ...size);
  backend.addon.copyRegion(box, backend.float32(source), target.values);
}

function filled(backend: OneDnnBackend, shape: number[], value: number): TensorInfo {
  const { info, values } = backend.output(shape);
  values.fill(value);
  return info;
}

const slice = nativeKernel<SliceInputs, SliceAttrs>(Slice, ({ x }, { begin, size }, backend) => {
  if (!areFloat32(x) || !hasCopyableRank(x.shape)) return undefined;
  // the op accepts a number or -1 for "the rest" and is typed without them
  const [starts, sizes] = slice_util.parseSliceParams(x as never, begin, size) as [number[], number[]];
  slice_util.assertParamsValid(x as never, starts, sizes);
  const output = backend.output(sizes);
  copyBox(backend, x, starts, output, zeros(sizes), sizes);
  return output.info;
});

const concat = nativeKernel<TensorInfo[], ConcatAttrs>(Concat, (inputs, attrs, backend) => {
  const parts = inputs.filter(({ shape }) => sizeOf(shape) > 0);
  const first = parts[0];
  if (first === undefined || !areFloat32(...inputs) || !hasCopyableRank(first.shape)) return undefined;
  const axis = util.parseAxisParam(attrs.axis, first.shape)[0] ?? 0;
  const length = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const output = backend.output(first.shape.map((size, at) => (at === axis ? length : size)));
  let offset = 0;
  for (const part of parts) {
    const begin = zeros(part.shape);
    begin[axis] = offset;
    copyBox(backend, part, zeros(part.shape), output, begin, part.shape);
    offset += part.shape[axis] ?? 0;
  }
  return output.info;
});

const pad = nativeKernel<PadV2Inputs, PadV2Attrs>(PadV2, ({ x }, { paddings, constantValue }, backend) => {
  if (!areFloat32(x) || !hasCopyableRank(x.shape) || sizeOf(x.shape) === 0) return undefined;
  const output = backend.output(x.shape.map((size, at) => size + (paddings[at]?.[0] ?? 0) + (paddings[at]?.[1] ?? 0)));
  output.values.fill(constantValue);
  const begin = paddings.map(([before]) => before);
  copyBox(backend, x, zeros(x.shape), output, begin, x.shape);
  return output.info;
});

const cast = nativeKernel<CastInputs, CastAttrs>(Cast, ({ x }, { dtype }, backend) => {
  if (dtype === x.dtype) return backend.share(x, x.shape);
  if (dtype !== 'float32' || (x.dtype !== 'int32' && x.dtype !== 'bool')) return undefined;
  const { info, values } = backend.output(x.shape);
  values.set(backend.record(x.dataId).values as ArrayLike<number>);
  return info;
});

/** Kernels that copy, fill or only rename data. */
export const shapeKernels: readonly NativeKernel[] = [
  slice,
  concat,
  pad,
  cast,
  nativeKernel<IdentityInputs>(Identity, ({ x }, _attrs, backend) => backend.share(x, x.shape)),
  nativeKernel<ReshapeInputs, ReshapeAttrs>(Reshape, ({ x }, { shape }, backend) => {
    const size = sizeOf(x.shape);
    const outShape = util.inferFromImplicitShape(shape, size);
    if (sizeOf(outShape) !== size) return undefined; // the plain kernel words the error
    return backend.share(x, outShape);
  }),
  nativeKernel<{ x: TensorInfo }>(ZerosLike, ({ x }, _attrs, backend) =>
    areFloat32(x) ? filled(backend, x.shape, 0) : undefined,
  ),
  nativeKernel<{ x: TensorInfo }>(OnesLike, ({ x }, _attrs, backend) =>
    areFloat32(x) ? filled(backend, x.shape, 1) : undefined,
  ),
  nativeKernel<object, FillAttrs>(Fill, (_inputs, { shape, value, dtype }, backend) =>
    typeof value === 'number' && (dtype === undefined || dtype === 'float32')
      ? filled(backend, shape, value)
      : undefined,
  ),
];
