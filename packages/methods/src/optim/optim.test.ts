import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Model, Parameter } from '../nn/model.ts';
import { createRng } from '../random/create-rng.ts';
import { clipByGlobalNorm, globalNorm } from './clip-by-global-norm.ts';
import { createEma } from './ema.ts';
import { createOptimizer, decayGroups, type OptimizerOptions } from './optimizer.ts';

const SHAPES = { kernel: [3, 4], bias: [4] };
const random = (name: string, count: number) => {
  const values = new Float32Array(count);
  createRng(8, name).fillNormal(values);
  return values;
};
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Two parameters, one with decay; its `forward` is never called. */
const twoParameters = (): Model => {
  const parameters = Object.entries(SHAPES).map(([name, shape]): Parameter => {
    const first = tf.tensor(random(name, sizeOf(shape)), shape);
    const value = tf.variable(first);
    first.dispose();
    return { name, value, decay: name === 'kernel' };
  });
  const statistics = [{ name: 'mean', value: tf.tidy(() => tf.variable(tf.ones([4]), false)) }];
  return {
    parameters,
    statistics,
    forward: () => {
      throw new Error('not a network');
    },
    dispose: () => {
      for (const { value } of [...parameters, ...statistics]) value.dispose();
    },
  };
};

const gradientsAt = (model: Model, step: number): tf.NamedTensorMap =>
  Object.fromEntries(
    model.parameters.map(({ name, value }) => [
      value.name,
      tf.tensor(random(`${name}/${step}`, value.size), value.shape),
    ]),
  );

const STEPS = 5;
const RATE = 0.05;
const DECAY = 0.02;

const lengthOf = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

/** A whole parameter through all steps of LARS, in double: its scale depends on all of its numbers. */
const larsByHand = (
  { momentum, trust, epsilon }: Extract<OptimizerOptions, { kind: 'lars' }>,
  name: 'kernel' | 'bias',
): number[] => {
  const size = sizeOf(SHAPES[name]);
  let w = [...random(name, size)];
  let v = w.map(() => 0);
  for (let t = 1; t <= STEPS; t++) {
    const slope = [...random(`${name}/${t}`, size)];
    const decay = name === 'kernel' ? DECAY : 0;
    const ratio = decay === 0 ? 1 : (trust * lengthOf(w)) / (lengthOf(slope) + decay * lengthOf(w) + epsilon);
    v = v.map((old, i) => momentum * old + ratio * ((slope[i] as number) + decay * (w[i] as number)));
    w = w.map((old, i) => old - RATE * (v[i] as number));
  }
  return w;
};

/** One number of one parameter through all steps, in double, by the rule of the paper. */
const byHand = (options: OptimizerOptions, name: 'kernel' | 'bias', index: number): number => {
  if (options.kind === 'lars') return larsByHand(options, name)[index] as number;
  const size = sizeOf(SHAPES[name]);
  let w = random(name, size)[index] as number;
  let [m, v] = [0, 0];
  const decay = name === 'kernel' ? DECAY : 0;
  for (let t = 1; t <= STEPS; t++) {
    const slope = random(`${name}/${t}`, size)[index] as number;
    if (options.kind === 'sgd') {
      const g = slope + decay * w;
      v = options.momentum * v + g;
      w -= RATE * (options.nesterov ? g + options.momentum * v : v);
      continue;
    }
    const { beta1, beta2, epsilon } = options;
    const g = options.kind === 'adam' ? slope + decay * w : slope;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const [mHat, vHat] = [m / (1 - beta1 ** t), v / (1 - beta2 ** t)];
    if (options.kind === 'adamw') w -= RATE * decay * w;
    w -= (RATE * mHat) / (Math.sqrt(vHat) + epsilon);
  }
  return w;
};

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

const OPTIMIZERS: readonly OptimizerOptions[] = [
  { kind: 'sgd', momentum: 0, nesterov: false },
  { kind: 'sgd', momentum: 0.9, nesterov: false },
  { kind: 'sgd', momentum: 0.9, nesterov: true },
  { kind: 'lars', momentum: 0.9, trust: 0.02, epsilon: 1e-8 },
  { kind: 'lars', momentum: 0, trust: 1, epsilon: 1e-8 },
  { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
  { kind: 'adamw', beta1: 0.8, beta2: 0.999, epsilon: 1e-6 },
];

describe('createOptimizer', () => {
  for (const options of OPTIMIZERS)
    it(`follows the written-out rule: ${JSON.stringify(options)}`, () => {
      const model = twoParameters();
      const optimizer = createOptimizer(options, decayGroups(model, DECAY));
      for (let step = 1; step <= STEPS; step++) {
        const gradients = gradientsAt(model, step);
        optimizer.update(gradients, RATE);
        tf.dispose(gradients);
      }
      for (const { name, value } of model.parameters)
        value.dataSync().forEach((w, i) => {
          const expected = byHand(options, name as 'kernel', i);
          assert.ok(Math.abs(w - expected) < 1e-5, `${name}[${i}]: ${w} ${expected}`);
        });
      optimizer.dispose();
      model.dispose();
    });

  it('moves a layer of zeros, which LARS could not scale', () => {
    const value = tf.tidy(() => tf.variable(tf.zeros([3])));
    const groups = [{ parameters: [{ name: 'zeros', value, decay: true }], weightDecay: DECAY }];
    const optimizer = createOptimizer({ kind: 'lars', momentum: 0, trust: 0.02, epsilon: 1e-8 }, groups);
    const gradients = { [value.name]: tf.tensor1d([1, -2, 0]) };
    optimizer.update(gradients, 0.5);
    assert.deepEqual([...value.dataSync()], [-0.5, 1, 0]);
    tf.dispose([gradients, value]);
    optimizer.dispose();
  });

  it('scales the learning rate of a group, and says which parameter has no gradient', () => {
    const model = twoParameters();
    const [kernel, bias] = model.parameters;
    assert.ok(kernel && bias);
    const optimizer = createOptimizer({ kind: 'sgd', momentum: 0, nesterov: false }, [
      { parameters: [kernel], weightDecay: 0 },
      { parameters: [bias], weightDecay: 0, learningRateScale: 0.5 },
    ]);
    const gradients = tf.tidy(() => ({ [kernel.value.name]: tf.ones([3, 4]), [bias.value.name]: tf.ones([4]) }));
    optimizer.update(gradients, 1);
    assert.ok(Math.abs((bias.value.dataSync()[0] ?? 0) - ((random('bias', 4)[0] ?? 0) - 0.5)) < 1e-6);
    assert.throws(
      () => optimizer.update({ [kernel.value.name]: gradients[kernel.value.name] as tf.Tensor }, 1),
      /bias has no gradient/,
    );
    tf.dispose(gradients);
    optimizer.dispose();
    model.dispose();
  });
});

describe('clipByGlobalNorm', () => {
  it('scales all gradients together to the norm, and leaves short ones as they are', () => {
    const gradients = tf.tidy(() => ({ a: tf.tensor1d([3, 0]), b: tf.tensor2d([[4], [12]]) }));
    const norm = (of: tf.NamedTensorMap) => tf.tidy(() => globalNorm(of).dataSync()[0] as number);
    const clipped = clipByGlobalNorm(gradients, 6.5);
    assert.ok(Math.abs(norm(gradients) - 13) < 1e-5);
    assert.ok(Math.abs(norm(clipped) - 6.5) < 1e-4);
    assert.ok(Math.abs((clipped.b?.dataSync()[1] ?? 0) - 6) < 1e-4);
    const kept = clipByGlobalNorm(gradients, 14);
    assert.deepEqual([...(kept.a?.dataSync() ?? [])], [3, 0]);
    tf.dispose([gradients, clipped, kept]);
    const zero = tf.tidy(() => ({ a: tf.zeros([2]) }));
    const none = clipByGlobalNorm(zero, 1);
    assert.deepEqual([norm(zero), ...(none.a?.dataSync() ?? [])], [0, 0, 0]);
    tf.dispose([zero, none]);
  });
});

describe('createEma', () => {
  for (const warmup of [false, true])
    it(`averages parameters and statistics by the rule${warmup ? ', less at the start' : ''}`, () => {
      const model = twoParameters();
      const ema = createEma(model, { decay: 0.7, warmup });
      const statistic = model.statistics[0]?.value;
      assert.ok(statistic);
      let [value, average] = [1, 1];
      for (let n = 1; n <= 6; n++) {
        value *= 1.5;
        tf.tidy(() => statistic.assign(tf.mul(statistic, 1.5)));
        ema.update();
        const kept = warmup ? Math.min(0.7, (1 + n) / (10 + n)) : 0.7;
        average = kept * average + (1 - kept) * value;
      }
      const found = ema.averages.find(({ name }) => name === 'ema/mean')?.value.dataSync()[0] ?? 0;
      assert.ok(Math.abs(found - average) < 1e-5, `${found} ${average}`);
      ema.dispose();
      model.dispose();
    });

  it('lends the averages to the model and gives its own values back, also after an error', async () => {
    const model = twoParameters();
    const ema = createEma(model, { decay: 0.5, warmup: false });
    const kernel = model.parameters[0]?.value;
    assert.ok(kernel);
    const first = [...kernel.dataSync()];
    tf.tidy(() => kernel.assign(tf.mul(kernel, 3)));
    ema.update();
    const [own, average] = [[...kernel.dataSync()], [...(ema.averages[0]?.value.dataSync() ?? [])]];
    first.forEach((w, i) => {
      assert.ok(Math.abs((average[i] ?? 0) - 2 * w) < 1e-5);
    });
    assert.deepEqual(await ema.during(async () => [...kernel.dataSync()]), average);
    assert.deepEqual([...kernel.dataSync()], own);
    const failing = ema.during(async () => {
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual([...kernel.dataSync()], own);
    assert.deepEqual([...(ema.averages[0]?.value.dataSync() ?? [])], average);
    ema.dispose();
    model.dispose();
  });
});
