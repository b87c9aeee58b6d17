import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { buildModel } from '../nn/build-model.ts';
import { createRng } from '../random/create-rng.ts';
import { syntheticDataset } from '../testing/synthetic-dataset.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';
import { type BiasProbeOptions, biasProbe, optimalWeight, probeBatches } from './bias-probe.ts';

const DATASET = syntheticDataset({ resolution: 6, channels: 1, classes: 3, trainCount: 10, testCount: 3 });
const rng = (name: string) => createRng(3, name);
const options = (changed: Partial<BiasProbeOptions>): BiasProbeOptions => ({
  model: buildModel({ kind: 'mlp', hidden: [4] }, { input: DATASET, classes: 3, rng }),
  dataset: DATASET,
  samples: DATASET.train,
  augmented: { kind: 'policy', policy: [{ op: 'pad-crop', padding: 2 }] },
  draws: 2,
  batchSize: 4,
  rng,
  ...changed,
});
const near = (a: number | undefined, b: number, what: string) =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-4 * Math.max(1, Math.abs(b)), `${what}: ${a} ${b}`);

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('biasProbe', () => {
  for (const augmented of [
    { kind: 'policy', policy: [{ op: 'pad-crop', padding: 2 }] },
    { kind: 'mixup', alpha: 1, ratioPer: 'batch' },
  ] as const)
    it(`agrees with gradients batch by batch: ${augmented.kind}`, async () => {
      const given = options({ augmented: augmented as BiasProbeOptions['augmented'] });
      const batches = probeBatches(given);
      const gradientOf = ({ images, targets, size }: ReturnType<typeof batches.original>) =>
        tf.tidy(() => {
          const { grads } = tf.variableGrads(
            () =>
              softCrossEntropy(
                given.model.forward(tf.tensor4d(images, [size, 6, 6, 1]), false),
                tf.tensor2d(targets, [size, 3]),
              ),
            given.model.parameters.map(({ value }) => value),
          );
          return given.model.parameters.flatMap(({ value }) => [...(grads[value.name]?.dataSync() ?? [])]);
        }) as unknown as number[];
      const sizes = [4, 4, 2];
      const meanOf = (rows: { g: number[]; size: number }[]) => {
        const total = rows.reduce((sum, { size }) => sum + size, 0);
        const mean = (rows[0]?.g ?? []).map(
          (_, i) => rows.reduce((s, { g, size }) => s + size * (g[i] as number), 0) / total,
        );
        const variance =
          rows.reduce(
            (sum, { g, size }) => sum + size * g.reduce((s, x, i) => s + (x - (mean[i] as number)) ** 2, 0),
            0,
          ) / total;
        return { mean, variance };
      };
      const own = meanOf(sizes.map((size, at) => ({ g: gradientOf(batches.original(at)), size })));
      const other = meanOf(
        sizes.flatMap((size, at) => [0, 1].map((draw) => ({ g: gradientOf(batches.copy(at, draw)), size }))),
      );
      const values = await biasProbe(given, async () => undefined);
      near(values['probe/original-gradient'], Math.hypot(...own.mean), 'originals');
      near(values['probe/augmented-gradient'], Math.hypot(...other.mean), 'copies');
      near(values['probe/bias'], Math.hypot(...own.mean.map((g, i) => g - (other.mean[i] as number))), 'bias');
      near(values['probe/original-variance'], own.variance, 'variance');
      near(values['probe/augmented-variance'], other.variance, 'variance of copies');
      given.model.dispose();
    });

  it('finds no bias in copies that are the originals', async () => {
    const given = options({ augmented: { kind: 'policy', policy: [] } });
    const values = await biasProbe(given, async () => undefined);
    assert.ok((values['probe/bias'] ?? 1) < 1e-3, `${values['probe/bias']}`);
    near(values['probe/cosine'], 1, 'cosine');
    near(values['probe/augmented-loss'], values['probe/original-loss'] ?? 0, 'loss');
    given.model.dispose();
  });

  it('gives the same copies at every probe', async () => {
    const given = options({});
    const [one, two] = [probeBatches(given).copy(1, 1), probeBatches(given).copy(1, 1)];
    assert.deepEqual(one, two);
    assert.notDeepEqual(one.images, probeBatches(given).copy(1, 0).images);
    assert.deepEqual(one.targets, smoothedTargets(DATASET.train.labels.subarray(4, 8), 3, 0));
    given.model.dispose();
  });

  it('suggests originals alone where bias prevails, and one half without any', () => {
    assert.ok(optimalWeight(1e6, 1, 1) > 0.999);
    assert.equal(optimalWeight(0, 2, 2), 0.5);
  });
});
