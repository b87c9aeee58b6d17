import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { batchNorm } from './batch-norm.ts';
import { conv } from './conv.ts';
import { dense } from './dense.ts';
import { normal, xavierNormal } from './init.ts';
import { squeezeExcite } from './squeeze-excite.ts';
import { Weights } from './weights.ts';

const plain = { bias: true, init: normal(1) };
const newWeights = () => new Weights((name) => createRng(1, name));
const random = (shape: number[], name = 'x') => {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  createRng(2, name).fillNormal(values);
  return values;
};
const assertClose = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs((actual[i] as number) - (expected[i] as number)) <= tolerance,
      `${i}: ${actual[i]} ${expected[i]}`,
    );
};

/** Convolution by loops over NHWC and HWIO arrays, padding `(k - 1) / 2`. */
const convByHand = (
  x: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  filter: ArrayLike<number>,
  { kernel, stride, out, depthwise }: { kernel: number; stride: number; out: number; depthwise: boolean },
): number[] => {
  const result: number[] = [];
  const pad = (kernel - 1) / 2;
  for (let y = 0; y < height; y += stride)
    for (let z = 0; z < width; z += stride)
      for (let o = 0; o < out; o++) {
        let sum = 0;
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const [r, c] = [y + i - pad, z + j - pad];
            if (r < 0 || c < 0 || r >= height || c >= width) continue;
            for (let k = 0; k < channels; k++) {
              if (depthwise && k !== o) continue;
              const at = depthwise ? (i * kernel + j) * out + o : ((i * kernel + j) * channels + k) * out + o;
              sum += (x[(r * width + c) * channels + k] as number) * (filter[at] as number);
            }
          }
        result.push(sum);
      }
  return result;
};

describe('layers', () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, before));

  for (const [size, kernel, stride, depthwise] of [
    [7, 3, 1, false],
    [7, 3, 2, false],
    [6, 5, 2, false],
    [5, 1, 2, false],
    [6, 3, 2, true],
    [7, 5, 1, true],
  ] as const)
    it(`convolves ${size} px with ${kernel} x ${kernel}, stride ${stride}${depthwise ? ', depth-wise' : ''}`, () => {
      const weights = newWeights();
      const out = depthwise ? 4 : 3;
      const layer = conv(weights, 'c', { in: 4, out, kernel, stride, depthwise, bias: true, init: xavierNormal() });
      const x = random([1, size, size, 4]);
      const y = tf.tidy(() => layer.forward(tf.tensor4d(x, [1, size, size, 4]), false).dataSync());
      const filter = weights.parameters[0]?.value.dataSync() ?? [];
      assertClose(y, convByHand(x, [size, size, 4], filter, { kernel, stride, out, depthwise }), 1e-4);
      weights.dispose();
    });

  it('starts kernels from Xavier-normal and gives weight decay to kernels alone', () => {
    const weights = newWeights();
    conv(weights, 'c', { in: 64, out: 32, kernel: 3, stride: 1, depthwise: false, bias: true, init: xavierNormal(2) });
    dense(weights, 'd', { in: 32, out: 10, bias: true, init: normal(0.5) });
    batchNorm(weights, 'n', 32, { epsilon: 1e-3, momentum: 0.1, gamma: 0, activation: 'relu' });
    const kernel = weights.parameters[0]?.value.dataSync<'float32'>() ?? new Float32Array(1);
    const variance = kernel.reduce((sum, w) => sum + w * w, 0) / kernel.length;
    assert.ok(Math.abs(Math.sqrt(variance) / (2 * Math.sqrt(2 / (9 * 96))) - 1) < 0.03);
    assert.deepEqual(
      weights.parameters.map(({ name, decay }) => [name, decay]),
      [
        ['c/kernel', true],
        ['c/bias', false],
        ['d/kernel', true],
        ['d/bias', false],
        ['n/gamma', false],
        ['n/beta', false],
      ],
    );
    assert.deepEqual(
      weights.statistics.map(({ name, value }) => [name, value.dataSync()[0]]),
      [
        ['n/running-mean', 0],
        ['n/running-variance', 1],
      ],
    );
    weights.dispose();
  });

  it('draws first values by name: they do not depend on what else a model has', () => {
    const [alone, second] = [newWeights(), newWeights()];
    dense(alone, 'head', { in: 5, out: 3, ...plain });
    dense(second, 'other', { in: 9, out: 9, ...plain });
    dense(second, 'head', { in: 5, out: 3, ...plain });
    const kernel = (weights: Weights) =>
      weights.parameters.find(({ name }) => name === 'head/kernel')?.value.dataSync() ?? [];
    assertClose(kernel(alone), kernel(second), 0);
    for (const weights of [alone, second]) weights.dispose();
  });

  it('refuses one name for two tensors', () => {
    const weights = newWeights();
    dense(weights, 'd', { in: 2, out: 2, ...plain });
    assert.throws(
      () => dense(weights, 'd', { in: 2, out: 2, ...plain }),
      /two tensors of the model are named d\/kernel/,
    );
    weights.dispose();
  });

  it('normalises by the batch in training and by the running statistics afterwards', () => {
    const weights = newWeights();
    const layer = batchNorm(weights, 'n', 3, { epsilon: 1e-3, momentum: 0.25, gamma: 2, activation: 'relu' });
    const x = random([2, 4, 4, 3]);
    const residual = random([2, 4, 4, 3], 'residual');
    const column = (c: number) => [...x].filter((_, i) => i % 3 === c);
    const mean = [0, 1, 2].map((c) => column(c).reduce((a, b) => a + b, 0) / 32);
    const variance = [0, 1, 2].map((c) => column(c).reduce((a, b) => a + (b - (mean[c] ?? 0)) ** 2, 0) / 32);
    const expected = (m: number[], v: number[]) =>
      [...x].map((value, i) =>
        Math.max(0, (2 * (value - (m[i % 3] ?? 0))) / Math.sqrt((v[i % 3] ?? 0) + 1e-3) + (residual[i] as number)),
      );
    const run = (training: boolean) =>
      tf.tidy(() =>
        layer.forward(tf.tensor4d(x, [2, 4, 4, 3]), training, tf.tensor4d(residual, [2, 4, 4, 3])).dataSync(),
      );
    assertClose(run(true), expected(mean, variance), 1e-4);
    const running = weights.statistics.map(({ value }) => [...value.dataSync()]);
    const unbiased = variance.map((v) => 0.75 + (0.25 * v * 32) / 31);
    assertClose(
      running[0] ?? [],
      mean.map((m) => 0.25 * m),
      1e-5,
    );
    assertClose(running[1] ?? [], unbiased, 1e-5);
    assertClose(
      run(false),
      expected(
        mean.map((m) => 0.25 * m),
        unbiased,
      ),
      1e-4,
    );
    assert.deepEqual(
      weights.statistics.map(({ value }) => [...value.dataSync()]),
      running,
    );
    weights.dispose();
  });

  it('scales channels by gates between 0 and 1', () => {
    const weights = newWeights();
    const layer = squeezeExcite(weights, 's', {
      channels: 8,
      inner: 2,
      init: xavierNormal(),
      norm: { epsilon: 1e-3, momentum: 0.1 },
    });
    const x = random([3, 4, 4, 8]);
    const y = tf.tidy(() => layer.forward(tf.tensor4d(x, [3, 4, 4, 8]), true).dataSync());
    for (let b = 0; b < 3; b++)
      for (let c = 0; c < 8; c++) {
        const gates = Array.from({ length: 16 }, (_, p) => {
          const at = (b * 16 + p) * 8 + c;
          return (y[at] as number) / (x[at] as number);
        });
        assert.ok(
          gates.every((gate) => gate > 0 && gate < 1 && Math.abs(gate - (gates[0] ?? 0)) < 1e-3),
          `${gates}`,
        );
      }
    weights.dispose();
  });
});
