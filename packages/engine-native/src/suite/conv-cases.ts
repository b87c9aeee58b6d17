import * as tf from '@tensorflow/tfjs-core';
import { type EngineCase, EXACT, ROUNDED } from './engine-case.ts';

const image = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;
const volume = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor5D;

const IMAGE = [2, 6, 7, 3];
const smooth = { tolerance: ROUNDED, gradientTolerance: ROUNDED };

const POOLS = { maxPool: tf.maxPool, avgPool: tf.avgPool };

/** Convolutions, transposed convolutions and pools. */
export const CONV_CASES: readonly EngineCase[] = [
  {
    name: 'conv2d, same padding',
    shapes: [IMAGE, [3, 3, 3, 4]],
    tolerance: EXACT,
    gradientTolerance: ROUNDED,
    compute: (x, w) => tf.conv2d(image(x), image(w), 1, 'same'),
  },
  {
    name: 'conv2d, stride 2, valid padding, filter not square',
    shapes: [IMAGE, [2, 3, 3, 5]],
    ...smooth,
    compute: (x, w) => tf.conv2d(image(x), image(w), 2, 'valid'),
  },
  {
    name: 'conv2d, stride 2, same padding',
    shapes: [IMAGE, [3, 3, 3, 4]],
    ...smooth,
    compute: (x, w) => tf.conv2d(image(x), image(w), 2, 'same'),
  },
  {
    name: 'conv2d, one by one',
    shapes: [IMAGE, [1, 1, 3, 8]],
    ...smooth,
    compute: (x, w) => tf.conv2d(image(x), image(w), 1, 'valid'),
  },
  {
    name: 'conv2d, explicit padding',
    shapes: [IMAGE, [3, 3, 3, 2]],
    ...smooth,
    compute: (x, w) =>
      tf.conv2d(image(x), image(w), 1, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
  },
  {
    name: 'conv2d, sixteen channels',
    shapes: [
      [1, 5, 5, 16],
      [3, 3, 16, 16],
    ],
    ...smooth,
    compute: (x, w) => tf.conv2d(image(x), image(w), 1, 'same'),
  },
  {
    name: 'conv2d, dilation 2',
    shapes: [IMAGE, [2, 2, 3, 4]],
    tolerance: EXACT,
    compute: (x, w) => tf.conv2d(image(x), image(w), 1, 'same', 'NHWC', 2),
  },
  {
    name: 'depthwise conv2d, same padding',
    shapes: [IMAGE, [3, 3, 3, 1]],
    ...smooth,
    compute: (x, w) => tf.depthwiseConv2d(image(x), image(w), 1, 'same'),
  },
  {
    name: 'depthwise conv2d, stride 2, multiplier 2',
    shapes: [IMAGE, [3, 3, 3, 2]],
    ...smooth,
    compute: (x, w) => tf.depthwiseConv2d(image(x), image(w), 2, 'same'),
  },
  {
    name: 'separable conv2d',
    shapes: [IMAGE, [3, 3, 3, 1], [1, 1, 3, 5]],
    ...smooth,
    compute: (x, depthwise, pointwise) => tf.separableConv2d(image(x), image(depthwise), image(pointwise), 1, 'same'),
  },
  {
    name: 'transposed conv2d',
    shapes: [
      [1, 3, 4, 3],
      [3, 3, 2, 3],
    ],
    ...smooth,
    compute: (x, w) => tf.conv2dTranspose(image(x), image(w), [1, 6, 8, 2], 2, 'same'),
  },
  {
    name: 'conv1d',
    shapes: [
      [2, 9, 3],
      [3, 3, 4],
    ],
    ...smooth,
    compute: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, 'same'),
  },
  {
    name: 'conv3d',
    shapes: [
      [1, 3, 4, 4, 2],
      [2, 2, 2, 2, 3],
    ],
    ...smooth,
    compute: (x, w) => tf.conv3d(volume(x), volume(w), 1, 'same'),
  },
  {
    name: 'fused conv2d with bias and relu',
    shapes: [IMAGE, [3, 3, 3, 4], [4]],
    ...smooth,
    compute: (x, w, bias) =>
      tf.fused.conv2d({
        x: image(x),
        filter: image(w),
        strides: 1,
        pad: 'same',
        bias: bias as tf.Tensor1D,
        activation: 'relu',
      }),
  },
  {
    name: 'fused depthwise conv2d with bias and relu6',
    shapes: [IMAGE, [3, 3, 3, 1], [3]],
    ...smooth,
    compute: (x, w, bias) =>
      tf.fused.depthwiseConv2d({
        x: image(x),
        filter: image(w),
        strides: 1,
        pad: 'same',
        bias: bias as tf.Tensor1D,
        activation: 'relu6',
      }),
  },
  ...Object.entries(POOLS).flatMap(([op, pool]): EngineCase[] => [
    { name: `${op}, 2x2`, shapes: [IMAGE], ...smooth, compute: (x) => pool(image(x), 2, 2, 'valid') },
    {
      name: `${op}, 3x3, stride 2, same padding`,
      shapes: [IMAGE],
      ...smooth,
      compute: (x) => pool(image(x), 3, 2, 'same'),
    },
    {
      name: `${op}, 4x3 with padding of one cell`,
      shapes: [IMAGE],
      ...smooth,
      compute: (x) => pool(image(x), [4, 3], [2, 1], 1),
    },
    { name: `${op}, overlapping`, shapes: [IMAGE], ...smooth, compute: (x) => pool(image(x), 3, 1, 'valid') },
  ]),
  { name: 'maxPool3d', shapes: [[1, 4, 4, 4, 2]], ...smooth, compute: (x) => tf.maxPool3d(volume(x), 2, 2, 'valid') },
  { name: 'avgPool3d', shapes: [[1, 4, 4, 4, 2]], ...smooth, compute: (x) => tf.avgPool3d(volume(x), 2, 2, 'valid') },
];
