import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { engineMemory } from '../memory.ts';
import { startNative } from '../testing/on-backend.ts';
import { TestRandom, toTensor } from '../testing/random-tensor.ts';
import { adamStep } from './adam-step.ts';

const SHAPES = [[3, 3, 2, 4], [5], [90, 40]];
const STEPS = 4;
const GRADIENT_SCALES = [1, -0.5, 2, 0.25];

interface Settings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  readonly isDecoupled?: boolean;
}

const SETTINGS: readonly Settings[] = [
  { learningRate: 0.01 },
  { learningRate: 0.02, weightDecay: 0.1, epsilon: 1e-6 },
  { learningRate: 0.02, weightDecay: 0.1, isDecoupled: true, beta1: 0.8, beta2: 0.95 },
];

/** The rule as the papers write it, for one number at a time, in double. */
function byHand(settings: Settings): number[] {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, isDecoupled = false } = settings;
  const random = new TestRandom(5);
  return SHAPES.flatMap((shape) => {
    const weights = [...random.array(shape).values];
    const gradient = random.array(shape).values;
    return weights.map((start, at) => {
      let [w, m, v] = [start, 0, 0];
      for (let step = 1; step <= STEPS; step += 1) {
        const g = (gradient[at] ?? 0) * (GRADIENT_SCALES[step - 1] ?? 1) + (isDecoupled ? 0 : weightDecay * w);
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        const direction = m / (1 - beta1 ** step) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
        w -= learningRate * (direction + (isDecoupled ? weightDecay * w : 0));
      }
      return w;
    });
  });
}

async function onBackend(backend: 'cpu' | 'onednn', settings: Settings): Promise<number[]> {
  await tf.setBackend(backend);
  const random = new TestRandom(5);
  const tensors = SHAPES.map((shape) => [random.array(shape), random.array(shape)] as const);
  const parameters = tensors.map(([weights]) => tf.tidy(() => tf.variable(toTensor(weights))));
  const moments = () => SHAPES.map((shape) => tf.tidy(() => tf.variable(tf.zeros(shape), false)));
  const [firstMoments, secondMoments] = [moments(), moments()];
  for (let step = 1; step <= STEPS; step += 1) {
    const gradients = tensors.map(([, gradient]) =>
      tf.tidy(() => tf.mul(toTensor(gradient), GRADIENT_SCALES[step - 1] ?? 1)),
    );
    adamStep([{ parameters, gradients, firstMoments, secondMoments, step, ...settings }]);
    tf.dispose(gradients);
  }
  const result = parameters.flatMap((parameter) => [...parameter.dataSync()]);
  tf.dispose([parameters, firstMoments, secondMoments]);
  return result;
}

describe('adamStep', () => {
  before(() => startNative());

  for (const settings of SETTINGS) {
    for (const backend of ['cpu', 'onednn'] as const) {
      it(`follows the written-out rule on ${backend}: ${JSON.stringify(settings)}`, async () => {
        const expected = byHand(settings);
        const actual = await onBackend(backend, settings);
        // an element whose gradient is near zero moves by a quotient of small numbers
        const error = Math.max(...expected.map((value, at) => Math.abs(value - (actual[at] ?? Number.NaN))));
        assert.ok(error < 1e-5, `error ${error}`);
      });
    }
  }

  it('leaves no tensor and no buffer', async () => {
    await onBackend('onednn', { learningRate: 0.1 });
    const { numTensors, lentBytes } = engineMemory();
    await onBackend('onednn', { learningRate: 0.1 });
    assert.equal(engineMemory().numTensors, numTensors);
    assert.equal(engineMemory().lentBytes, lentBytes);
  });

  it('refuses lists that do not fit each other and a step of zero', async () => {
    await tf.setBackend('onednn');
    const parameter = tf.tidy(() => tf.variable(tf.ones([2])));
    const wrong = tf.tidy(() => tf.variable(tf.ones([3])));
    const group = {
      parameters: [parameter],
      gradients: [parameter],
      firstMoments: [parameter],
      secondMoments: [parameter],
      learningRate: 1,
      step: 1,
    };
    assert.throws(() => adamStep([{ ...group, gradients: [] }]), /0 gradients for 1 parameters/);
    assert.throws(() => adamStep([{ ...group, firstMoments: [wrong] }]), /firstMoments\[0\] must have shape \[2\]/);
    assert.throws(() => adamStep([{ ...group, step: 0 }]), /step must be a whole number from 1, is 0/);
    tf.dispose([parameter, wrong]);
  });
});
