import * as tf from '@tensorflow/tfjs-core';
import { type EngineCase, EXACT, ROUNDED } from './engine-case.ts';

const exact = { tolerance: EXACT, gradientTolerance: EXACT };
const image = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;
const indices = (...values: number[]) => tf.tensor1d(values, 'int32');

/** Operations that move elements, and those that sample images. */
export const SHAPE_CASES: readonly EngineCase[] = [
  { name: 'reshape', shapes: [[2, 3, 4]], ...exact, compute: (x) => tf.reshape(x as tf.Tensor, [6, 4]) },
  {
    name: 'expandDims and squeeze',
    shapes: [[3, 4]],
    ...exact,
    compute: (x) => tf.squeeze(tf.expandDims(x as tf.Tensor, 1)),
  },
  ...[
    [0, 3, 1, 2],
    [3, 0, 2, 1],
    [1, 0, 2, 3],
  ].map(
    (permutation): EngineCase => ({
      name: `transpose to ${permutation}`,
      shapes: [[2, 3, 4, 5]],
      ...exact,
      compute: (x) => tf.transpose(x as tf.Tensor, permutation),
    }),
  ),
  ...[0, 1, 2].map(
    (axis): EngineCase => ({
      name: `concat on axis ${axis}`,
      shapes: [
        [2, 3, 4],
        [2, 3, 4],
      ],
      ...exact,
      compute: (a, b) => tf.concat([a, b, a] as tf.Tensor[], axis),
    }),
  ),
  { name: 'slice', shapes: [[3, 4, 5]], ...exact, compute: (x) => tf.slice(x as tf.Tensor, [1, 0, 2], [2, 3, 3]) },
  {
    name: 'strided slice',
    shapes: [[6, 5]],
    tolerance: EXACT,
    compute: (x) => tf.stridedSlice(x as tf.Tensor, [0, 1], [6, 5], [2, 3]),
  },
  {
    name: 'pad',
    shapes: [[2, 3, 3, 2]],
    ...exact,
    compute: (x) =>
      tf.pad(
        x as tf.Tensor,
        [
          [0, 0],
          [1, 2],
          [0, 1],
          [2, 0],
        ],
        0.5,
      ),
  },
  {
    name: 'mirror pad',
    shapes: [[4, 4]],
    tolerance: EXACT,
    compute: (x) =>
      tf.mirrorPad(
        x as tf.Tensor,
        [
          [1, 1],
          [2, 0],
        ],
        'reflect',
      ),
  },
  { name: 'reverse', shapes: [[2, 3, 4]], ...exact, compute: (x) => tf.reverse(x as tf.Tensor, [0, 2]) },
  { name: 'tile', shapes: [[2, 3]], ...exact, compute: (x) => tf.tile(x as tf.Tensor, [2, 3]) },
  { name: 'broadcastTo', shapes: [[3, 1]], ...exact, compute: (x) => tf.broadcastTo(x as tf.Tensor, [2, 3, 4]) },
  {
    name: 'stack and unstack',
    shapes: [
      [3, 4],
      [3, 4],
    ],
    ...exact,
    compute: (a, b) => tf.unstack(tf.stack([a, b] as tf.Tensor[], 1), 2),
  },
  { name: 'split', shapes: [[4, 6]], ...exact, compute: (x) => tf.split(x as tf.Tensor, [1, 2, 3], 1) },
  { name: 'gather', shapes: [[5, 3]], ...exact, compute: (x) => tf.gather(x as tf.Tensor, indices(4, 0, 0, 2)) },
  {
    name: 'gather on axis 1',
    shapes: [[3, 5, 2]],
    ...exact,
    compute: (x) => tf.gather(x as tf.Tensor, indices(4, 0, 2), 1),
  },
  {
    name: 'gatherND',
    shapes: [[3, 4, 2]],
    tolerance: EXACT,
    compute: (x) => tf.gatherND(x as tf.Tensor, tf.tensor2d([0, 1, 2, 3, 1, 1], [3, 2], 'int32')),
  },
  {
    name: 'scatterND',
    shapes: [[3, 2]],
    tolerance: EXACT,
    compute: (x) => tf.scatterND(tf.tensor2d([4, 0, 2], [3, 1], 'int32'), x as tf.Tensor, [5, 2]),
  },
  {
    name: 'unsorted segment sum',
    shapes: [[5, 3]],
    ...exact,
    compute: (x) => tf.unsortedSegmentSum(x as tf.Tensor, indices(0, 2, 0, 1, 2), 3),
  },
  {
    name: 'unique',
    shapes: [[12]],
    tolerance: EXACT,
    compute: (x) => tf.unique(tf.round(tf.mul(x as tf.Tensor, 2))).values,
  },
  {
    name: 'oneHot',
    shapes: [],
    tolerance: EXACT,
    compute: () => tf.cast(tf.oneHot(indices(2, 0, 3), 4), 'float32'),
  },
  {
    name: 'fills',
    shapes: [[2, 3]],
    tolerance: EXACT,
    compute: (x) => [
      tf.fill([3, 2], 0.25),
      tf.zerosLike(x as tf.Tensor),
      tf.onesLike(x as tf.Tensor),
      tf.eye(3),
      tf.range(0, 5),
      tf.linspace(0, 1, 5),
    ],
  },
  {
    name: 'depthToSpace',
    shapes: [[1, 2, 3, 8]],
    tolerance: EXACT,
    compute: (x) => tf.depthToSpace(image(x), 2, 'NHWC'),
  },
  {
    name: 'spaceToBatchND and back',
    shapes: [[1, 4, 4, 2]],
    ...exact,
    compute: (x) => {
      const none = [
        [0, 0],
        [0, 0],
      ];
      const batches = tf.spaceToBatchND(image(x), [2, 2], none);
      return tf.batchToSpaceND(tf.mul(batches, 2), [2, 2], none);
    },
  },
  {
    name: 'resize bilinear',
    shapes: [[1, 4, 5, 2]],
    tolerance: ROUNDED,
    // its gradient in tfjs swaps height and width
    compute: (x) => tf.image.resizeBilinear(image(x), [7, 3]),
  },
  {
    name: 'resize bilinear, square',
    shapes: [[1, 4, 4, 2]],
    tolerance: ROUNDED,
    gradientTolerance: ROUNDED,
    compute: (x) => tf.image.resizeBilinear(image(x), [7, 3]),
  },
  {
    name: 'resize to nearest',
    shapes: [[1, 4, 4, 2]],
    ...exact,
    compute: (x) => tf.image.resizeNearestNeighbor(image(x), [8, 2]),
  },
  {
    name: 'crop and resize',
    shapes: [[2, 5, 5, 2]],
    tolerance: ROUNDED,
    compute: (x) => {
      const boxes = tf.tensor2d([0, 0, 0.5, 1, 0.2, 0.1, 0.9, 0.8], [2, 4]);
      return tf.image.cropAndResize(image(x), boxes, indices(0, 1), [3, 4]);
    },
  },
  {
    name: 'flip left to right',
    shapes: [[1, 3, 4, 2]],
    tolerance: EXACT,
    compute: (x) => tf.image.flipLeftRight(image(x)),
  },
  {
    name: 'rotate',
    shapes: [[1, 5, 5, 1]],
    tolerance: EXACT,
    compute: (x) => tf.image.rotateWithOffset(image(x), Math.PI / 2),
  },
];
