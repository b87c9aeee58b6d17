import * as tf from '@tensorflow/tfjs-core';
import { conv2dGrouped } from '../ops/conv2d-grouped.ts';
import { groupNorm, layerNorm } from '../ops/group-norm.ts';
import { asImage, type Case, compareKernels, gradientsOf, image, type Suite } from '../testing/kernel-suite.ts';
import type { TensorFunction } from '../testing/on-backend.ts';
import type { TestRandom } from '../testing/random-tensor.ts';

const indicesOf = (random: TestRandom, count: number, limit: number) =>
  Array.from({ length: count }, () => random.integer(0, limit - 1));

const gather = (random: TestRandom): Case => {
  const shape = image(random);
  const axis = random.integer(0, 3);
  const indices = indicesOf(random, 6, shape[axis] ?? 1);
  const op = (x: tf.Tensor) => tf.gather(x, tf.tensor2d(indices, [2, 3], 'int32'), axis);
  const gradients = gradientsOf(op as (...inputs: tf.Tensor[]) => tf.Tensor);
  const compute: TensorFunction = (...inputs) => [op(inputs[0] as tf.Tensor), ...[gradients(...inputs)].flat()];
  return { compute, inputs: [random.array(shape)] };
};

const gatherBatch = (random: TestRandom): Case => {
  const [batch, rows] = [random.integer(1, 4), random.integer(1, 9)];
  const indices = indicesOf(random, batch * 5, rows);
  return {
    compute: (x) => tf.gather(x as tf.Tensor, tf.tensor2d(indices, [batch, 5], 'int32'), 1, 1),
    inputs: [random.array([batch, rows, random.integer(1, 7)])],
  };
};

const segmentSum = (random: TestRandom): Case => {
  const rows = random.integer(1, 20);
  const ids = indicesOf(random, rows, 6).map((id) => id - 1);
  return {
    compute: (x) => tf.unsortedSegmentSum(x as tf.Tensor, tf.tensor1d(ids, 'int32'), 4),
    inputs: [random.array([rows, random.integer(1, 40)])],
  };
};

const oneHot = (random: TestRandom): Case => {
  const indices = indicesOf(random, random.integer(1, 12), 9).map((index) => index - 1);
  return {
    compute: (x) =>
      tf.add(tf.oneHot(tf.tensor1d(indices, 'int32'), 7, 2, -1, random.pick(['float32', 'int32'])), x ?? 0),
    inputs: [random.array([1])],
  };
};

const compareOp = (random: TestRandom): Case => {
  const [n, h, w, c] = image(random) as [number, number, number, number];
  const op = random.pick([tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual]);
  const other = random.pick([[n, h, w, c], [c], [1], [w, c], [n, 1, 1, 1], [n, h, w, 1], [n, 1, 1, c], [n, h, 1, c]]);
  const isFlipped = random.next() < 0.5;
  const [a, b] = [random.array([n, h, w, c]), random.array(other)];
  // few different values, so that some are equal
  const coarse = (array: typeof a) => ({
    shape: array.shape,
    values: array.values.map((value) => Math.round(2 * value)),
  });
  return {
    compute: (p, q) => tf.cast(op(p as tf.Tensor, q as tf.Tensor), 'float32'),
    inputs: isFlipped ? [coarse(b), coarse(a)] : [coarse(a), coarse(b)],
  };
};

const choose = (random: TestRandom): Case => {
  const shape = image(random);
  const op = (x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => {
    const first = tf.greater(x, 0.2);
    return tf.where(tf.logicalOr(tf.logicalAnd(first, tf.less(x, 0.7)), tf.logicalNot(first)), a, b);
  };
  const compute: TensorFunction = (...inputs) => {
    const [x, a, b] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
    // the condition has no gradient
    const gradients = gradientsOf((p, q) => op(x, p as tf.Tensor, q as tf.Tensor));
    return [op(x, a, b), ...[gradients(a, b)].flat()];
  };
  return { compute, inputs: [random.array(shape), random.array(shape), random.array(shape)] };
};

const extremes = (random: TestRandom): Case => {
  const shape = image(random);
  const axis = random.integer(0, 3);
  const k = random.integer(1, shape[3] ?? 1);
  const compute: TensorFunction = (x) => {
    const { values, indices } = tf.topk(x as tf.Tensor, k);
    return [tf.argMax(x as tf.Tensor, axis), tf.argMin(x as tf.Tensor, axis), values, indices];
  };
  return { compute, inputs: [random.array(shape)] };
};

const tile = (random: TestRandom): Case => {
  const reps = [1, 2, 3, 4].map(() => random.integer(1, 3));
  const op = (x: tf.Tensor) => tf.tile(x, reps);
  return { compute: (x) => op(x as tf.Tensor), inputs: [random.array(image(random))] };
};

const resize = (random: TestRandom): Case => {
  const size: [number, number] = [random.integer(1, 20), random.integer(1, 20)];
  const [alignCorners, halfPixel] = random.pick<[boolean, boolean]>([
    [false, false],
    [true, false],
    [false, true],
  ]);
  const op = (x: tf.Tensor) => tf.image.resizeBilinear(asImage(x), size, alignCorners, halfPixel);
  const gradients = gradientsOf(op as (...inputs: tf.Tensor[]) => tf.Tensor);
  // the plain gradient knows nothing of pixel centres
  const compute: TensorFunction = (x) =>
    halfPixel ? op(x as tf.Tensor) : [op(x as tf.Tensor), ...[gradients(x as tf.Tensor)].flat()];
  // the plain gradient swaps height and width: only square images are compared
  const side = random.integer(1, 12);
  const shape = halfPixel ? image(random) : [random.integer(1, 3), side, side, random.integer(1, 35)];
  return { compute, inputs: [random.array(shape)] };
};

const enlarge = (random: TestRandom): Case => {
  const side = random.integer(1, 9);
  const size: [number, number] = [side * random.integer(1, 3), side * random.integer(1, 3)];
  const op = (x: tf.Tensor) => tf.image.resizeNearestNeighbor(asImage(x), size);
  const gradients = gradientsOf(op as (...inputs: tf.Tensor[]) => tf.Tensor);
  const compute: TensorFunction = (x) => [
    op(x as tf.Tensor),
    ...[gradients(x as tf.Tensor)].flat(),
    tf.image.resizeNearestNeighbor(asImage(x), [5, 7], true),
    tf.image.resizeNearestNeighbor(asImage(x), [5, 7], false, true),
  ];
  // the plain gradient is wrong from the second image on
  return { compute, inputs: [random.array([1, side, side, random.integer(1, 20)])] };
};

const crop = (random: TestRandom): Case => {
  const shape = image(random);
  const boxes = random.array([5, 4]);
  const indices = indicesOf(random, 5, shape[0] ?? 1);
  const size: [number, number] = [random.integer(1, 6), random.integer(1, 6)];
  const method = random.pick(['bilinear', 'nearest'] as const);
  return {
    compute: (x, at) =>
      tf.image.cropAndResize(asImage(x), at as tf.Tensor2D, tf.tensor1d(indices, 'int32'), size, method, 0.25),
    // some reach over the border
    inputs: [random.array(shape), { shape: boxes.shape, values: boxes.values.map((value) => 0.5 + 0.6 * value) }],
  };
};

const cumsum = (random: TestRandom): Case => {
  const [exclusive, reverse] = [random.next() < 0.5, random.next() < 0.5];
  const axis = random.integer(0, 2);
  return {
    compute: (x) => tf.cumsum(x as tf.Tensor, axis, exclusive, reverse),
    inputs: [random.array([random.integer(1, 5), random.integer(1, 9), random.integer(1, 9)])],
  };
};

const composed = (random: TestRandom): Case => {
  const shape = image(random);
  const axes = random.pick([undefined, [0], [1, 2], [3]]);
  const compute: TensorFunction = (a, b) => {
    const [x, y] = [a as tf.Tensor, b as tf.Tensor];
    return [tf.clipByValue(x, -0.3, 0.6), tf.leakyRelu(x, 0.1), tf.squaredDifference(x, y), tf.min(x, axes)];
  };
  return { compute, inputs: [random.array(shape), random.array(random.pick([shape, shape.slice(3)]))] };
};

const grouped = (random: TestRandom): Case => {
  const groups = random.integer(1, 4);
  const [inside, outside] = [random.integer(1, 6), random.integer(1, 6)];
  const stride = random.integer(1, 2);
  const filter = [random.integer(1, 3), random.integer(1, 3), inside, outside * groups];
  const options = {
    groups,
    strides: stride,
    dilations: random.integer(1, 2),
    pad: random.pick<'same' | 'valid' | number>(['same', 'valid', 1]),
  };
  const op = (x: tf.Tensor, w: tf.Tensor) => conv2dGrouped(asImage(x), asImage(w), options);
  const gradients = gradientsOf(op as (...inputs: tf.Tensor[]) => tf.Tensor);
  const compute: TensorFunction = (...inputs) => {
    const [x, w] = inputs as [tf.Tensor, tf.Tensor];
    return [op(x, w), ...[gradients(x, w)].flat()];
  };
  const x = random.array([random.integer(1, 3), random.integer(5, 9), random.integer(5, 9), inside * groups]);
  return { compute, inputs: [x, random.array(filter)] };
};

const norms = (random: TestRandom): Case => {
  const groups = random.integer(1, 4);
  // of two or three values the normalised ones hardly depend: their gradient is nothing but rounding
  const channels = groups * random.integer(5, 9);
  const isLayer = random.next() < 0.4;
  const op = (...inputs: tf.Tensor[]) => {
    const [x, gamma, beta] = inputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
    return isLayer ? layerNorm(x, gamma, beta) : groupNorm(x, gamma, beta, groups);
  };
  const gradients = gradientsOf(op);
  const compute: TensorFunction = (...inputs) => [op(...inputs), ...[gradients(...inputs)].flat()];
  const shape = random.pick([
    [3, 5, 4, channels],
    [6, channels],
    [2, 7, channels],
  ]);
  return { compute, inputs: [random.array(shape), random.array([channels]), random.array([channels])] };
};

const SUITES: readonly Suite[] = [
  {
    name: 'gather and its gradient',
    tolerance: 1e-5,
    rounds: 60,
    make: gather,
    native: [tf.GatherV2, tf.UnsortedSegmentSum],
  },
  { name: 'gather within batches', tolerance: 0, rounds: 30, make: gatherBatch, native: [tf.GatherV2] },
  { name: 'sums by segment', tolerance: 1e-5, rounds: 30, make: segmentSum, native: [tf.UnsortedSegmentSum] },
  { name: 'one-hot rows', tolerance: 0, rounds: 30, make: oneHot, native: [tf.OneHot] },
  {
    name: 'comparisons',
    tolerance: 0,
    rounds: 120,
    make: compareOp,
    native: [tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.Equal, tf.NotEqual],
  },
  {
    name: 'choice and its gradient',
    tolerance: 1e-6,
    rounds: 40,
    make: choose,
    native: [tf.Select, tf.LogicalAnd, tf.LogicalOr, tf.LogicalNot],
  },
  { name: 'places of extremes', tolerance: 0, rounds: 40, make: extremes, native: [tf.ArgMax, tf.ArgMin, tf.TopK] },
  { name: 'tile', tolerance: 0, rounds: 30, make: tile, native: [tf.Tile] },
  {
    name: 'bilinear resizing and its gradient',
    tolerance: 1e-5,
    rounds: 60,
    make: resize,
    native: [tf.ResizeBilinear, tf.ResizeBilinearGrad],
  },
  {
    name: 'nearest resizing and its gradient',
    tolerance: 1e-5,
    rounds: 40,
    make: enlarge,
    native: [tf.ResizeNearestNeighbor, tf.ResizeNearestNeighborGrad],
  },
  { name: 'crops', tolerance: 1e-5, rounds: 40, make: crop, native: [tf.CropAndResize] },
  { name: 'running sums', tolerance: 1e-5, rounds: 30, make: cumsum, native: [tf.Cumsum] },
  {
    name: 'clipping, leaky relu, squared difference, minimum',
    tolerance: 1e-6,
    rounds: 40,
    make: composed,
    native: [tf.ClipByValue, tf.LeakyRelu, tf.SquaredDifference, tf.Min, tf.Sub],
  },
  { name: 'grouped and dilated convolution', tolerance: 1e-5, rounds: 60, make: grouped, native: [] },
  { name: 'group and layer norm', tolerance: 1e-4, rounds: 40, make: norms, native: [] },
];

compareKernels('kernels of detection and contrastive methods against the plain cpu kernels', SUITES, 101);
