import * as tf from '@tensorflow/tfjs-core';
import { adamStep } from '../ops/adam-step.ts';
import { batchNormTrain } from '../ops/batch-norm-train.ts';
import { convBiasRelu } from '../ops/conv-bias-relu.ts';
import { convBiasReluPool } from '../ops/conv-bias-relu-pool.ts';
import { convNormTrain } from '../ops/conv-norm-train.ts';
import { denseAct } from '../ops/dense-act.ts';
import { emaStep } from '../ops/ema-step.ts';
import { globalMean } from '../ops/global-mean.ts';
import { sgdStep } from '../ops/sgd-step.ts';
import { SmallNet } from '../testing/small-net.ts';
import { type EngineCase, LOOSE, ROUNDED } from './engine-case.ts';

const SHAPE = [3, 4, 4, 6];
const loose = { tolerance: LOOSE, gradientTolerance: LOOSE };
const smooth = { tolerance: ROUNDED, gradientTolerance: ROUNDED };
const image = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;
const vector = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor1D;

/** Runs `update` on variables that start as `inputs` and returns what they became. */
function updated(inputs: readonly tf.Tensor[], update: (...variables: tf.Variable[]) => void): tf.Tensor[] {
  const variables = inputs.map((input) => tf.variable(input, false));
  update(...variables);
  const results = variables.map((variable) => tf.mul(variable, 1));
  tf.dispose(variables); // variables outlive the scope that tidies everything else
  return results;
}

/** The fused training ops: one kernel on engines that have it, plain ops on the others. */
export const FUSED_CASES: readonly EngineCase[] = [
  ...(['none', 'relu', 'relu6'] as const).flatMap((activation): EngineCase[] => [
    {
      name: `batchNormTrain, activation ${activation}`,
      shapes: [SHAPE, [6], [6]],
      ...loose,
      compute: (x, gamma, beta) => batchNormTrain(x as tf.Tensor, vector(gamma), vector(beta), { activation }),
    },
    {
      name: `batchNormTrain, activation ${activation}, residual`,
      shapes: [SHAPE, [6], [6], SHAPE],
      ...loose,
      compute: (x, gamma, beta, residual) =>
        batchNormTrain(x as tf.Tensor, vector(gamma), vector(beta), { activation, residual: residual as tf.Tensor }),
    },
  ]),
  ...(['none', 'relu', 'relu6'] as const).flatMap((activation): EngineCase[] => [
    {
      name: `convBiasRelu, activation ${activation}`,
      shapes: [SHAPE, [3, 3, 6, 5], [5]],
      ...smooth,
      compute: (x, filter, bias) => convBiasRelu(image(x), image(filter), vector(bias), { activation, strides: 2 }),
    },
    {
      name: `denseAct, activation ${activation}`,
      shapes: [[4, 6], [6, 5], [5]],
      ...smooth,
      compute: (x, weights, bias) => denseAct(x as tf.Tensor2D, weights as tf.Tensor2D, vector(bias), activation),
    },
  ]),
  {
    name: 'convNormTrain, a depthwise and two pointwise layers with a residual',
    shapes: [SHAPE, [3, 3, 6, 1], [1, 1, 6, 5], [1, 1, 5, 6], [6], [6], [5], [5], [6], [6]],
    ...loose,
    compute: (x, depthwise, up, down, ...rest) => {
      const [g1, b1, g2, b2, g3, b3] = rest;
      const inner = convNormTrain(image(x), image(depthwise), vector(g1), vector(b1), { depthwise: true });
      const wide = convNormTrain(inner, image(up), vector(g2), vector(b2), { activation: 'relu' });
      return convNormTrain(wide, image(down), vector(g3), vector(b3), { activation: 'relu6', residual: inner });
    },
  },
  {
    name: 'convBiasReluPool',
    shapes: [[2, 5, 6, 3], [3, 3, 3, 4], [4]],
    ...smooth,
    compute: (x, filter, bias) => convBiasReluPool(image(x), image(filter), vector(bias)),
  },
  { name: 'globalMean', shapes: [SHAPE], ...smooth, compute: (x) => globalMean(image(x)) },
  {
    name: 'batchNormTrain, running averages',
    shapes: [SHAPE, [6], [6], [6], [6]],
    tolerance: LOOSE,
    compute: (x, gamma, beta, ...averages) =>
      updated(averages, (mean, variance) => {
        const moving = { mean: mean as tf.Variable, variance: variance as tf.Variable, momentum: 0.9 };
        batchNormTrain(x as tf.Tensor, vector(gamma), vector(beta), { moving });
      }),
  },
  ...[
    { momentum: 0, nesterov: false, weightDecay: 0 },
    { momentum: 0.9, nesterov: false, weightDecay: 1e-2 },
    { momentum: 0.9, nesterov: true, weightDecay: 1e-2 },
  ].map(
    (settings): EngineCase => ({
      name: `two steps of sgdStep, ${JSON.stringify(settings)}`,
      shapes: [
        [4, 5],
        [4, 5],
        [4, 5],
      ],
      tolerance: ROUNDED,
      compute: (gradient, ...inputs) =>
        updated(inputs as tf.Tensor[], (parameter, velocity) => {
          const group = { parameters: [parameter as tf.Variable], gradients: [gradient as tf.Tensor], ...settings };
          const groups = [{ ...group, velocities: [velocity as tf.Variable], learningRate: 0.1 }];
          sgdStep(groups);
          sgdStep(groups);
        }),
    }),
  ),
  ...[true, false].map(
    (isDecoupled): EngineCase => ({
      name: `two steps of adamStep, weight decay ${isDecoupled ? 'decoupled' : 'in the gradient'}`,
      shapes: [
        [4, 5],
        [4, 5],
        [4, 5],
        [4, 5],
      ],
      range: [0.1, 1],
      tolerance: ROUNDED,
      compute: (gradient, ...inputs) =>
        updated(inputs as tf.Tensor[], (parameter, first, second) => {
          const group = {
            parameters: [parameter as tf.Variable],
            gradients: [gradient as tf.Tensor],
            firstMoments: [first as tf.Variable],
            secondMoments: [second as tf.Variable],
            learningRate: 0.01,
            weightDecay: 1e-2,
            isDecoupled,
          };
          for (const step of [3, 4]) adamStep([{ ...group, step }]);
        }),
    }),
  ),
  {
    name: 'emaStep',
    shapes: [
      [4, 5],
      [4, 5],
    ],
    tolerance: ROUNDED,
    compute: (value, average) =>
      updated([average as tf.Tensor], (variable) =>
        emaStep({ averages: [variable as tf.Variable], values: [value as tf.Tensor], decay: 0.9 }),
      ),
  },
  {
    name: 'losses of three training steps of a small network',
    shapes: [],
    tolerance: LOOSE,
    compute: () => {
      const net = new SmallNet(9, { batch: 4, size: 6, channels: 4 });
      const losses = [1, 2, 3].map(() => net.update());
      net.dispose();
      return losses;
    },
  },
];
