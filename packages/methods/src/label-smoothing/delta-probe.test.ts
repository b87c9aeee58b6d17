import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Architecture } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { batchesOf } from '../data/batches-of.ts';
import { buildModel } from '../nn/build-model.ts';
import type { Network } from '../nn/network.ts';
import { createRng } from '../random/create-rng.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { smoothedTargets } from '../train/soft-cross-entropy.ts';
import { deltaProbe, isBoundViolated } from './delta-probe.ts';
import { smoothedCrossEntropy } from './smoothed-cross-entropy.ts';
import type { SoftLabels } from './soft-labels.ts';

const DATASET = syntheticDataset({ resolution: 4, channels: 1, classes: 3, trainCount: 14, testCount: 4 });
const MLP: Architecture = { kind: 'mlp', hidden: [7, 5] };
const CNN: Architecture = { kind: 'small-cnn', channels: [4], strides: [2] };
const uniform: SoftLabels = () => null;
const build = (architecture: Architecture, seed = 1) =>
  buildModel(architecture, { input: DATASET, classes: 3, rng: (name) => createRng(seed, name) });
const probe = (
  network: Network,
  architecture: Architecture,
  more: { smoothing?: number; softLabels?: SoftLabels } = {},
) =>
  deltaProbe(
    {
      network,
      architecture,
      dataset: DATASET,
      samples: DATASET.train,
      softLabels: uniform,
      smoothing: 0.4,
      batchSize: 5,
      ...more,
    },
    async () => undefined,
  );

/** Gradients of every single sample by automatic differentiation, in the parameters whose names fit, end to end. */
const gradients = (network: Network, smoothing: number, names: RegExp): number[][] => {
  const parameters = network.parameters.filter(({ name }) => names.test(name));
  return [...batchesOf(DATASET, DATASET.train, 1)].map(({ images, labels }) =>
    tf.tidy(() => {
      const loss = () => smoothedCrossEntropy(network.forward(images, false), labels, smoothing, null).loss;
      const { grads } = tf.variableGrads(
        loss,
        parameters.map(({ value }) => value),
      );
      const flat = parameters.flatMap(({ value }) => [...(grads[value.name]?.dataSync() ?? [])]);
      images.dispose();
      return flat;
    }),
  );
};
const mean = (rows: number[][]): number[] =>
  (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length);
const spread = (rows: number[][], centre: number[]): number =>
  rows.reduce((sum, row) => sum + row.reduce((s, x, i) => s + (x - (centre[i] as number)) ** 2, 0), 0) / rows.length;
const near = (actual: number | undefined, expected: number, what: string) =>
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= 2e-4 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual} ${expected}`,
  );

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('deltaProbe', () => {
  for (const [architecture, names] of [
    [MLP, /./],
    [CNN, /^head/],
  ] as const)
    it(`agrees with the gradients of single samples: ${architecture.kind}`, async () => {
      const network = build(architecture);
      const hard = gradients(network, 0, names);
      const smoothed = gradients(network, 0.4, names);
      // affine in the smoothing: the gradient on the soft label alone
      const soft = smoothed.map((row, b) => row.map((x, i) => (x - 0.6 * (hard[b]?.[i] as number)) / 0.4));
      const G = mean(hard);
      const values = await probe(network, architecture);
      const variance = spread(hard, G);
      near(values['probe/gradient-variance'], variance, 'variance');
      near(values['probe/gradient-norm'], Math.hypot(...G), 'norm');
      near(values['probe/delta'], spread(soft, G) / variance, 'delta');
      near(values['probe/variance-ratio'], spread(smoothed, G) / variance, 'ratio');
      network.dispose();
    });

  it('keeps the bound of lemma L1 for any weights and smoothing', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const network = build(MLP, seed);
      const smoothing = 0.95 * createRng(seed, 'smoothing').uniform();
      const values = await probe(network, MLP, { smoothing });
      assert.ok((values['probe/variance-slack'] ?? -1) >= -1e-5, `${seed}: ${values['probe/variance-slack']}`);
      assert.ok(!isBoundViolated(values));
      network.dispose();
    }
    assert.ok(isBoundViolated({ 'probe/variance-bound': 1, 'probe/variance-slack': -0.01 }));
  });

  it('finds delta = 1 and a ratio of 1 where the soft label is the label', async () => {
    const network = build(MLP);
    // batches are asked for in order, so that the labels can be told
    let from = 0;
    const own: SoftLabels = (images) => {
      const size = images.shape[0];
      const labels = DATASET.train.labels.subarray(from, from + size);
      from += size;
      return tf.tensor2d(smoothedTargets(labels, 3, 0), [size, 3]);
    };
    const values = await probe(network, MLP, { softLabels: own });
    near(values['probe/delta'], 1, 'delta');
    near(values['probe/variance-ratio'], 1, 'ratio');
    network.dispose();
  });
});
