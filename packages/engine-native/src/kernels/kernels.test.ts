import * as tf from '@tensorflow/tfjs-core';
import { asImage, type Case, compareKernels, gradientsOf, image, type Suite } from '../testing/kernel-suite.ts';
import type { TensorFunction } from '../testing/on-backend.ts';
import type { TestRandom } from '../testing/random-tensor.ts';

type Pad = 'same' | 'valid' | number;
/** A convolution that tfjs accepts: dilation only with stride 1, whole windows inside the padded image. */
function convCase(random: TestRandom, isDepthwise: boolean, maxDilation: number) {
  const shape = image(random);
  const channels = shape[3] ?? 1;
  const stride = random.integer(1, 2);
  const dilation = stride === 1 ? random.integer(1, maxDilation) : 1;
  const size = dilation === 1 ? 5 : 2;
  const filter = [random.integer(1, size), random.integer(1, size), channels, random.integer(1, isDepthwise ? 3 : 40)];
  // with numeric padding tfjs computes the output from the filter's height and stride alone; oneDNN refuses the rest
  const isSquare = filter[0] === filter[1] && dilation === 1 && !isDepthwise;
  const pads: [Pad, ...Pad[]] = isSquare ? ['same', 'valid', 1] : ['same', 'valid'];
  const x = random.array(shape);
  const w = random.array(filter);
  return { x, w, stride, pad: random.pick(pads), dilation };
}

const conv = (random: TestRandom): Case => {
  const { x, w, stride, pad, dilation } = convCase(random, false, 2);
  return { compute: (a, b) => tf.conv2d(asImage(a), asImage(b), stride, pad, 'NHWC', dilation), inputs: [x, w] };
};

const convGradients = (random: TestRandom): Case => {
  const { x, w, stride, pad } = convCase(random, false, 1);
  return { compute: gradientsOf((a, b) => tf.conv2d(asImage(a), asImage(b), stride, pad)), inputs: [x, w] };
};

/** Enough channels for Winograd, few enough products for the plain kernels. */
const winogradConv = (random: TestRandom): Case => {
  const [inChannels, outChannels] = [16 * random.integer(2, 3), 16 * random.integer(2, 3)];
  const [height, width] = [random.pick([4, 7, 8]), random.pick([4, 8])];
  const x = random.array([random.integer(1, 2), height, width, inChannels]);
  const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(asImage(a), asImage(b), 1, 'same');
  const gradients = gradientsOf(op as (...inputs: tf.Tensor[]) => tf.Tensor);
  const compute: TensorFunction = (...inputs) => {
    const [a, b] = inputs as [tf.Tensor, tf.Tensor];
    return [op(a, b), ...[gradients(a, b)].flat()];
  };
  return { compute, inputs: [x, random.array([3, 3, inChannels, outChannels])] };
};

const fusedConv = (random: TestRandom): Case => {
  const { x, w, stride, pad } = convCase(random, false, 1);
  const activation = random.pick(['linear', 'relu', 'relu6'] as const);
  const compute: TensorFunction = (a, b, bias) =>
    tf.fused.conv2d({ x: asImage(a), filter: asImage(b), strides: stride, pad, bias: bias as tf.Tensor1D, activation });
  return { compute, inputs: [x, w, random.array(w.shape.slice(3))] };
};

const depthwise = (random: TestRandom): Case => {
  const { x, w, stride, pad, dilation } = convCase(random, true, 2);
  return {
    compute: (a, b) => tf.depthwiseConv2d(asImage(a), asImage(b), stride, pad, 'NHWC', dilation),
    inputs: [x, w],
  };
};

const depthwiseGradients = (random: TestRandom): Case => {
  const { x, w, stride, pad } = convCase(random, true, 1);
  return { compute: gradientsOf((a, b) => tf.depthwiseConv2d(asImage(a), asImage(b), stride, pad)), inputs: [x, w] };
};

/** Filters five and seven wide have loops of their own. */
const wideDepthwiseGradients = (random: TestRandom): Case => {
  const filter = [random.integer(1, 7), random.pick([5, 7]), 8 * random.integer(1, 5), 1];
  const x = random.array([random.integer(1, 5), random.integer(7, 12), random.integer(7, 12), filter[2] ?? 8]);
  const stride = random.integer(1, 2);
  const pad = random.pick(['same', 'valid'] as const);
  return {
    compute: gradientsOf((a, b) => tf.depthwiseConv2d(asImage(a), asImage(b), stride, pad)),
    inputs: [x, random.array(filter)],
  };
};

const fusedDepthwise = (random: TestRandom): Case => {
  const { x, w, stride, pad } = convCase(random, true, 1);
  const activation = random.pick(['linear', 'relu', 'relu6'] as const);
  const compute: TensorFunction = (a, b, bias) =>
    tf.fused.depthwiseConv2d({
      x: asImage(a),
      filter: asImage(b),
      strides: stride,
      pad,
      bias: bias as tf.Tensor1D,
      activation,
    });
  return { compute, inputs: [x, w, random.array([(w.shape[2] ?? 1) * (w.shape[3] ?? 1)])] };
};

const matMul = (random: TestRandom): Case => {
  const [m, k, n] = [random.integer(1, 40), random.integer(1, 50), random.integer(1, 40)];
  const [transposeA, transposeB] = [random.next() < 0.5, random.next() < 0.5];
  const stacks = random.pick<[number[], number[]]>([
    [[], []],
    [[3], [3]],
    [
      [2, 2],
      [2, 2],
    ],
    [[4], [1]],
  ]);
  const a = random.array([...stacks[0], ...(transposeA ? [k, m] : [m, k])]);
  const b = random.array([...stacks[1], ...(transposeB ? [n, k] : [k, n])]);
  return { compute: (p, q) => tf.matMul(p as tf.Tensor, q as tf.Tensor, transposeA, transposeB), inputs: [a, b] };
};

const fusedMatMul = (random: TestRandom): Case => {
  const [m, k, n] = [random.integer(1, 40), random.integer(1, 50), random.integer(1, 40)];
  const activation = random.pick(['linear', 'relu', 'relu6'] as const);
  const compute: TensorFunction = (a, b, bias) =>
    tf.fused.matMul({ a: a as tf.Tensor, b: b as tf.Tensor, bias: bias as tf.Tensor, activation });
  return { compute, inputs: [random.array([m, k]), random.array([k, n]), random.array([n])] };
};

const binary = (random: TestRandom): Case => {
  const [n, h, w, c] = image(random) as [number, number, number, number];
  const op = random.pick([tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum]);
  const other = random.pick([
    [n, h, w, c],
    [c],
    [1],
    [],
    [w, c],
    [h, w, c],
    [n, 1, 1, 1],
    [n, h, 1, 1],
    [n, h, w, 1],
    [1, 1, 1, c],
    [n, 1, 1, c],
    [n, h, 1, c],
    [n, 1, w, c],
  ]);
  const a = random.array([n, h, w, c]);
  const b = random.array(other);
  // away from zero, where a quotient would magnify rounding
  const safe = { shape: b.shape, values: b.values.map((value) => value + Math.sign(value) * 0.2) };
  const isFlipped = op !== tf.div && random.next() < 0.5;
  return { compute: (p, q) => op(p as tf.Tensor, q as tf.Tensor), inputs: isFlipped ? [safe, a] : [a, safe] };
};

const unary = (random: TestRandom): Case => {
  const op = random.pick([
    tf.relu,
    tf.relu6,
    tf.square,
    tf.neg,
    tf.abs,
    tf.exp,
    tf.sigmoid,
    tf.tanh,
    (x: tf.Tensor) => tf.step(x, 0.3),
  ]);
  const x = random.array(image(random));
  return { compute: (a) => op(tf.mul(a as tf.Tensor, 8)), inputs: [x] };
};

const positive = (random: TestRandom): Case => {
  const op = random.pick([tf.sqrt, tf.rsqrt, tf.log]);
  return { compute: (a) => op(tf.add(tf.square(a as tf.Tensor), 0.1)), inputs: [random.array(image(random))] };
};

const reduce = (random: TestRandom): Case => {
  const op = random.pick([tf.sum, tf.mean, tf.max]);
  const axes = random.pick([undefined, [0], [0, 1, 2], [1, 2], [3], [2, 3], [1]]);
  const keepDims = random.next() < 0.5;
  return { compute: (a) => op(a as tf.Tensor, axes, keepDims), inputs: [random.array(image(random))] };
};

const reduceGradients = (random: TestRandom): Case => {
  const op = random.pick([tf.sum, tf.mean]);
  const axes = random.pick([undefined, [0], [0, 1, 2], [1, 2], [3], [2, 3]]);
  return { compute: gradientsOf((a) => op(a as tf.Tensor, axes)), inputs: [random.array(image(random))] };
};

const poolOf = (random: TestRandom) => {
  const op = random.pick([tf.maxPool, tf.avgPool]);
  const size: [number, number] = random.pick([
    [2, 2],
    [3, 3],
    [1, 2],
    [4, 3],
    [5, 5],
  ]);
  const stride = random.integer(1, 3);
  const pad = random.pick(['same', 'valid'] as const);
  return (a: tf.Tensor) => op(asImage(a), size, stride, pad);
};

const pool = (random: TestRandom): Case => {
  const compute = poolOf(random);
  return { compute: (a) => compute(a as tf.Tensor), inputs: [random.array(image(random))] };
};

const poolGradients = (random: TestRandom): Case => ({
  compute: gradientsOf(poolOf(random) as (...inputs: tf.Tensor[]) => tf.Tensor),
  inputs: [random.array(image(random))],
});

const softmax = (random: TestRandom): Case => ({
  compute: random.pick([
    (a: tf.Tensor) => tf.softmax(tf.mul(a, 5)),
    // the op is made of others, its kernel is only there for whoever calls it
    (a: tf.Tensor) =>
      tf.getBackend() === 'cpu'
        ? tf.logSoftmax(a)
        : (tf.engine().runKernel(tf.LogSoftmax, { logits: a }, { axis: -1 }) as tf.Tensor),
  ]) as TensorFunction,
  inputs: [random.array([random.integer(1, 40), random.integer(1, 30)])],
});

const transpose = (random: TestRandom): Case => {
  const permutation = random.pick([
    [0, 3, 1, 2],
    [3, 0, 2, 1],
    [1, 0, 2, 3],
    [0, 2, 3, 1],
  ]);
  return { compute: (a) => tf.transpose(a as tf.Tensor, permutation), inputs: [random.array(image(random))] };
};

const copies = (random: TestRandom): Case => {
  const shape = image(random);
  const begin = shape.map((length) => random.integer(0, length - 1));
  const size = shape.map((length, at) => random.integer(1, length - (begin[at] ?? 0)));
  const axis = random.integer(0, 3);
  const compute: TensorFunction = (a, b) => {
    const [x, y] = [a as tf.Tensor4D, b as tf.Tensor4D];
    return [
      tf.slice(x, begin, size),
      tf.concat([x, y, x], axis),
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [2, 0],
        ],
        0.5,
      ),
      tf.addN([x, x, y]),
      tf.onesLike(x),
      tf.zerosLike(x),
      tf.fill([3, 2], 0.25),
      tf.cast(tf.cast(tf.mul(x, 10), 'int32'), 'float32'),
      tf.reshape(x, [-1, shape[3] ?? 1]),
    ];
  };
  return { compute, inputs: [random.array(shape), random.array(shape)] };
};

const batchNorm = (random: TestRandom): Case => {
  const shape = image(random);
  const channels = shape.slice(3);
  const compute: TensorFunction = (x, mean, variance, gamma, beta) =>
    tf.batchNorm(
      asImage(x),
      mean as tf.Tensor1D,
      tf.add(tf.abs(variance as tf.Tensor1D), 0.1) as tf.Tensor1D,
      beta as tf.Tensor1D,
      gamma as tf.Tensor1D,
    );
  return { compute, inputs: [random.array(shape), ...[1, 2, 3, 4].map(() => random.array(channels))] };
};

const batchNormGradients = (random: TestRandom): Case => {
  const { compute, inputs } = batchNorm(random);
  return { compute: gradientsOf(compute as (...tensors: tf.Tensor[]) => tf.Tensor), inputs };
};

const reluGradients = (random: TestRandom): Case => {
  const op = random.pick([tf.relu, tf.relu6]);
  return { compute: gradientsOf((a) => op(tf.mul(a as tf.Tensor, 9))), inputs: [random.array(image(random))] };
};

const SUITES: readonly Suite[] = [
  {
    name: 'conv2d on Winograd',
    tolerance: 1e-4,
    rounds: 40,
    make: winogradConv,
    native: [tf.Conv2D, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter],
  },
  { name: 'conv2d', tolerance: 1e-6, rounds: 100, make: conv, native: [] },
  {
    name: 'conv2d gradients',
    tolerance: 1e-5,
    rounds: 80,
    make: convGradients,
    native: [tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter],
  },
  { name: 'fused conv2d', tolerance: 1e-5, rounds: 80, make: fusedConv, native: [tf.FusedConv2D] },
  { name: 'depthwise conv2d', tolerance: 1e-6, rounds: 80, make: depthwise, native: [tf.DepthwiseConv2dNative] },
  {
    name: 'depthwise gradients',
    tolerance: 1e-5,
    rounds: 50,
    make: depthwiseGradients,
    native: [tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter],
  },
  {
    name: 'wide depthwise gradients',
    tolerance: 1e-5,
    rounds: 40,
    make: wideDepthwiseGradients,
    native: [tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter],
  },
  { name: 'fused depthwise', tolerance: 1e-5, rounds: 60, make: fusedDepthwise, native: [tf.FusedDepthwiseConv2D] },
  { name: 'matMul', tolerance: 1e-5, rounds: 150, make: matMul, native: [tf.BatchMatMul] },
  { name: 'fused matMul', tolerance: 1e-5, rounds: 80, make: fusedMatMul, native: [tf._FusedMatMul] },
  {
    name: 'binary',
    tolerance: 1e-6,
    rounds: 200,
    make: binary,
    native: [tf.Add, tf.Sub, tf.Multiply, tf.RealDiv, tf.Maximum, tf.Minimum],
  },
  {
    name: 'unary',
    tolerance: 1e-6,
    rounds: 120,
    make: unary,
    native: [tf.Relu, tf.Relu6, tf.Square, tf.Neg, tf.Abs, tf.Exp, tf.Sigmoid, tf.Tanh, tf.Step],
  },
  { name: 'sqrt, rsqrt, log', tolerance: 1e-5, rounds: 60, make: positive, native: [tf.Sqrt, tf.Rsqrt, tf.Log] },
  { name: 'sum, mean, max', tolerance: 1e-5, rounds: 120, make: reduce, native: [tf.Sum, tf.Mean, tf.Max] },
  {
    name: 'sum and mean gradients',
    tolerance: 1e-5,
    rounds: 60,
    make: reduceGradients,
    native: [tf.Sum, tf.Mean, tf.Multiply],
  },
  { name: 'max and average pool', tolerance: 1e-5, rounds: 100, make: pool, native: [tf.MaxPool, tf.AvgPool] },
  {
    name: 'pool gradients',
    tolerance: 1e-5,
    rounds: 60,
    make: poolGradients,
    native: [tf.MaxPoolGrad, tf.AvgPoolGrad],
  },
  { name: 'softmax', tolerance: 1e-5, rounds: 60, make: softmax, native: [tf.Softmax, tf.LogSoftmax] },
  { name: 'transpose', tolerance: 1e-6, rounds: 60, make: transpose, native: [tf.Transpose] },
  {
    name: 'copies and fills',
    tolerance: 1e-6,
    rounds: 50,
    make: copies,
    native: [tf.Slice, tf.Concat, tf.PadV2, tf.AddN, tf.OnesLike, tf.ZerosLike, tf.Fill, tf.Reshape],
  },
  { name: 'batch norm with given moments', tolerance: 1e-5, rounds: 60, make: batchNorm, native: [tf.FusedBatchNorm] },
  {
    name: 'batch norm gradients',
    tolerance: 1e-4,
    rounds: 40,
    make: batchNormGradients,
    native: [tf.FusedBatchNorm, tf.Tile],
  },
  { name: 'relu gradients', tolerance: 1e-6, rounds: 40, make: reluGradients, native: [tf.Relu, tf.Relu6, tf.Step] },
];

compareKernels('native kernels against the plain cpu kernels', SUITES, 1);
