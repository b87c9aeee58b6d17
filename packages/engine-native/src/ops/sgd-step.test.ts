import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startNative } from '../testing/on-backend.ts';
import { TestRandom, toTensor } from '../testing/random-tensor.ts';
import { sgdStep } from './sgd-step.ts';

const SHAPES = [[3, 3, 4, 8], [8], [70, 100], [1]];
const STEPS = 4;

interface Settings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

const SETTINGS: readonly Settings[] = [
  { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
  { learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 5e-4 },
  { learningRate: 0.05, momentum: 0.8, nesterov: true, weightDecay: 1e-2 },
];

/** The rule written out for one number at a time, in double. */
function byHand({ learningRate, momentum, nesterov, weightDecay }: Settings): number[] {
  const random = new TestRandom(5);
  return SHAPES.flatMap((shape) => {
    const weights = [...random.array(shape).values];
    const gradient = random.array(shape).values;
    const velocity = weights.map(() => 0);
    for (let step = 0; step < STEPS; step += 1) {
      for (const [at, w] of weights.entries()) {
        const slope = (gradient[at] ?? 0) + weightDecay * w;
        const speed = momentum * (velocity[at] ?? 0) + slope;
        velocity[at] = speed;
        weights[at] = w - learningRate * (nesterov ? slope + momentum * speed : speed);
      }
    }
    return weights;
  });
}

async function onBackend(backend: 'cpu' | 'onednn', settings: Settings): Promise<number[]> {
  await tf.setBackend(backend);
  const random = new TestRandom(5);
  const tensors = SHAPES.map((shape) => [random.array(shape), random.array(shape)] as const);
  const parameters = tensors.map(([weights]) => tf.tidy(() => tf.variable(toTensor(weights))));
  const gradients = tensors.map(([, gradient]) => toTensor(gradient));
  const velocities = SHAPES.map((shape) => tf.tidy(() => tf.variable(tf.zeros(shape), false)));
  const half = {
    parameters: parameters.slice(0, 2),
    gradients: gradients.slice(0, 2),
    velocities: velocities.slice(0, 2),
  };
  const rest = { parameters: parameters.slice(2), gradients: gradients.slice(2), velocities: velocities.slice(2) };
  for (let step = 0; step < STEPS; step += 1) {
    sgdStep([
      { ...half, ...settings },
      { ...rest, ...settings },
    ]);
  }
  const result = parameters.flatMap((parameter) => [...parameter.dataSync()]);
  tf.dispose([parameters, gradients, velocities]);
  return result;
}

describe('sgdStep', () => {
  before(() => startNative());

  for (const settings of SETTINGS) {
    for (const backend of ['cpu', 'onednn'] as const) {
      it(`follows the written-out rule on ${backend}: ${JSON.stringify(settings)}`, async () => {
        const expected = byHand(settings);
        const actual = await onBackend(backend, settings);
        const error = Math.max(...expected.map((value, at) => Math.abs(value - (actual[at] ?? Number.NaN))));
        assert.ok(error < 2e-6, `error ${error}`);
      });
    }
  }

  it('leaves a clone of a parameter and an array read earlier as they were', async () => {
    await tf.setBackend('onednn');
    const parameter = tf.tidy(() => tf.variable(tf.add(tf.ones([100]), 1)));
    const clone = parameter.clone();
    const gradient = tf.ones([100]);
    sgdStep([{ parameters: [parameter], gradients: [gradient], learningRate: 0.5 }]);
    const read = parameter.dataSync();
    sgdStep([{ parameters: [parameter], gradients: [gradient], learningRate: 0.5 }]);
    assert.equal(clone.dataSync()[99], 2);
    assert.equal(read[99], 1.5);
    assert.equal(parameter.dataSync()[99], 1);
    tf.dispose([parameter, clone, gradient]);
  });

  it('lets a velocity that nothing feeds end at zero, on every thread, and leaves JavaScript its denormals', async () => {
    await tf.setBackend('onednn');
    const many = [400_000]; // so many that all threads take part
    const velocity = tf.tidy(() => tf.variable(tf.fill(many, 2 ** -125), false));
    const parameter = tf.tidy(() => tf.variable(tf.zeros(many)));
    const gradient = tf.zeros(many);
    const group = { parameters: [parameter], gradients: [gradient], velocities: [velocity], learningRate: 1 };
    for (let step = 0; step < 3; step += 1) sgdStep([{ ...group, momentum: 0.5 }]);
    assert.deepEqual(new Set(velocity.dataSync()), new Set([0]));
    assert.ok(Number.MIN_VALUE * 3 > Number.MIN_VALUE);
    tf.dispose([parameter, velocity, gradient]);
  });

  it('repacks a convolution filter after it changed', async () => {
    await tf.setBackend('onednn');
    const filter = tf.tidy(() => tf.variable(tf.ones([3, 3, 16, 16])));
    const x = tf.ones([1, 8, 8, 16]) as tf.Tensor4D;
    const gradient = tf.ones([3, 3, 16, 16]);
    const centre = () => tf.tidy(() => tf.conv2d(x, filter as tf.Tensor4D, 1, 'valid').dataSync()[0]);
    assert.equal(centre(), 144);
    sgdStep([{ parameters: [filter], gradients: [gradient], learningRate: 0.5 }]);
    assert.equal(centre(), 72);
    tf.dispose([filter, x, gradient]);
  });

  it('refuses lists that do not fit each other', async () => {
    await tf.setBackend('onednn');
    const parameter = tf.tidy(() => tf.variable(tf.ones([2])));
    const gradient = tf.ones([3]);
    const group = { parameters: [parameter], learningRate: 1 };
    assert.throws(() => sgdStep([{ ...group, gradients: [] }]), /0 gradients for 1 parameters/);
    assert.throws(() => sgdStep([{ ...group, gradients: [gradient] }]), /gradients\[0\] must have shape \[2\]/);
    assert.throws(() => sgdStep([{ ...group, gradients: [parameter], momentum: 0.9 }]), /momentum needs velocities/);
    tf.dispose([parameter, gradient]);
  });
});
