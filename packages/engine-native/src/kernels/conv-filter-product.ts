import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { sizeOf } from '../native-kernel.ts';
import type { Conv } from './conv.ts';

/** Output pixels above which oneDNN's own bf16 filter gradient is the faster one. */
const MAX_PIXELS = 4096;

/**
 * Filter gradient of a convolution in bf16 as one matrix product: windows `[pixels, h * w * I]`, transposed, times
 * dy `[pixels, O]`. The result is the filter's own layout, `[h, w, I, O]`. Undefined where another way is better.
 */
export function filterGradientByProduct(
  backend: OneDnnBackend,
  { info, groups }: Conv,
  x: TensorInfo,
  dy: TensorInfo,
  filterShape: number[],
): TensorInfo | undefined {
  const { padInfo } = info;
  const pixels = info.batchSize * info.outHeight * info.outWidth;
  const window = info.filterHeight * info.filterWidth * info.inChannels;
  const isPointwise = [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth].every((n) => n === 1);
  const isWhole = isPointwise && [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right].every((n) => n === 0);
  if (groups > 1 || pixels * window === 0 || sizeOf(info.inShape) === 0) return undefined;
  if (!isWhole && pixels > MAX_PIXELS) return undefined;

  const columns = isWhole ? backend.bf16(x) : backend.pool.takeBf16(pixels * window);
  if (!isWhole) {
    const image = [info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth];
    const filter = [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth];
    const place = [padInfo.top, padInfo.left, info.dilationHeight, info.dilationWidth];
    backend.addon.im2col(backend.bf16(x), columns, Int32Array.of(...image, ...filter, ...place));
  }
  const output = backend.output(filterShape);
  // order of fields as in `native/kernels/matmul.cc`: one bf16 product with the left side transposed
  const fields = Int32Array.of(1, 1, 1, window, info.outChannels, pixels, 1, 0, 0, 0, 1);
  const isDone = backend.addon.matMul(fields, columns, backend.bf16(dy), output.values, null) !== 0;
  if (!isWhole) backend.pool.give(columns);
  if (isDone) return output.info;
  backend.disposeIntermediateTensorInfo(output.info);
  return undefined;
}
