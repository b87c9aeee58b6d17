import {
  AvgPool,
  type AvgPoolAttrs,
  backend_util,
  type GradFunc,
  getBackend,
  getGradient,
  mul,
  registerGradient,
  tensor4d,
  tidy,
  unregisterGradient,
} from '@tensorflow/tfjs-core';

/** The backend of TensorFlow itself, which does it right. */
const TENSORFLOW = 'tensorflow';

/** Cells of a window that lie inside the image, for each of its places along one axis. */
function cellsInside(places: number, stride: number, before: number, window: number, length: number): number[] {
  return Array.from({ length: places }, (_, place) => {
    const from = place * stride - before;
    return Math.min(from + window, length) - Math.max(from, 0);
  });
}

/**
 * Whole windows over the cells of them that count, `[1, H', W', 1]` flattened; undefined without padding, where all do.
 */
function shares(x: [number, number, number, number], attrs: AvgPoolAttrs) {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const pool = backend_util.computePool2DInfo(x, filterSize, strides, 1, pad, dimRoundingMode);
  const { padInfo, filterHeight, filterWidth, outHeight, outWidth } = pool;
  if (Object.values(padInfo).every((cells) => typeof cells !== 'number' || cells === 0)) return undefined;
  const rows = cellsInside(outHeight, pool.strideHeight, padInfo.top, filterHeight, pool.inHeight);
  const columns = cellsInside(outWidth, pool.strideWidth, padInfo.left, filterWidth, pool.inWidth);
  const values = rows.flatMap((row) => columns.map((column) => (filterHeight * filterWidth) / (row * column)));
  return { values, outHeight, outWidth };
}

let isCorrected = false;

/**
 * Corrects the gradient of average pooling with padding, on every engine.
 *
 * The forward kernels divide by the cells inside the image, the gradient kernels by the whole window. So dy is scaled
 * by the one over the other first.
 */
export function correctAvgPoolGradient(): void {
  const stock = getGradient(AvgPool);
  if (stock === undefined) throw new Error(`no gradient is registered for ${AvgPool}; import '@tensorflow/tfjs' first`);
  if (isCorrected) return;
  isCorrected = true;
  const gradFunc: GradFunc = (dy, saved, attrs) => {
    const [x] = saved;
    const isImage = x?.rank === 4 && !Array.isArray(dy) && getBackend() !== TENSORFLOW;
    const found = isImage
      ? shares(x.shape as [number, number, number, number], attrs as unknown as AvgPoolAttrs)
      : undefined;
    if (found === undefined || Array.isArray(dy)) return stock.gradFunc(dy, saved, attrs);
    const { values, outHeight, outWidth } = found;
    const scaled = tidy(() => mul(dy, tensor4d(values, [1, outHeight, outWidth, 1])));
    return stock.gradFunc(scaled, saved, attrs);
  };
  unregisterGradient(AvgPool);
  registerGradient({ ...stock, gradFunc });
}
