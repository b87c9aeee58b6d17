import {
  backend_util,
  GatherV2,
  type GatherV2Attrs,
  type GatherV2Inputs,
  OneHot,
  type OneHotAttrs,
  type OneHotInputs,
  type TensorInfo,
  Tile,
  type TileAttrs,
  type TileInputs,
  UnsortedSegmentSum,
  type UnsortedSegmentSumAttrs,
  type UnsortedSegmentSumInputs,
  util,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';

const intsOf = (backend: OneDnnBackend, info: TensorInfo): Int32Array => {
  const { values } = backend.record(info.dataId);
  return values instanceof Int32Array ? values : Int32Array.from(values as ArrayLike<number>);
};

const gather = nativeKernel<GatherV2Inputs, GatherV2Attrs>(GatherV2, ({ x, indices }, attrs, backend) => {
  if (!areFloat32(x) || sizeOf(x.shape) === 0 || sizeOf(indices.shape) === 0) return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0] ?? 0;
  const shape = backend_util.segment_util.collectGatherOpShapeInfo(
    x as never, // typed as tensors, read as shapes
    indices as never,
    axis,
    attrs.batchDims ?? 0,
  );
  const { info, values } = backend.output(shape.outputShape);
  const [source, picked] = [backend.float32(x), intsOf(backend, indices)];
  backend.addon.gather(source, picked, values, shape.batchSize, shape.outerSize, shape.dimSize, shape.sliceSize);
  return info;
});

const segmentSum = nativeKernel<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>(
  UnsortedSegmentSum,
  ({ x, segmentIds }, { numSegments }, backend) => {
    const inner = x.shape.slice(segmentIds.shape.length);
    if (!areFloat32(x) || sizeOf(x.shape) === 0 || numSegments === 0) return undefined;
    const { info, values } = backend.output([numSegments, ...inner]);
    backend.addon.segmentSum(backend.float32(x), intsOf(backend, segmentIds), values, numSegments, sizeOf(inner));
    return info;
  },
);

const oneHot = nativeKernel<OneHotInputs, OneHotAttrs>(
  OneHot,
  ({ indices }, { depth, onValue, offValue, dtype }, backend) => {
    if (dtype !== 'float32' && dtype !== 'int32') return undefined;
    const shape = [...indices.shape, depth];
    const { info, values } =
      dtype === 'float32' ? backend.output(shape) : { info: undefined, values: new Int32Array(sizeOf(shape)) };
    values.fill(offValue);
    for (const [row, index] of intsOf(backend, indices).entries()) {
      if (index >= 0 && index < depth) values[row * depth + index] = onValue;
    }
    return info ?? backend.makeTensorInfo(shape, dtype, values);
  },
);

const MAX_TILE_RANK = 6;

const tile = nativeKernel<TileInputs, TileAttrs>(Tile, ({ x }, { reps }, backend) => {
  const rank = x.shape.length;
  const outShape = x.shape.map((length, axis) => length * (reps[axis] ?? 1));
  if (!areFloat32(x) || rank < 1 || rank > MAX_TILE_RANK || sizeOf(outShape) === 0) return undefined;
  const { info, values } = backend.output(outShape);
  backend.addon.tile(Int32Array.of(rank, ...x.shape, ...reps), backend.float32(x), values);
  return info;
});

/** Rows by index and sums by index, one-hot rows, repetition. */
export const gatherKernels: readonly NativeKernel[] = [gather, segmentSum, oneHot, tile];
