import {
  CropAndResize,
  type CropAndResizeAttrs,
  type CropAndResizeInputs,
  ResizeBilinear,
  type ResizeBilinearAttrs,
  ResizeBilinearGrad,
  type ResizeBilinearGradInputs,
  type ResizeBilinearInputs,
  ResizeNearestNeighbor,
  type ResizeNearestNeighborAttrs,
  ResizeNearestNeighborGrad,
  type ResizeNearestNeighborGradInputs,
  type ResizeNearestNeighborInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';

type Placement = Pick<ResizeBilinearAttrs, 'alignCorners' | 'halfPixelCenters'>;

/** Order of fields as in `native/kernels/resize.cc`. */
function fieldsOf(x: TensorInfo, outHeight: number, outWidth: number, placement: Placement): Int32Array {
  const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
  const flags = [placement.alignCorners, placement.halfPixelCenters].map(Number);
  return Int32Array.of(batch, height, width, outHeight, outWidth, channels, ...flags);
}

/** Bilinear and nearest resizing with their gradients, and crops resized to one size. */
export const resizeKernels: readonly NativeKernel[] = [
  nativeKernel<ResizeBilinearInputs, ResizeBilinearAttrs>(ResizeBilinear, ({ images }, attrs, backend) => {
    const [outHeight, outWidth] = attrs.size;
    const outShape = [images.shape[0] ?? 1, outHeight, outWidth, images.shape[3] ?? 1];
    if (sizeOf(images.shape) === 0 || sizeOf(outShape) === 0) return undefined;
    const { info, values } = backend.output(outShape);
    backend.addon.resizeBilinear(backend.float32(images), values, fieldsOf(images, outHeight, outWidth, attrs));
    return info;
  }),

  // unlike the plain kernel, it knows of pixel centres as well
  nativeKernel<ResizeBilinearGradInputs, Placement>(ResizeBilinearGrad, ({ images, dy }, attrs, backend) => {
    const [, outHeight = 1, outWidth = 1] = dy.shape;
    if (!areFloat32(images, dy) || sizeOf(images.shape) === 0 || sizeOf(dy.shape) === 0) return undefined;
    const { info, values } = backend.output(images.shape);
    backend.addon.resizeBilinearGrad(backend.float32(dy), values, fieldsOf(images, outHeight, outWidth, attrs));
    return info;
  }),

  nativeKernel<ResizeNearestNeighborInputs, ResizeNearestNeighborAttrs>(
    ResizeNearestNeighbor,
    ({ images }, attrs, backend) => {
      const [outHeight, outWidth] = attrs.size;
      const outShape = [images.shape[0] ?? 1, outHeight, outWidth, images.shape[3] ?? 1];
      if (!areFloat32(images) || sizeOf(images.shape) === 0 || sizeOf(outShape) === 0) return undefined;
      const { info, values } = backend.output(outShape);
      backend.addon.resizeNearest(backend.float32(images), values, fieldsOf(images, outHeight, outWidth, attrs), 0);
      return info;
    },
  ),

  nativeKernel<ResizeNearestNeighborGradInputs, Placement>(
    ResizeNearestNeighborGrad,
    ({ images, dy }, attrs, backend) => {
      const [, outHeight = 1, outWidth = 1] = dy.shape;
      if (!areFloat32(images, dy) || sizeOf(images.shape) === 0 || sizeOf(dy.shape) === 0) return undefined;
      const { info, values } = backend.output(images.shape);
      backend.addon.resizeNearest(values, backend.float32(dy), fieldsOf(images, outHeight, outWidth, attrs), 1);
      return info;
    },
  ),

  nativeKernel<CropAndResizeInputs, CropAndResizeAttrs>(CropAndResize, (inputs, attrs, backend) => {
    const { image, boxes, boxInd } = inputs;
    const { cropSize, method, extrapolationValue } = attrs;
    const [batch = 1, height = 1, width = 1, channels = 1] = image.shape;
    const indices = backend.record(boxInd.dataId).values;
    const count = boxes.shape[0] ?? 0;
    const outShape = [count, ...cropSize, channels];
    if (!(indices instanceof Int32Array) || sizeOf(image.shape) === 0 || sizeOf(outShape) === 0) return undefined;
    const { info, values } = backend.output(outShape);
    const isNearest = method === 'nearest' ? 1 : 0;
    const fields = Int32Array.of(batch, height, width, channels, count, ...cropSize, isNearest);
    const [images, corners] = [backend.float32(image), backend.float32(boxes)];
    backend.addon.cropAndResize(images, corners, indices, values, fields, extrapolationValue);
    return info;
  }),
];
