import { parseStructure, superBlocks } from '@crucible/contracts';
import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { countStructure } from '../nn/structure/count.ts';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { structureNetwork } from './structure-network.ts';

const blocksOf = (text: string) => superBlocks(parseStructure(text));
const networkOf = (text: string, residuals = true, squeezeExcite = false) =>
  structureNetwork(blocksOf(text), {
    input: { height: 16, width: 16, channels: 3 },
    residuals,
    squeezeExcite,
    classes: 5,
    batchNormMomentum: 0.1,
    rng: (name) => createRng(1, name),
  });
const images = (shape: [number, number, number, number]) => {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  createRng(3, 'images').fillNormal(values);
  return tf.tensor4d(values, shape);
};

const STRUCTURES = [
  'SuperConvK3BNRELU(3,8,1,1)SuperResK3K3(8,16,1,8,1)SuperConvK1BNRELU(16,32,1,1)',
  'SuperConvK5BNRELU(3,8,2,2)SuperResK1K5K1(8,16,2,8,2)SuperConvK1BNRELU(16,16,1,1)',
  'SuperConvK3BNRELU(3,8,2,1)SuperResIDWE4K7(8,16,2,24,2)SuperResIDWE1K3(16,16,1,16,1)SuperConvK1BNRELU(16,24,1,1)',
];

describe('structureNetwork', () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, before));

  for (const text of STRUCTURES)
    for (const residuals of [true, false])
      for (const squeezeExcite of [true, false])
        it(`has the parameters and the cost of the exact counter: ${text.slice(27, 60)}, links ${residuals}, SE ${squeezeExcite}`, () => {
          const model = networkOf(text, residuals, squeezeExcite);
          const count = model.parameters.reduce((sum, { value }) => sum + value.size, 0);
          const options = { counter: 'exact', resolution: 16, classes: 5, residuals, squeezeExcite } as const;
          const { params, flops } = countStructure(blocksOf(text), options);
          assert.equal(count, params);
          assert.deepEqual(model.cost, { params, flops });
          model.dispose();
        });

  it('begins as its shortcuts: the units with links add nothing to them', () => {
    const model = networkOf('SuperConvK3BNRELU(3,8,2,1)SuperResK3K3(8,8,1,8,2)');
    for (const { name, value } of model.parameters) {
      const linked = /unit-[23]\/conv-2-norm\/gamma/.test(name);
      if (name.endsWith('gamma')) assert.equal(value.dataSync()[0], linked ? 0 : 1, name);
    }
    const logits = () => tf.tidy(() => [...model.forward(images([2, 8, 8, 3]), true).dataSync()]);
    const first = logits();
    tf.tidy(() => {
      for (const { name, value } of model.parameters)
        if (/unit-[23]\/conv-\d\/kernel/.test(name)) value.assign(tf.mul(value, -3));
    });
    assert.deepEqual(logits(), first);
    model.dispose();
  });

  it('has the gradients that finite differences give', () => {
    const model = networkOf('SuperConvK3BNRELU(3,4,2,1)SuperResK3K3(4,6,2,4,1)SuperResIDWE1K3(6,8,1,8,1)', true, true);
    const x = images([4, 8, 8, 3]);
    // away from gamma = 0, where every inner gradient is zero
    for (const { name, value } of model.parameters)
      if (name.endsWith('gamma')) tf.tidy(() => value.assign(tf.onesLike(value)));
    const weights = tf.tensor2d(
      new Float32Array(20).map((_, i) => Math.cos(i)),
      [4, 5],
    );
    const loss = () => tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(model.forward(x, true), weights)));
    for (const name of [
      'unit-1/conv-1/kernel',
      'unit-2/shortcut/kernel',
      'unit-2/conv-2-norm/gamma',
      'unit-3/conv-2/kernel',
      'unit-3/squeeze-excite/excite/kernel',
      'head/kernel',
    ]) {
      const parameter = model.parameters.find((candidate) => candidate.name === name);
      assert.ok(parameter, name);
      const error = gradientError(loss, parameter.value, Math.ceil(parameter.value.size / 12), 2e-3);
      assert.ok(error < 0.05, `${name} ${error}`);
    }
    tf.dispose([x, weights]);
    model.dispose();
  });

  it('uses running statistics when it is not training, and leaves them alone', () => {
    const model = networkOf(STRUCTURES[0] ?? '');
    const run = (count: number, training: boolean) =>
      tf.tidy(() => [...model.forward(tf.slice(images([4, 8, 8, 3]), 0, [count, 8, 8, 3]), training).dataSync()]);
    run(4, true);
    const statistics = () => model.statistics.map(({ value }) => [...value.dataSync()]);
    const kept = statistics();
    // a sample's logits do not depend on the batch it is in
    const [all, one] = [run(4, false), run(1, false)];
    one.forEach((logit, i) => {
      assert.ok(Math.abs(logit - (all[i] ?? 0)) < 1e-4);
    });
    assert.deepEqual(statistics(), kept);
    model.dispose();
  });
});
