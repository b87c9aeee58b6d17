import * as tf from '@tensorflow/tfjs-core';
import { batchNormTrain } from '../ops/batch-norm-train.ts';
import { sgdStep } from '../ops/sgd-step.ts';
import { SmallNet } from '../testing/small-net.ts';
import { type EngineCase, LOOSE, ROUNDED } from './engine-case.ts';

const SHAPE = [3, 4, 4, 6];
const loose = { tolerance: LOOSE, gradientTolerance: LOOSE };
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
