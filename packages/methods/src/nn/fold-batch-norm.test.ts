import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStructure, superBlocks } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { foldedNetwork, structureNetwork, structureStyle } from './structure-network.ts';

const rng = (name: string) => createRng(3, name);
const input = { height: 9, width: 9, channels: 2 };
const options = { input, classes: 3, residuals: true, squeezeExcite: false, rng };

/** A trained network in miniature: every parameter and statistic is some random number. */
const randomised = (blocks: ReturnType<typeof superBlocks>) => {
  const network = structureNetwork(blocks, { ...options, batchNormMomentum: 0.1 });
  for (const { name, value } of [...network.parameters, ...network.statistics]) {
    const values = new Float32Array(value.size);
    rng(`test/${name}`).fillNormal(values);
    const isSpread = name.endsWith('variance') || name.endsWith('gamma');
    tf.tidy(() => {
      const drawn = tf.tensor(values, value.shape);
      value.assign(isSpread ? tf.add(tf.abs(drawn), 0.2) : tf.mul(drawn, 0.4));
    });
  }
  return network;
};

describe('foldBatchNorm', () => {
  for (const [what, text] of [
    [
      'GENet',
      'ConvKX(2,8,3,2)BN(8)RELU(8)SuperResKXKX(8,8,3,1,1,2)SuperResK1KXK1(8,16,3,2,0.25,2)SuperResK1DWK1(16,16,5,1,3,2)SuperResK1KX(16,8,3,1,0.5,1)SuperResK1DW(8,12,3,2,1,1)ConvKX(12,20,1,1)BN(20)RELU(20)',
    ],
    [
      'Zen-NAS, whose projections have a bias',
      'SuperConvK3BNRELU(2,8,1,1)SuperResK3K3(8,16,2,8,1)SuperResK1K3K1(16,16,1,8,1)SuperResIDWE2K3(16,24,2,8,1)',
    ],
  ] as const)
    it(`keeps the outputs of a network of ${what}`, () => {
      const before = tf.memory().numTensors;
      const blocks = superBlocks(parseStructure(text));
      const trained = randomised(blocks);
      const folded = foldedNetwork(blocks, options);
      foldBatchNorm(trained, folded, structureStyle(blocks, 0).norm.epsilon);
      const images = tf.tidy(() => {
        const values = new Float32Array(5 * 9 * 9 * 2);
        rng('images').fillNormal(values);
        return tf.tensor4d(values, [5, 9, 9, 2]);
      });
      const [a, b] = [trained, folded].map((network) => {
        const logits = network.forward(images, false);
        const values = logits.dataSync();
        logits.dispose();
        return values;
      });
      assert.ok(a !== undefined && b !== undefined);
      const scale = Math.max(...a.map(Math.abs));
      assert.ok(scale > 0.1, 'the outputs say nothing');
      a.forEach((value, i) => {
        assert.ok(Math.abs(value - (b[i] as number)) < 1e-4 * Math.max(1, scale), `${value} ${b[i]}`);
      });
      assert.deepEqual(folded.statistics, []);
      assert.ok(folded.parameters.every(({ name }) => !name.includes('norm')));
      for (const one of [trained, folded, images]) one.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

  it('refuses squeeze-and-excitation, and weights of another network', () => {
    const before = tf.memory().numTensors;
    const blocks = superBlocks(parseStructure('SuperConvK3BNRELU(2,8,1,1)SuperResK3K3(8,8,2,8,1)'));
    assert.throws(() => foldedNetwork(blocks, { ...options, squeezeExcite: true }), /unit-2: squeeze-and-excitation/);
    const trained = structureNetwork(blocks.slice(0, 1), { ...options, batchNormMomentum: 0.1 });
    const folded = foldedNetwork(blocks, options);
    assert.throws(() => foldBatchNorm(trained, folded, 1e-3), /the trained model has no unit-2/);
    for (const one of [trained, folded]) one.dispose();
    assert.ok(tf.memory().numTensors >= before);
  });
});
