import * as tf from '@tensorflow/tfjs-core';
import { type EngineCase, EXACT, ROUNDED } from './engine-case.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
type Range = NonNullable<EngineCase['range']>;

const WIDE: Range = [-4, 4];
const POSITIVE: Range = [0.2, 3];
const INSIDE: Range = [-0.9, 0.9];

/** Functions with a gradient, and where they are defined and smooth. */
const SMOOTH_UNARY: Readonly<Record<string, [Unary, Range]>> = {
  abs: [tf.abs, WIDE],
  acos: [tf.acos, INSIDE],
  acosh: [tf.acosh, [1.2, 4]],
  asin: [tf.asin, INSIDE],
  asinh: [tf.asinh, WIDE],
  atan: [tf.atan, WIDE],
  atanh: [tf.atanh, INSIDE],
  clipByValue: [(x) => tf.clipByValue(x, -1, 2), WIDE],
  cos: [tf.cos, WIDE],
  cosh: [tf.cosh, WIDE],
  elu: [tf.elu, WIDE],
  erf: [tf.erf, WIDE],
  exp: [tf.exp, WIDE],
  expm1: [tf.expm1, WIDE],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.1), WIDE],
  log: [tf.log, POSITIVE],
  log1p: [tf.log1p, POSITIVE],
  logSigmoid: [tf.logSigmoid, WIDE],
  neg: [tf.neg, WIDE],
  reciprocal: [tf.reciprocal, POSITIVE],
  relu: [tf.relu, WIDE],
  relu6: [tf.relu6, [-4, 9]],
  rsqrt: [tf.rsqrt, POSITIVE],
  selu: [tf.selu, WIDE],
  sigmoid: [tf.sigmoid, WIDE],
  sin: [tf.sin, WIDE],
  sinh: [tf.sinh, WIDE],
  softplus: [tf.softplus, WIDE],
  sqrt: [tf.sqrt, POSITIVE],
  square: [tf.square, WIDE],
  tan: [tf.tan, INSIDE],
  tanh: [tf.tanh, WIDE],
};

/** WGSL promises an absolute error of 2^-11 for these, on `[-pi, pi]`. */
const COARSE_IN_SHADERS = new Set(['cos', 'sin', 'tan']);

/** Functions that are constant between jumps: their gradient is zero or absent. */
const STEPS: Readonly<Record<string, Unary>> = {
  ceil: tf.ceil,
  floor: tf.floor,
  isFinite: (x) => tf.isFinite(tf.div(1, tf.floor(x))),
  isInf: (x) => tf.isInf(tf.div(1, tf.floor(x))),
  isNaN: (x) => tf.isNaN(tf.sqrt(x)),
  logicalNot: (x) => tf.logicalNot(tf.greater(x, 0)),
  round: tf.round,
  sign: tf.sign,
  step: (x) => tf.step(x, 0.3),
};

/** Gradients of tfjs that are not summed over broadcast axes: taken for equal shapes alone. */
const SAME_SHAPE_GRADIENT: Readonly<Record<string, Binary>> = {
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
};

const SMOOTH_BINARY: Readonly<Record<string, Binary>> = {
  add: tf.add,
  atan2: tf.atan2,
  div: tf.div,
  mul: tf.mul,
  pow: tf.pow,
  prelu: (a, b) => tf.prelu(tf.sub(a, 1.5), b),
  sub: tf.sub,
};

const COMPARISONS: Readonly<Record<string, Binary>> = {
  divNoNan: (a, b) => tf.divNoNan(a, tf.floor(b)),
  equal: (a, b) => tf.equal(tf.round(a), tf.round(b)),
  floorDiv: (a, b) => tf.floorDiv(tf.mul(a, 5), b),
  greater: tf.greater,
  greaterEqual: (a, b) => tf.greaterEqual(tf.round(a), tf.round(b)),
  less: tf.less,
  lessEqual: (a, b) => tf.lessEqual(tf.round(a), tf.round(b)),
  logicalAnd: (a, b) => tf.logicalAnd(tf.greater(a, 1), tf.greater(b, 1)),
  logicalOr: (a, b) => tf.logicalOr(tf.greater(a, 1), tf.greater(b, 1)),
  logicalXor: (a, b) => tf.logicalXor(tf.greater(a, 1), tf.greater(b, 1)),
  mod: (a, b) => tf.mod(tf.mul(a, 5), b),
  notEqual: (a, b) => tf.notEqual(tf.round(a), tf.round(b)),
};

/** Pairs of shapes; the second is broadcast. */
const BROADCASTS: readonly (readonly [number[], number[]])[] = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[2, 3, 4], []],
];

/** Functions of each element. */
export const ELEMENTWISE_CASES: readonly EngineCase[] = [
  ...Object.entries(SMOOTH_UNARY).map(
    ([name, [compute, range]]): EngineCase => ({
      name,
      shapes: [[3, 4, 5]],
      range,
      tolerance: ROUNDED,
      gradientTolerance: ROUNDED,
      ...(COARSE_IN_SHADERS.has(name) ? { shaderTolerance: 2 ** -11 } : {}),
      compute: (x) => compute(x as tf.Tensor),
    }),
  ),
  ...Object.entries(STEPS).map(
    ([name, compute]): EngineCase => ({
      name,
      shapes: [[3, 4, 5]],
      range: WIDE,
      tolerance: EXACT,
      compute: (x) => tf.cast(compute(x as tf.Tensor), 'float32'),
    }),
  ),
  ...Object.entries(SMOOTH_BINARY).flatMap(([name, compute]) =>
    BROADCASTS.map(
      (shapes): EngineCase => ({
        name: `${name} of [${shapes[0]}] and [${shapes[1]}]`,
        shapes,
        range: POSITIVE,
        tolerance: ROUNDED,
        gradientTolerance: ROUNDED,
        compute: (a, b) => compute(a as tf.Tensor, b as tf.Tensor),
      }),
    ),
  ),
  ...Object.entries(SAME_SHAPE_GRADIENT).flatMap(([name, compute]) =>
    BROADCASTS.map(
      (shapes, at): EngineCase => ({
        name: `${name} of [${shapes[0]}] and [${shapes[1]}]`,
        shapes,
        range: POSITIVE,
        tolerance: ROUNDED,
        ...(at === 0 ? { gradientTolerance: ROUNDED } : {}),
        compute: (a, b) => compute(a as tf.Tensor, b as tf.Tensor),
      }),
    ),
  ),
  ...Object.entries(COMPARISONS).map(
    ([name, compute]): EngineCase => ({
      name,
      shapes: [[2, 3, 4], [4]],
      range: POSITIVE,
      tolerance: EXACT,
      compute: (a, b) => tf.cast(compute(a as tf.Tensor, b as tf.Tensor), 'float32'),
    }),
  ),
  {
    name: 'where',
    shapes: [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
    tolerance: EXACT,
    compute: (a, b, c) => tf.where(tf.greater(a as tf.Tensor, 0), b as tf.Tensor, c as tf.Tensor),
  },
  {
    name: 'addN',
    shapes: [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
    tolerance: EXACT,
    gradientTolerance: EXACT,
    compute: (...inputs) => tf.addN(inputs),
  },
  {
    name: 'cast to int32 and back',
    shapes: [[20]],
    range: WIDE,
    tolerance: EXACT,
    compute: (x) => tf.cast(tf.cast(x as tf.Tensor, 'int32'), 'float32'),
  },
];
